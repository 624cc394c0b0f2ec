# SPDX-License-Identifier: MIT
"""Builds the C programs of this folder with the engine into build/fuzz/."""

import hashlib
import os
import re
import shutil
import subprocess
from multiprocessing.pool import ThreadPool
from pathlib import Path

from torpor_host import files, native
from torpor_host.errors import ToolError
from torpor_host.paths import BUILD, FIRMWARE

HERE = Path(__file__).parent
FOLDER = BUILD / "fuzz"

_COMMON = ["-std=c11", "-g", "-Wall", "-Wextra", "-Werror", "-ffp-contract=off", "-DTE_CHECK", "-DTE_MAX_CALLS=100", f"-I{FIRMWARE / 'engine'}", f"-I{HERE}"]
_SANITIZE = ["-O2", "-fsanitize=address,undefined,float-cast-overflow", "-fno-sanitize-recover=all"]
_HINT = "sudo apt-get install --no-install-recommends clang libclang-rt-14-dev"


def fuzzer() -> Path:
    """The libFuzzer program; ToolError without clang and its runtime."""
    guided = ["-fsanitize-coverage=inline-8bit-counters,pc-table"]
    return _program("fuzz_model", [], os.environ.get("CLANG", "clang"), _SANITIZE, guided, ["-fsanitize=fuzzer"])


def damage() -> Path:
    """The program that damages one model everywhere; any compiler with sanitizers will do."""
    return _program("damage", [], shutil.which("clang") or "cc", _SANITIZE, [], [])


def lines_reached(folders) -> dict[str, tuple[int, int]]:
    """(reached, all) lines of each of the engine's sources when the files in `folders` are replayed, by gcc's gcov."""
    program = _program("replay", ["fuzz_model.c"], "gcc", ["-O0"], ["--coverage"], ["--coverage"])
    counts = FOLDER / "replay_engine.gcda"
    counts.unlink(missing_ok=True)
    subprocess.run([program, *folders], check=True, stdout=subprocess.DEVNULL)
    text = subprocess.run(["gcov", "-n", counts], capture_output=True, text=True, check=True, cwd=FOLDER).stdout
    found = re.findall(r"File '(.*?engine/[^']*\.c)'\nLines executed:([\d.]+)% of (\d+)", text)
    return {name.split("engine/")[-1]: (round(float(share) * int(n) / 100), int(n)) for name, share, n in found}


def _program(name, more, compiler, flags, engine, link) -> Path:
    """Builds `name`.c, `more` and what they share, unless build/fuzz has it from these sources.

    All of it is compiled with `flags`, only the engine with the flags `engine` too.
    """
    target, stamp = FOLDER / name, FOLDER / f"{name}.stamp"
    want = _digest(compiler, flags, engine, link)
    FOLDER.mkdir(parents=True, exist_ok=True)
    with files.locked(FOLDER / "programs.lock"):  # they share files
        if not (target.exists() and stamp.exists() and stamp.read_text() == want):
            _build(target, more, compiler, flags, engine, link)
            stamp.write_text(want)
    return target


def _build(target, more, compiler, flags, engine, link):
    (FOLDER / "engine.c").write_text("".join(f'#include "{source}"\n' for source in _engine_sources()))
    sources = [FOLDER / "engine.c", *(HERE / part for part in (f"{target.name}.c", "exercise.c", "watch.c", "fields.c", *more))]
    objects = [FOLDER / f"{target.name}_{source.stem}.o" for source in sources]
    commands = [[compiler, *_COMMON, *flags, *(engine if source.parent == FOLDER else []), "-c", "-o", made, source]
                for source, made in zip(sources, objects)]
    with ThreadPool() as pool:
        compiled = pool.map_async(_compile, commands, 1)
        roomy = _roomy(compiler)
        compiled.get()
    _compile([compiler, *_COMMON, *flags, *link, "-o", target, *objects, roomy])


def _roomy(compiler) -> Path:
    """The engine with the planner of roomy_plan.c, as roomy_measure() and roomy_open(); all else in it is hidden."""
    source, made = FOLDER / "roomy.c", FOLDER / "roomy.o"
    parts = [path for path in _engine_sources() if path.name != "plan.c"] + [HERE / "roomy_plan.c"]
    source.write_text("".join(f'#include "{path}"\n' for path in parts))
    renamed = [f"-Dte_{call}=roomy_{call}" for call in ("measure", "open")]
    _compile([compiler, *_COMMON, "-O2", *renamed, "-c", "-o", made, source])
    seen = [f"--keep-global-symbol=roomy_{name}" for name in ("measure", "open", "scratch")]
    _compile(["objcopy", *seen, made])
    return made


def _compile(command):
    try:
        result = subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError:
        raise ToolError(f"no compiler {command[0]}.", _HINT) from None
    if result.returncode:
        missing = re.search("libclang_rt|cannot find.*san", result.stderr)
        raise ToolError(f"{command[0]} failed:\n{result.stderr[-3000:]}", _HINT if missing else "the first error names the line")


def _engine_sources():
    return [path for path in native.sources() if path.is_relative_to(FIRMWARE / "engine")]


def _digest(*flags) -> str:
    digest = hashlib.sha256(repr([flags, _COMMON, list(map(str, _engine_sources()))]).encode())
    for folder in (FIRMWARE / "engine", HERE):
        for path in sorted(folder.rglob("*.[ch]")):
            digest.update(path.read_bytes())
    return digest.hexdigest()
