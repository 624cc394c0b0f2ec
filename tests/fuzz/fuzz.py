#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Fuzzes the engine: any bytes as a model, opened and run, guided by coverage.

    fuzz.py SECONDS

Starts from seeds made on the spot (seeds.py), this project's models, the peers' models where their folder is, and
what earlier runs found worth keeping (build/fuzz/corpus). Prints what it does; a file that breaks a promise of
engine.h is kept in build/fuzz/crashes and ends the run with 1. Replay one with UBSAN_OPTIONS=print_stacktrace=1 build/fuzz/fuzz_model FILE.
"""

import dataclasses
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import programs
import seeds

from torpor_host.errors import ToolError
from torpor_host.paths import MODELS, ROOT

CORPUS, CRASHES, SEEDS = (programs.FOLDER / name for name in ("corpus", "crashes", "seeds"))
SHARED = Path(os.environ.get("TORPOR_SHARED") or ROOT.parent / "shared")
MAX_BYTES = 60_000

_STATUS = re.compile(r"^#(\d+)\s+(\w+)\s+cov: (\d+)")
_EDGES = re.compile(r"Loaded 1 PC tables \((\d+) PCs\)")


@dataclasses.dataclass
class Result:
    """What a run did. `edges` of `all_edges` of the engine's control flow were taken."""

    executions: int = 0
    edges: int = 0
    all_edges: int = 0
    seconds: float = 0
    crash: str = ""  # what the sanitizer or the exercise said

    def __str__(self):
        share = 100 * self.edges / max(self.all_edges, 1)
        rate = self.executions / max(self.seconds, 1e-3)
        return (f"[{self.seconds:5.0f}s] {self.executions:,} executions ({rate:,.0f}/s), "
                f"{self.edges} of {self.all_edges} edges ({share:.0f} %)")


def models():
    """Real models small enough: this project's, and the peers' where their folder is."""
    folders = (MODELS, SHARED / "models/peer")
    return [path for folder in folders for path in sorted(folder.rglob("*.tflite")) if path.stat().st_size < MAX_BYTES]


def make_seeds(folder, max_bytes):
    """Writes all seeds of at most `max_bytes` into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    real = {f"model_{path.parent.name}_{path.stem}": path.read_bytes() for path in models()}
    for name, data in {**seeds.all_seeds(), **real}.items():
        if len(data) <= max_bytes:
            (folder / name).write_bytes(data)


def run(folders, *options, show=lambda result: None, max_bytes=4096) -> Result:
    """One run of libFuzzer; show(result) is called as it goes on. The first folder collects what it finds."""
    CRASHES.mkdir(parents=True, exist_ok=True)
    command = [programs.fuzzer(), *folders, f"-max_len={max_bytes}", "-len_control=0", "-timeout=60", "-rss_limit_mb=2048",
               f"-artifact_prefix={CRASHES}/", *options]
    result, start, said = Result(), time.monotonic(), []
    environment = {**os.environ, "UBSAN_OPTIONS": "print_stacktrace=1"}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, errors="replace", env=environment) as process:
        for line in process.stderr:
            result.seconds = time.monotonic() - start
            if edges := _EDGES.search(line):
                result.all_edges = int(edges[1])
            if status := _STATUS.match(line):
                result.executions, result.edges = int(status[1]), int(status[3])
                show(result)
            else:
                said = [*said[-60:], line]
    if process.returncode:
        result.crash = "".join(said)
    return result


class _Progress:
    """Prints a line every few seconds."""

    def __init__(self):
        self._last = 0

    def __call__(self, result):
        if result.seconds - self._last >= 5:
            self._last = result.seconds
            print(result, flush=True)


def print_coverage():
    """Lines of the engine that seeds and corpus reach, the least covered files first."""
    files = programs.lines_reached([SEEDS, CORPUS])
    reached, total = (sum(column) for column in zip(*files.values()))
    print(f"{reached} of {total} lines of the engine reached ({100 * reached / total:.1f} %); least:")
    for name, (some, every) in sorted(files.items(), key=lambda item: item[1][0] / item[1][1])[:8]:
        print(f"  {name:32} {some:4} of {every:4}")


def main(seconds):
    make_seeds(SEEDS, 4096)
    CORPUS.mkdir(parents=True, exist_ok=True)
    print(f"fuzzing for {seconds} s from {len(list(SEEDS.iterdir()))} seeds; findings go to {CRASHES}", flush=True)
    result = run([CORPUS, SEEDS], f"-max_total_time={seconds}", show=_Progress())
    print(result)
    print_coverage()
    print(result.crash or "no promise was broken")
    return 1 if result.crash else 0


if __name__ == "__main__":
    try:
        sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 60))
    except ToolError as error:
        print(f"error: {error}\nhint:  {error.hint}", file=sys.stderr)
        sys.exit(2)
