# SPDX-License-Identifier: MIT
"""docs/benchmarks.md: what was measured, beside what is quoted, for people."""

from collections import Counter

_BAR, _LONGEST = 30, 60  # characters that stand for a ratio of 1, and at most
_SIZED = "emu-m4f"  # where the yardstick has more than instructions
_PEERS = ("kws", "vww", "resnet", "ad01")

_HEAD = """# Benchmarks

`make bench` measured and wrote this page. What is **here** is ours, measured by that command: instructions and bytes on
emulated boards, counted exactly, so that they repeat to the instruction, and time on the PC that it ran on. What is
**quoted** is upstream TensorFlow Lite Micro, tflite-micro 90b983c2, with the kernels that the table names, counted the
same way, on the same input, in an image with the model's operators alone; it was not measured by this command, and stands
in `host_tools/torpor_host/bench_yardstick.toml`. A **ratio** is here / quoted: less is better. With {tools}.

kws, vww, resnet and ad01 are the reference models of MLPerf Tiny, keywords is `models/keywords`. The input is
pseudo-random. Both give the same bytes; `make test` compares them. Instructions are not cycles: loads, flash and branches
wait on a real core.
"""

_FOOT = """## To reproduce

    make bench

takes about eight minutes, says on stderr what it does, and prints the numbers on stdout. Without the folder
`../shared/models/peer` (`TORPOR_SHARED` names another place than `../shared`) only keywords is measured. All of it,
operator by operator, is in `build/bench.json`; `tests/bench/counts.json` has the counts that `make test` holds a build
against: more than 1 % off, in either direction, is a failing test until `make bench` has recorded what is meant.

    torpor bench MODEL... --on BOARD [--json]

measures any model.
"""


def page(result: dict) -> str:
    """The page in Markdown. result: as bench_all.measure() returns it."""
    tools = ", ".join(f"{name} {version}" for name, version in result["tools"].items())
    parts = [_HEAD.format(tools=tools), _instructions(result), _own(result), _operators(result)]
    return "\n".join([*parts, _memory(result), _calls(result), _time(result), _pushes(result), _FOOT]).rstrip()


def _instructions(result) -> str:
    """A block of three rows a board, and the ratios as bars."""
    names = [name for name in _PEERS if name in result["models"]]
    if not names:
        return "## Instructions of a run\n\nNot measured: the peers' models were not at hand.\n"
    rows, bars = [], []
    for board, quoted in result["yardstick"]["instructions"].items():
        here = {name: result["models"][name]["boards"][board]["instructions"] for name in names}
        kernels = result["yardstick"]["kernels"][board]
        rows.append([board, "here", *(here[name] for name in names)])
        rows.append(["", f"quoted: {kernels}", *(quoted[name] for name in names)])
        rows.append(["", "**ratio**", *(f"**{here[name] / quoted[name]:.2f}**" for name in names)])
        bars += [bar(board if i == 0 else "", name, here[name] / quoted[name]) for i, name in enumerate(names)]
    text = _table(["board", "", *names], rows)
    return f"## Instructions of a run\n\n{text}\nThe ratios; `|` is the quoted count.\n\n```\n" + "\n".join(bars) + "\n```\n"


def bar(group: str, name: str, ratio: float) -> str:
    """One line: a bar of the ratio's length, with a mark where 1 is; one that is cut off ends with >."""
    drawn = "█" * round(ratio * _BAR)
    drawn = drawn if len(drawn) <= _LONGEST else drawn[: _LONGEST - 1] + ">"
    line = drawn[:_BAR].ljust(_BAR) + "|" + drawn[_BAR:]
    return f"{group:9}{name:9}{line} {ratio:.2f}"


def _own(result) -> str:
    found = result["models"]["keywords"]["boards"]
    keys = ("instructions", "setup_instructions", "predict_instructions", "arena_bytes", "stack_bytes")
    rows = [[board, *(cost[key] for key in keys)] for board, cost in found.items()]
    headings = ["board", "run", "opening", "predict", "arena and state, bytes", "stack, bytes"]
    return "## keywords\n\n" + _table(headings, rows)


def _operators(result) -> str:
    """Each kind of operator's share of a run."""
    shares = {name: _shares(model["boards"][_SIZED]) for name, model in result["models"].items()}
    kinds = Counter()
    for share in shares.values():
        kinds.update(share)
    rows = [[kind, *(f"{share[kind]:.1f} %" for share in shares.values())] for kind, _ in kinds.most_common()]
    return f"## Where the instructions of a run go, on {_SIZED}\n\n" + _table(["operator", *shares], rows)


def _shares(found) -> Counter:
    share = Counter()
    for op, count in found["ops"]:
        share[op] += 100 * count / found["instructions"]
    return share


def _memory(result) -> str:
    """On the board that the yardstick was sized on; the code is of an image with the model's operators alone."""
    models, quoted = result["models"], result["yardstick"][_SIZED]
    arena = {name: model["boards"][_SIZED]["arena_bytes"] for name, model in models.items()}
    stack = {name: model["boards"][_SIZED]["stack_bytes"] for name, model in models.items()}
    code = {name: model["code_bytes"] for name, model in models.items()}
    rows = [
        *compared("arena and state", arena, quoted["arena_bytes"]),
        *compared("stack of a run", stack, quoted["stack_bytes"]),
        *compared("code and constants of an image for the model", code, quoted["code_bytes"]),
        ["native `.mpy` for the model (armv7emsp)", "here", *(model["mpy_bytes"] for model in models.values())],
    ]
    return f"## Memory and code, bytes on {_SIZED}\n\n" + _table(["", "", *models], rows)


def _calls(result) -> str:
    found = {name: model["boards"][_SIZED] for name, model in result["models"].items()}
    opening = {name: cost["setup_instructions"] for name, cost in found.items()}
    rows = compared("opening, all of it verified", opening, result["yardstick"][_SIZED]["setup_instructions"])
    rows.append(["`run`", "here", *(cost["instructions"] for cost in found.values())])
    rows.append(["`predict`, floats to floats", "here", *(cost["predict_instructions"] for cost in found.values())])
    rows.append(["`predict` beyond `run`", "here", *(f"{_beyond(cost):.2f} %" for cost in found.values())])
    return f"## Opening and predicting, instructions on {_SIZED}\n\n{_OPENING}\n\n" + _table(["", "", *found], rows)


_OPENING = """Opening is all of `tflm.Model(view)`. What MicroPython does for it (blocks of the heap, views of inputs and outputs) is
counted here, about 12,000 for any model with a small arena; what is quoted is the call `AllocateTensors` alone."""


def _beyond(cost) -> float:
    return 100 * (cost["predict_instructions"] / cost["instructions"] - 1)


def _time(result) -> str:
    host = {name: model["host"] for name, model in result["models"].items()}
    rows = [["here, µs", *(f"{t['time_us']:,.1f}" for t in host.values())]]
    rows.append(["the tflite-micro wheel, µs", *(f"{t['wheel_time_us']:,.1f}" for t in host.values())])
    rows.append(["**ratio**", *(f"**{t['time_us'] / t['wheel_time_us']:.3f}**" for t in host.values())])
    text = _table(["", *host], rows)
    return f"## Time on a PC\n\nBoth measured here, one thread: the fastest of runs that took turns for three seconds.\n\n{text}"


_PUSHES = """Seconds from opening the port to closing it, measured here once through a line of 115200 baud, which carries 11,520 bytes/s
each way, every byte as late as the table says on top: 1 ms is a frame of USB, 8 ms what a USB-UART that gathers bytes for 16 ms adds
on average. The board is MicroPython's unix port with littlefs in RAM, so that a board's own time does not count, on neither side.
mpremote 1.29 runs without a reset and without the start of its process.

A model with its scripts ("both") is the usual push. The limit is what is sent for a byte of a file. `mpremote cp` sends 1.04 characters
for one of a script and 2.9 for one of noise, and waits for answers several times every 256 bytes; `torpor push` sends 0.35 and 1.02
bytes, and waits once every 4,096. So what cannot be compressed goes hardly more than 2.9 / 1.02 times as fast on a line without delay:
it fills the line already. About 0.3 s of each push is the program that the board is sent first."""


def _pushes(result) -> str:
    rows = [
        [title, late, cost["bytes"], *(f"{cost[who]:.2f}" for who in ("here_s", "mpremote_s")), f"**{cost['mpremote_s'] / cost['here_s']:.1f}**"]
        for late, found in result["transfer"].items()
        for title, cost in found.items()
    ]
    headings = ["files", "each way", "bytes", "here, s", "`mpremote cp`, s", "times as fast"]
    return f"## Pushing files\n\n{_PUSHES}\n\n" + _table(headings, rows)


def compared(title: str, here: dict, quoted: dict) -> list[list]:
    """Three rows: here, quoted, ratio; models without a quoted number have none."""
    return [
        [title, "here", *here.values()],
        ["", "quoted: CMSIS-NN", *(quoted.get(name, "") for name in here)],
        ["", "**ratio**", *(f"**{value / quoted[name]:.2f}**" if name in quoted else "" for name, value in here.items())],
    ]


def _table(headings, rows) -> str:
    lines = ["|" + "|".join("---" for _ in headings) + "|"]
    return "\n".join([_line(headings), *lines, *map(_line, rows)]) + "\n"


def _line(cells) -> str:
    return "| " + " | ".join(f"{cell:,}" if isinstance(cell, int) else cell for cell in cells) + " |"
