# SPDX-License-Identifier: MIT
"""The C below the modules, built for this machine: `build/host/libtorpor.so`, loaded through ctypes."""

import ctypes
import functools
import hashlib
import os
import shutil
import subprocess
import tempfile
from multiprocessing.pool import ThreadPool
from pathlib import Path

from torpor_host import files
from torpor_host.errors import ToolError
from torpor_host.paths import BUILD, FIRMWARE

_FOLDERS = ("engine", "engine/ops", "dsp")
FLAGS = ["-std=c99", "-O3", "-fPIC", "-ffp-contract=off", "-Wall", "-Wextra", "-Werror"]
_SHARED = ["-shared"]
_FOREIGN = Path(__file__).parent / "foreign"  # headers of compilers for other cores


def has_avx2() -> bool:
    """Whether this PC has the vectors that the engine's faster kernels want (firmware/engine/ops/kernels.h)."""
    try:
        return "avx2" in Path("/proc/cpuinfo").read_text().split()
    except OSError:
        return False


def flags() -> list[str]:
    """The compiler's, for this machine: a library built elsewhere is built anew."""
    return [*FLAGS, "-mavx2"] if has_avx2() else list(FLAGS)


@functools.cache
def library() -> ctypes.CDLL:
    """The library, rebuilt first if a source, a header or the compiler changed. ToolError if it cannot be built."""
    return ctypes.CDLL(str(build(BUILD / "host")))


def build(folder: Path) -> Path:
    """Builds libtorpor.so into `folder` unless it is up to date there; returns its path."""
    return _compile(folder / "libtorpor.so", sources(), flags(), _SHARED, ("engine", "dsp"))


def variant(target: Path, more: list[str]) -> Path:
    """Builds the library with more of the compiler's flags, unless it is up to date; returns its path."""
    return _compile(target, sources(), [*flags(), *more], _SHARED, ("engine", "dsp"))


@functools.cache
def foreign(kernels: str) -> ctypes.CDLL:
    """The library with a set of kernels for another core, to ask how much memory those want; it cannot run them.

    kernels: as ops/kernels.h names them.
    """
    parts = [path for path in sources() if "dsp" not in path.parts]
    flags = ["-std=gnu99", "-O0", "-w", "-fPIC", *foreign_flags(kernels)]
    return ctypes.CDLL(str(_compile(BUILD / f"host/sizes-{kernels.lower()}.so", parts, flags, _SHARED, ("engine", _FOREIGN))))


def foreign_flags(kernels: str) -> list[str]:
    """The compiler's, for kernels whose assembler and intrinsics are left out: only their sizes are asked for."""
    return [f"-DTE_KERNELS={kernels}", "-D__asm__(...)=", '-Dvolatile(...)=("")', f"-I{_FOREIGN}"]


def program(target: Path, sources: list[Path], flags: list[str]) -> Path:
    """Builds a program for this machine unless it is up to date; returns its path."""
    return _compile(target, sources, ["-std=gnu99", "-O0", "-w", *flags], [], ("engine", "compiled", _FOREIGN))


def _compile(target, sources, flags, link, folders):
    """All cores compile. `folders`: what to look at for changes."""
    compiler = os.environ.get("CC", "cc")
    folder, stamp = target.parent, target.with_suffix(".stamp")
    want = _digest([compiler, *flags, *link, *map(str, sources)], folders)
    folder.mkdir(parents=True, exist_ok=True)
    with files.locked(target.with_suffix(".lock")):
        if target.exists() and stamp.exists() and stamp.read_text() == want:
            return target
        if shutil.which(compiler) is None:
            raise ToolError(f"no C compiler {compiler}.", "install build-essential, or set CC")
        with tempfile.TemporaryDirectory(dir=folder) as temp:
            made = Path(temp) / target.name
            objects = [made.with_name(f"{i}.o") for i in range(len(sources))]
            with ThreadPool() as pool:
                pool.map(_run, [[compiler, *flags, "-c", "-o", made, path] for made, path in zip(objects, sources)], 1)
            _run([compiler, *link, "-o", made, *objects])
            made.rename(target)
        stamp.write_text(want)
    return target


def _run(command):
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode:
        raise ToolError(f"{command[0]} failed on the sources:\n{result.stderr}", "the first error names the line")


def sources() -> list[Path]:
    """The C files of the engine and of the signal processing: all there are, as engine.mk and dsp.mk say too."""
    return [path for folder in _FOLDERS for path in sorted((FIRMWARE / folder).glob("*.c"))]


def _digest(command, folders) -> str:
    digest = hashlib.sha256(repr(command).encode())
    for folder in folders:
        for path in sorted((FIRMWARE / folder).rglob("*.[ch]")):
            digest.update(path.read_bytes())
    return digest.hexdigest()
