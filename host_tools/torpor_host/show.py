# SPDX-License-Identifier: MIT
"""How results look on stdout: JSON, or a table for people."""

import dataclasses
import json
import sys

from rich.console import Console
from rich.table import Table
from rich.text import Text

from torpor_host.frames import Corrupt

_PIPE_WIDTH = 200  # columns of a table that is not on a terminal


def data(value) -> None:
    """One line of JSON."""
    print(json.dumps(value), flush=True)


def raw(output: bytes) -> None:
    """A board's output as it is."""
    sys.stdout.buffer.write(output.replace(b"\r\n", b"\n"))
    sys.stdout.buffer.flush()


def paths(outputs, as_json) -> None:
    if as_json:
        data({name: str(path) for name, path in outputs.items()})
    else:
        _table(["part", "file"], [(name, str(path)) for name, path in outputs.items()])


def checks(found) -> None:
    rows = [(_mark(c), c.name, c.found or f"missing: {c.means}", "" if c.ok else c.hint) for c in found]
    _table(["", "what", "found", "how to get it"], rows)


def boards(profiles, ports, as_json) -> None:
    """A row for each board that is known, and one for each port that a board may be at."""
    if as_json:
        return data({"boards": [dataclasses.asdict(board) for board in profiles], "attached": [dataclasses.asdict(port) for port in ports]})
    columns = {
        "board": lambda b: b.name, "what": lambda b: b.mcu or b.title, "core": lambda b: b.core,
        "MHz": lambda b: b.clock_hz and f"{b.clock_hz / 1e6:g}", "heap free": lambda b: _span(b.heap),
        "room for models": lambda b: _number(b.room), "in": lambda b: "ROMFS" if b.romfs else "files",
        "native modules": lambda b: b.natmod, "mA": lambda b: _span(b.active_ma), "deep sleep, µA": lambda b: _span(b.deep_ua),
        "wakes from it by": lambda b: " ".join(b.wake_deep)}
    _table(list(columns), [[column(board) or "" for column in columns.values()] for board in profiles])
    print()
    if not ports:
        return print("No serial port at USB: no board is attached.")
    rows = [(p.port, p.usb, p.product, " or ".join(p.boards) or "?", _answer(p.answer)) for p in ports]
    _table(["port", "USB id", "product", "may be", "says"], rows)


def flashed(result, as_json) -> None:
    if as_json:
        return data(dataclasses.asdict(result))
    ending = "and compared" if result.verified else "but not compared: it cannot be read back this way"
    print(f"{result.board} has {result.firmware}: {result.size:,} bytes, written with {result.way}, {ending}.")


def _answer(found) -> str:
    if found is None:
        return ""
    native = f"native modules {found.natmod} {found.abi[0]}.{found.abi[1]}" if found.natmod else "no native modules"
    files = "no file system" if found.storage is None else f"{found.storage:,} of files"
    memory = f"bytes free: {found.heap_free:,} of heap, {files}; {found.romfs:,} of ROMFS"
    return f"MicroPython {found.version}, {found.machine}, {native}, {memory}"


def board(profile, about, as_json) -> None:
    """A row for each field that is known."""
    found = dataclasses.asdict(profile)
    if as_json:
        return data(found)
    source = found.pop("source")
    known = {name: value for name, value in found.items() if value not in (None, "", ())}
    rows = [(name, _shown(name, value), about(name), " ".join(source.get(name, "").split())) for name, value in known.items()]
    _table(["field", "", "what it is", "source"], rows)


def _shown(name, value) -> str:
    if name == "flash_offsets":
        return " ".join(map(hex, value))
    if isinstance(value, tuple):
        return " ".join(value) if isinstance(value[0], str) else _span(value)
    return str(value) if isinstance(value, float | str) else _number(value) or "0"


def _span(ends) -> str:
    """A range; one number if both ends are the same."""
    return " to ".join(f"{end:,g}" if isinstance(end, float) else f"{end:,}" for end in dict.fromkeys(ends)) if ends else ""


def inference(summary, result, as_json) -> None:
    if as_json:
        return data(summary)
    print(f"{summary['target']}, engine {summary['engine']}: {summary['arena_bytes']:,} bytes besides the model")
    rows = [
        (o["name"], o["dtype"], "x".join(map(str, o["shape"])), o["fnv"], _scores(output))
        for o, output in zip(summary["outputs"], result.outputs)
    ]
    _table(["output", "dtype", "shape", "fnv", "scores"], rows)


def measurements(rows, as_json) -> None:
    if as_json:
        for row in rows:
            data(row)
        return
    keys = [key for key in rows[0] if key != "ops" and any(row[key] is not None for row in rows)]
    _table([key.replace("_", " ") for key in keys], [[_number(row[key]) for key in keys] for row in rows])
    if ops := [(row, i, op) for row in rows for i, op in enumerate(row["ops"] or ())]:
        print()
        _table(["model", "operator", "", "instructions", "%"], [_operator(*found) for found in ops])


def _operator(row, i, op):
    share = 100 * op["instructions"] / row["instructions"]
    return row["model"], f"#{i}", op["op"], _number(op["instructions"]), f"{share:.1f}"


def optimized(summary, as_json) -> None:
    """A row for the model before, for what each pass saved, and for the model after."""
    if as_json:
        return data(summary)
    keys = {"bytes": "file bytes", "macs": "multiply-accumulates", "arena_bytes": "arena bytes", "tflm_bytes": "TFLM's arena",
            "ops": "operators"}
    before, after = ([_number(summary[end][key]) for key in keys] for end in ("in", "out"))
    passes = [(p["name"], _number(p["changes"]), *(_change(p[key]) for key in keys)) for p in summary["passes"]]
    _table(["", "changes", *keys.values()], [("before", "", *before), *passes, ("after", "", *after)])
    print(f"All outputs equal on {summary['checked_inputs']} inputs, in {' and '.join(summary['checked_by'])}.")


def checked(summary, told, as_json) -> None:
    """The verdict, a row for each operator that cannot be run, and one for each board."""
    if as_json:
        return data(summary)
    print(told["verdict"])
    if refused := [(f"#{op.index}", op.op, op.type, op.reason) for op in told["refused"]]:
        print()
        _table(["", "operator", "type", "why not"], refused)
    print()
    columns = {
        "board": lambda one: one.board.name, "fits": lambda one: {True: "yes", False: "NO", None: "?"}[one.memory.fits],
        "RAM bytes": lambda one: _number(one.memory.arena_bytes), "RAM free": lambda one: _number(one.memory.ram_free),
        "flash free": lambda one: _number(one.memory.flash_free), "module bytes": lambda one: _number(one.module_bytes),
        "instructions": lambda one: one.instructions and f"{'' if one.counted else 'about '}{one.instructions:,}" or "",
        "time, estimated": lambda one: one.latency and one.latency.told("ms") or "",
        "energy, estimated": lambda one: one.energy and one.energy.told("µJ") or ""}
    cells = {heading: [cell(one) for one in told["boards"]] for heading, cell in columns.items()}
    filled = {heading: column for heading, column in cells.items() if any(column)}
    _table(list(filled), list(zip(*filled.values())))
    for note in told["notes"]:
        print(f"\n{note}")


def converted(summary, as_json) -> None:
    """What was tried, and kept; the steps of auto; then the model and its ends."""
    if as_json:
        return data(summary)
    if summary["trials"]:
        rows = [(t["name"], _number(t["snr_db"]), _share(t["accuracy"]), "kept" if t["kept"] else "") for t in summary["trials"]]
        _table([f"tried on {summary['calibrated_on']} inputs", "signal to noise, dB", "accuracy", ""], rows)
    if summary["steps"]:
        steps = [(_share(step["accuracy"]), len(step["int16"]), ", ".join(step["int16"])) for step in summary["steps"]]
        _table([f"accuracy on {summary['judged_on']} others", "layers in int16", ""], [(_share(summary["float_accuracy"]), "float", ""), *steps])
        print(f"In int16: {', '.join(summary['int16']) or 'none'}.")
    rows = [(way, t["name"], t["dtype"], "x".join(map(str, t["shape"])), f"{t['scale']:.6g}" if t["scale"] else "", t["zero_point"])
            for way in ("inputs", "outputs") for t in summary[way]]
    _table(["", "name", "dtype", "shape", "scale", "zero point"], [(row[0][:-1], *row[1:]) for row in rows])
    print(f"{summary['file']}: {summary['bytes']:,} bytes, {summary['macs']:,} multiply-accumulates, "
          f"{summary['arena_bytes']:,} bytes for activations")


def _share(value) -> str:
    return "" if value is None else f"{value:.4f}"


def trained(summary, as_json) -> None:
    """A row for each network, before and after."""
    if as_json:
        return data(summary)
    keys = {"bytes": "bytes", "zipped": "compressed", "macs": "multiply-accumulates"}
    rows = [(row["name"], f"{row['float_accuracy']:.4f}", f"{row['accuracy']:.4f}", *(_number(row[key]) for key in keys))
            for row in summary["rows"]]
    _table(["", "accuracy in PyTorch", "int8 accuracy", *keys.values()], rows)
    if summary["remark"]:
        print(summary["remark"])


def compiled(summary, as_json) -> None:
    if as_json:
        return data(summary)
    print(f"{summary['file']}: {summary['bytes']:,} bytes for {summary['arch']}, {summary['weights_bytes']:,} of them weights; "
          f"as much of the heap when it is imported, and {summary['arena_bytes']:,} for activations")


def record(item, everything, as_json) -> None:
    """One line for a decision, or for every record; what is none goes to stderr."""
    if isinstance(item, Corrupt):
        print(f"damaged record: {item.reason}", file=sys.stderr)
    elif isinstance(item, str):
        print(item, end="", file=sys.stderr, flush=True)
    elif item.kind != "decision" and not everything:
        pass
    elif as_json:
        data({"kind": item.kind, **item.fields})
    else:
        fields = " ".join(f"{key}={value}" for key, value in item.fields.items() if key != "t_ms")
        print(f"{item.fields.get('t_ms', 0) / 1000:9.2f} s  {item.kind:8}  {fields}", flush=True)


def _scores(output) -> str:
    """The largest few, as numbers that the model means."""
    values = output.real().ravel()
    best = sorted(range(values.size), key=lambda i: -values[i])[:3]
    return "  ".join(f"[{i}] {values[i]:.4g}" for i in best)


def _number(value) -> str:
    if isinstance(value, float):
        return f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) else str(value or "")


def _change(value) -> str:
    return f"{value:+,}" if value else ""


def _mark(check) -> str:
    return "ok" if check.ok else ("MISSING" if check.needed else "-")


def _table(headings, rows) -> None:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column, heading in enumerate(headings):
        numbers = all(_is_number(row[column]) for row in rows if row[column] != "")
        table.add_column(heading, justify="right" if numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(str(cell)) for cell in row))  # Text: a cell may hold brackets
    Console(width=None if sys.stdout.isatty() else _PIPE_WIDTH).print(table)


def _is_number(cell) -> bool:
    return str(cell).translate(str.maketrans("", "", ",.+-")).isdigit()
