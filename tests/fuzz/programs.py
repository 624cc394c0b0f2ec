# SPDX-License-Identifier: MIT
"""Builds the C programs of this folder with the engine, under AddressSanitizer and UBSan, into build/fuzz/."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from torpor_host import native
from torpor_host.errors import ToolError
from torpor_host.paths import BUILD, FIRMWARE

HERE = Path(__file__).parent
FOLDER = BUILD / "fuzz"

_COMMON = ["-std=c11", "-O2", "-g", "-Wall", "-Wextra", "-Werror", "-ffp-contract=off", "-DTE_CHECK",
           "-fno-sanitize-recover=all", f"-I{FIRMWARE / 'engine'}"]
_SANITIZE = "address,undefined,float-cast-overflow"


def fuzzer() -> Path:
    """The libFuzzer program; ToolError without clang and its runtime."""
    clang = os.environ.get("CLANG", "clang")
    return _program("fuzz_model", clang, engine=["-fsanitize-coverage=inline-8bit-counters,pc-table"], link=["-fsanitize=fuzzer"])


def damage() -> Path:
    """The program that damages one model everywhere; any compiler with sanitizers will do."""
    return _program("damage", shutil.which("clang") or os.environ.get("CC", "cc"), engine=[], link=[])


def _program(name, compiler, engine, link) -> Path:
    """Builds `name`.c unless build/fuzz has it from these sources. Only the engine is compiled with flags `engine`."""
    target, stamp = FOLDER / name, FOLDER / f"{name}.stamp"
    want = _digest(compiler, engine, link)
    if target.exists() and stamp.exists() and stamp.read_text() == want:
        return target
    FOLDER.mkdir(parents=True, exist_ok=True)
    parts = {"engine.c": engine, **dict.fromkeys((f"{name}.c", "exercise.c", "fields.c"), [])}
    (FOLDER / "engine.c").write_text("".join(f'#include "{source}"\n' for source in _engine_sources()))
    objects = [FOLDER / f"{name}_{part[:-2]}.o" for part in parts]
    command = [compiler, *_COMMON, f"-fsanitize={_SANITIZE}"]
    for (part, flags), out in zip(parts.items(), objects):
        _compile([*command, *flags, "-c", "-o", out, (FOLDER if part == "engine.c" else HERE) / part])
    _compile([*command, *link, "-o", target, *objects])
    stamp.write_text(want)
    return target


def _compile(command):
    try:
        result = subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError:
        raise ToolError(f"no compiler {command[0]}.", _HINT) from None
    if result.returncode:
        missing = "libclang_rt" in result.stderr or "asan" in result.stderr
        raise ToolError(f"{command[0]} failed:\n{result.stderr[-3000:]}", _HINT if missing else "the first error names the line")


_HINT = "sudo apt-get install --no-install-recommends clang libclang-rt-14-dev"


def _engine_sources():
    return [path for path in native.sources() if path.is_relative_to(FIRMWARE / "engine")]


def _digest(*flags) -> str:
    digest = hashlib.sha256(repr([flags, _COMMON, _SANITIZE, list(map(str, _engine_sources()))]).encode())
    for folder in (FIRMWARE / "engine", HERE):
        for path in sorted(folder.rglob("*.[ch]")):
            digest.update(path.read_bytes())
    return digest.hexdigest()
