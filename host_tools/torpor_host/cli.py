# SPDX-License-Identifier: MIT
"""The command line: a command parses, calls the library and prints. Data go to stdout, progress to stderr."""

import dataclasses
import json
import sys
from pathlib import Path
from typing import Annotated, Optional

import typer
from rich.console import Console

from torpor_host import cli_train, show
from torpor_host.errors import ToolError
from torpor_host.progress import Console as ConsoleProgress

app = typer.Typer(
    help="TinyML for microcontrollers that run MicroPython.",
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None,
)
app.add_typer(cli_train.app, name="train")
_stderr = Console(stderr=True)
_progress = ConsoleProgress(_stderr)

Json = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]
On = Annotated[Optional[str], typer.Option(
    "--on", "--port", metavar="BOARD", help="A serial port, or an emulated board such as emu-m4f; by default the only board attached.")]
Wav = Annotated[Optional[Path], typer.Option(help="What an emulated board hears: 16 kHz, mono, 16 bit.")]
Target = Annotated[str, typer.Option("--on", "--port", metavar="TARGET", help="host, unix, an emulated board, or a serial port.")]


@app.command()
def demo(
    wav: Wav = None,
    expect: Annotated[Optional[str], typer.Option(metavar="LABEL", help="The word it holds.")] = None,
    as_json: Json = False,
):
    """Play a recording to an emulated board and show what it hears."""
    from torpor_host import demo
    from torpor_host.live import DemoView

    with DemoView(_stderr) as view:
        result = demo.demo(wav, expect, _progress, view)
    if as_json:
        show.data(demo.summary(result))
    _stderr.print(demo.sentence(result), highlight=False, soft_wrap=True)
    raise typer.Exit(0 if result.good else 1)


@app.command()
def doctor(as_json: Json = False):
    """Check that this machine has what the tools need."""
    from torpor_host import doctor

    checks = doctor.examine()
    if as_json:
        show.data([{**dataclasses.asdict(check), "ok": check.ok} for check in checks])
    else:
        show.checks(checks)
    for check in doctor.missing(checks):
        raise ToolError(f"{check.name} is missing or of another version: {check.means}.", check.hint)


@app.command()
def build(
    what: Annotated[Optional[list[str]], typer.Argument(help="What to build; everything by default.")] = None,
    force: Annotated[bool, typer.Option(help="Also what is up to date.")] = False,
    natmod: Annotated[Optional[str], typer.Option(metavar="ARCH", help="The native module for stock firmware, or all.")] = None,
    ops_from: Annotated[
        Optional[list[Path]], typer.Option(metavar="MODEL", help="Only with the operators of this model; may be repeated.")
    ] = None,
    ops: Annotated[Optional[str], typer.Option(metavar="NAME,...", help="Only with these operators.")] = None,
    out: Annotated[Optional[Path], typer.Option(metavar="FILE", help="Write the native module here.")] = None,
    sizes: Annotated[bool, typer.Option("--sizes", help="Print how large native modules are, as Markdown.")] = False,
    board: Annotated[Optional[str], typer.Option(metavar="BOARD", help="Its firmware, with the engine inside.")] = None,
    micropython: Annotated[Optional[Path], typer.Option(metavar="DIR", help="A checkout of MicroPython, for a real board.")] = None,
    idf: Annotated[Optional[Path], typer.Option(metavar="DIR", help="ESP-IDF, for an ESP32, if it is not on the PATH.")] = None,
    as_json: Json = False,
):
    """Build firmware, native modules and MicroPython for this PC."""
    from torpor_host import build, custom, natmod as modules

    wanted = modules.Request(natmod, ops_from or [], ops.split(",") if ops else [], out)
    if board or micropython or idf:
        custom.alone(what, natmod, out, sizes)
        return show.paths(custom.build(custom.Request(board, micropython, idf, wanted.parts()), _progress), as_json)
    if natmod or ops_from or ops or out or sizes:
        if sizes:
            return print(modules.table(modules.measure(wanted, _progress)))
        return show.paths(modules.make(wanted, _progress), as_json)
    show.paths(build.build(what, _progress, force), as_json)


@app.command()
def boards(
    name: Annotated[Optional[str], typer.Argument(metavar="[NAME]", help="Show this one, with the source of each figure.")] = None,
    ask: Annotated[bool, typer.Option("--ask", help="Ask what is attached for its memory; interrupts what runs there.")] = False,
    fields: Annotated[bool, typer.Option("--fields", help="Print the fields of board.toml as Markdown.")] = False,
    as_json: Json = False,
):
    """List the boards that are known, and those that are attached."""
    from torpor_host import attached, boards

    if fields:
        return print(boards.fields_page(), end="")
    if name:
        return show.board(boards.load_board(name), boards.about, as_json)
    known = [boards.load_board(name) for name in boards.board_names()]
    show.boards(known, attached.attached(known, ask), as_json)


@app.command()
def flash(
    firmware: Annotated[Path, typer.Argument(metavar="FIRMWARE", help="The board's .bin, .dfu or .hex.")],
    board: Annotated[str, typer.Option(metavar="BOARD", help="As `torpor boards` names it.")],
    port: Annotated[Optional[str], typer.Option(metavar="PORT", help="A serial port, or a drive's folder; the only one by default.")] = None,
    way: Annotated[Optional[str], typer.Option("--with", metavar="WAY", help="esptool, dfu, stlink, drive or uart; the board's own by default.")] = None,
    erase: Annotated[bool, typer.Option("--erase", help="All of the flash first, file systems too.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before models are lost.")] = False,
    as_json: Json = False,
):
    """Put a firmware on a board, and compare it there."""
    from torpor_host.flash import run

    def agree(question):
        return yes or (sys.stdin.isatty() and typer.confirm(question, err=True))

    show.flashed(run.flash_file(firmware, board, port, way, erase, agree, _progress), as_json)


@app.command()
def operators(as_json: Json = False):
    """Print the operators that the engine runs, and in which types, as Markdown."""
    from torpor_host.check import operators

    if as_json:
        return show.data({name: [dataclasses.asdict(one) for one in found.signatures] for name, found in operators.operators().items()})
    print(operators.page(), end="")


@app.command()
def push(
    file: Annotated[Path, typer.Argument(help="A .tflite model, or any file such as app.py.")],
    on: On = None,
    name: Annotated[Optional[str], typer.Option("--as", metavar="NAME", help="Its name on the board.")] = None,
    autostart: Annotated[bool, typer.Option(help="Start this .py whenever the board starts.")] = False,
    board: Annotated[Optional[str], typer.Option(metavar="NAME", help="Whose pins it has, if its firmware does not say it.")] = None,
    as_json: Json = False,
):
    """Put an application or a model on a board, with what its firmware lacks of Torpor; only what differs is written."""
    from torpor_host import connect, deploy

    with connect.connect(on, _progress) as link:
        pushed = deploy.push(link, file, name, autostart, board, _progress)
        link.leave_raw()
    if as_json:
        show.data(dataclasses.asdict(pushed))
    else:
        print(pushed.path)


@app.command()
def run(file: Annotated[Path, typer.Argument(help="A MicroPython script on this PC.")], on: On = None, wav: Wav = None):
    """Run a script on a board and print what it prints."""
    from torpor_host import connect, link

    with connect.connect(on, _progress, wav=wav) as board:
        link.run_file(board, file, show.raw, timeout=float("inf"))


@app.command()
def repl(on: On = None):
    """Type to a board's MicroPython prompt (Ctrl-] leaves)."""
    from torpor_host import connect

    with connect.port(on, _progress) as port:
        raise typer.Exit(connect.terminal(port))


@app.command()
def stream(
    on: On = None,
    start: Annotated[Optional[str], typer.Option(metavar="MODULE", help="Import this application first.")] = None,
    wav: Wav = None,
    everything: Annotated[bool, typer.Option("--all", help="Also wakes, sleeps and statistics.")] = False,
    as_json: Json = False,
):
    """Print the decisions of a board as they come; with --wav, until it has heard all of it."""
    from torpor_host import connect, stream
    from torpor_host.wav import duration

    end_s = duration(wav) if wav else float("inf")
    with connect.connect(on, _progress, start is not None, wav) as link:
        if start:
            link.start(f"import {start}")
        for record in stream.until_heard(stream.stream(link), end_s):
            show.record(record, everything, as_json)


@app.command()
def check(
    model: Annotated[Path, typer.Argument(metavar="MODEL.tflite", help="A model.")],
    boards: Annotated[
        Optional[list[str]], typer.Option("--board", metavar="BOARD", help="For this board; may be repeated. All by default.")
    ] = None,
    data: Annotated[Optional[Path], typer.Option(
        metavar="TEST.npz", help="Labelled examples: x, one a row, raw or real values; y, the index of each one's class.")] = None,
    twin: Annotated[
        Optional[Path], typer.Option("--float", metavar="FLOAT.tflite", help="The float network it was made from.")
    ] = None,
    report: Annotated[Optional[Path], typer.Option(metavar="OUT.html", help="Write a page with pictures.")] = None,
    as_json: Json = False,
):
    """Say what a model needs, whether it fits boards, how fast and how good it is, before it is put on one.

    RAM is activations and state together, as the board's own kernels need it; what is free is less a native module where the firmware is
    MicroPython's own; below 0 is over. Times and energies are estimates; error_bound is their share on either side. Instructions are
    counted on emulated boards that are built. `torpor boards` lists the boards.
    """
    from torpor_host.check import run

    result = run.check_file(model, boards, data, twin, report, _progress)
    show.checked(run.summary(result), run.told(result), as_json)


@app.command()
def optimize(
    source: Annotated[Path, typer.Argument(metavar="IN.tflite", help="A model.")],
    target: Annotated[Path, typer.Argument(metavar="OUT.tflite", help="The new file; may be the same.")],
    as_json: Json = False,
):
    """Make a model smaller and faster; its outputs stay the same, bit for bit."""
    from torpor_host.optimize import run

    show.optimized(run.summary(run.optimize_file(source, target, _progress)), as_json)


@app.command()
def convert(
    source: Annotated[str, typer.Argument(metavar="IN", help="A .keras, .h5, .onnx, .pt2 or float .tflite, a SavedModel, or FILE.py:FUNCTION.")],
    target: Annotated[Path, typer.Argument(metavar="OUT.tflite", help="The new file.")],
    calibrate: Annotated[Optional[Path], typer.Option(metavar="DATA.npz", help="Inputs, as the network takes them.")] = None,
    quantize: Annotated[str, typer.Option(metavar="int8|int16x8|auto|float", help="auto: int16 in as few layers as will do.")] = "int8",
    min_accuracy: Annotated[Optional[float], typer.Option(metavar="SHARE", help="That auto has to reach.")] = None,
    int4: Annotated[bool, typer.Option("--int4", help="Weights of 4 bits in convolutions and dense layers.")] = False,
    ends: Annotated[str, typer.Option(metavar="integer|float", help="Of a quantised model's inputs and outputs.")] = "integer",
    weights: Annotated[Optional[Path], typer.Option(metavar="STATE.pt", help="A state dict for a PyTorch module.")] = None,
    shape: Annotated[Optional[str], typer.Option(metavar="N,...", help="Of one input, if nothing else says it.")] = None,
    as_json: Json = False,
):
    """Turn a trained network of Keras, PyTorch, ONNX, scikit-learn or TensorFlow into a .tflite, quantised on calibration data."""
    from torpor_host.convert import run

    result = run.convert_file(
        source, target, calibrate, quantize, weights, run.sizes(shape), ends, _progress, int4, min_accuracy)
    show.converted(run.summary(result, target), as_json)


@app.command()
def compile(
    model: Annotated[Path, typer.Argument(metavar="MODEL.tflite", help="A model; best one that optimize wrote.")],
    arch: Annotated[str, typer.Option(metavar="ARCH", help="Of native modules, such as armv7emsp.")],
    out: Annotated[Path, typer.Option(metavar="NAME.mpy", help="The module, which is imported by this name.")],
    as_json: Json = False,
):
    """Make a native module that is one model: no file, no interpreter, the same results."""
    from torpor_host import compile

    show.compiled(compile.summary(compile.compile_file(model, arch, out, _progress)), as_json)


@app.command()
def infer(
    model: Annotated[Path, typer.Argument(help="A .tflite file.")],
    on: Target = "host",
    inputs: Annotated[
        Optional[list[Path]], typer.Option("--input", metavar="X.npy", help="Raw tensor, once for each input.")
    ] = None,
    xorshift: Annotated[bool, typer.Option("--xorshift", help="Pseudo-random input.")] = False,
    out: Annotated[Optional[Path], typer.Option(metavar="Y.npz", help="Write the outputs.")] = None,
    as_json: Json = False,
):
    """Run a model once on raw tensors."""
    from torpor_host import infer, targets

    if bool(inputs) == xorshift:
        raise typer.BadParameter("give either --input or --xorshift")
    result = infer.infer(model, targets.get(on, _progress), inputs)
    if out:
        infer.save(result, out)
    show.inference(infer.summary(on, result), result, as_json)


@app.command()
def bench(
    models: Annotated[Optional[list[Path]], typer.Argument(metavar="[MODEL...]", help=".tflite files.")] = None,
    on: Target = "emu-m4f",
    as_json: Json = False,
):
    """Measure what models cost.

    Instructions are counted on emulated boards, time is measured elsewhere. With --json, one line a model.
    Without a model, what the project is measured by, on every board: this writes docs/benchmarks.md.
    """
    from torpor_host import bench, bench_all, targets

    if not models:
        return show.measurements(bench_all.run(_progress), as_json)
    target = targets.get(on, _progress)
    show.measurements([bench.summary(path, on, bench.bench(path, target)) for path in models], as_json)


def main() -> None:
    """Runs the command line; the only place that turns an error into an exit code."""
    try:
        app()
    except ToolError as error:
        print(f"error: {error}\nhint:  {error.hint}", file=sys.stderr)
        sys.exit(2)
