# SPDX-License-Identifier: MIT
"""The project's own benchmark: every model on every target, beside what others need.

`make bench` writes docs/benchmarks.md (for people), build/bench.json (all of it, for scripts) and
tests/bench/counts.json (what a test holds later builds against).
"""

import json
import re
import subprocess
import time
import tomllib
from dataclasses import asdict
from pathlib import Path

from tflite_micro import runtime

from torpor_host import bench_page, bench_size, bench_transfer, build, natmod, targets
from torpor_host.doctor import micropython_version
from torpor_host.infer import load, xorshift
from torpor_host.paths import BUILD, MODELS, ROOT, shared
from torpor_host.progress import SILENT, Silent

BOARDS = ("emu-m4f", "emu-m7", "emu-m3", "emu-m55", "emu-rv32")
COUNTED = ("instructions", "setup_instructions", "predict_instructions", "arena_bytes")
COUNTS = ROOT / "tests/bench/counts.json"
PAGE = ROOT / "docs/benchmarks.md"
RESULT = BUILD / "bench.json"

_PEERS = {"kws": "kws_ref_model", "vww": "vww_96_int8", "resnet": "pretrainedResnet_quant", "ad01": "ad01_int8"}
_RACE_S = 3  # that our engine and the wheel take turns for


def models() -> dict[str, Path]:
    """Name to file of every model that is measured: our own, and the peers' where their folder is at hand."""
    peers = {name: shared() / f"models/peer/{file}.tflite" for name, file in _PEERS.items()}
    return {"keywords": MODELS / "keywords/model.tflite", **{name: path for name, path in peers.items() if path.exists()}}


def tools() -> dict[str, str]:
    """What instruction counts depend on besides our sources: the versions of compilers and MicroPython."""
    compilers = {build.COMPILERS[arch] for arch in ("armv7emsp", "rv32imc")}
    return {name: _say([name, "-dumpfullversion"]) for name in sorted(compilers)} | {"MicroPython": micropython_version()}


def measure(progress: Silent = SILENT) -> dict:
    """All of it, as build/bench.json has it. Raises ToolError if something cannot be built."""
    found = models()
    build.build([*BOARDS, "host"], progress)
    if missing := [name for name in _PEERS if name not in found]:
        progress.note(f"not measured: {', '.join(missing)}; {shared() / 'models/peer'} is not there")
    emulator = re.search(r"\d[\d.]*", _say(["qemu-system-arm", "--version"])).group()
    return {
        "tools": {**tools(), "QEMU": emulator},
        "models": {name: _measure(name, path, progress) for name, path in found.items()},
        "transfer": bench_transfer.measure(progress),
        "yardstick": tomllib.loads((Path(__file__).parent / "bench_yardstick.toml").read_text()),
    }


def _measure(name, path, progress) -> dict:
    data, model = load(path)
    inputs, parts = xorshift(model), natmod.parts_of([path])
    measured = {}
    for board in BOARDS:
        with progress.step(f"{name} on {board}"):
            measured[board] = asdict(targets.get(board).bench(data, inputs))
    with progress.step(f"{name} on this PC"):
        ours, wheel = _race(model, data, inputs)
    with progress.step(f"{name}: sizes"):
        module = natmod.build("armv7emsp", parts).stat().st_size
        code = bench_size.linked("emu-m4f", list(parts.operators))
    host = {"time_us": ours, "wheel_time_us": wheel}
    return {"macs": model.macs, "boards": measured, "host": host, "mpy_bytes": module, "code_bytes": code}


def _race(model, data, inputs) -> tuple[float, float]:
    """Microseconds of the fastest run here and in the official tflite-micro wheel, which take turns."""
    wheel = runtime.Interpreter.from_bytes(data)
    for i, (tensor, x) in enumerate(zip(model.inputs, inputs)):
        wheel.set_input(x.reshape(tensor.shape), i)
    model(*inputs)
    times = [], []
    end = time.perf_counter() + _RACE_S
    while time.perf_counter() < end:
        for each, call in zip(times, (model.run, wheel.invoke)):
            start = time.perf_counter()
            call()
            each.append(time.perf_counter() - start)
    return tuple(round(min(each) * 1e6, 1) for each in times)


def run(progress: Silent = SILENT) -> list[dict]:
    """Measures, writes the three files, and returns one row for each model on each board."""
    result = measure(progress)
    counts = merged(json.loads(COUNTS.read_text()) if COUNTS.exists() else {}, result)
    for path, text in {RESULT: json.dumps(result, indent=1), PAGE: bench_page.page(result), COUNTS: _lines(counts)}.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text + "\n")
        progress.note(f"wrote {path.relative_to(ROOT)}")
    return rows(result)


def merged(old: dict, result: dict) -> dict:
    """counts.json after these results: {"tools": ..., "boards": {board: {model: {what: count}}}}.

    A model that was not measured keeps its counts.
    """
    boards = {board: dict(old.get("boards", {}).get(board, {})) for board in BOARDS}
    for name, model in result["models"].items():
        for board, found in model["boards"].items():
            boards[board][name] = {key: found[key] for key in COUNTED}
    return {"tools": {name: result["tools"][name] for name in tools()}, "boards": boards}


def _lines(counts) -> str:
    """JSON with a line for each model, so that a change is read as one."""
    text = json.dumps(counts, indent=1)
    return re.sub(r"\{\s*([^{}]*?)\s*\}", lambda found: "{" + re.sub(r",\s+", ", ", found.group(1)) + "}", text)


def rows(result: dict) -> list[dict]:
    """What `torpor bench` prints: one row for each model on each board."""
    shown = ("instructions", "setup_instructions", "predict_instructions", "arena_bytes", "stack_bytes")
    return [
        {"model": name, "target": board, **{key: found[key] for key in shown}, "ops": None}
        for name, model in result["models"].items()
        for board, found in model["boards"].items()
    ]


def _say(command) -> str:
    return subprocess.run(command, capture_output=True, text=True).stdout.strip()
