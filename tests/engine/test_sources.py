# SPDX-License-Identifier: MIT
"""The engine's C as it must be for every board: strict C99, no state of its own, next to nothing from libc."""

import shutil
import subprocess
from multiprocessing.pool import ThreadPool

import pytest

from torpor_host import native
from torpor_host.paths import FIRMWARE

_STRICT = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-ffp-contract=off", "-ffreestanding", "-c"]
_MACHINES = {
    "host": ("cc", ["-fno-pie"]),
    "cortex-m4": ("arm-none-eabi-gcc", ["-mcpu=cortex-m4", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard", "-mthumb"]),
    "cortex-m0plus": ("arm-none-eabi-gcc", ["-mcpu=cortex-m0plus", "-mthumb"]),
}
_LIBC = {"memcpy", "memset", "memmove", "memcmp", "strlen"}


@pytest.fixture(scope="module", params=_MACHINES)
def unit(request, tmp_path_factory):
    """(object file, prefix of the tools) of the whole engine as one translation unit."""
    compiler, flags = _MACHINES[request.param]
    if shutil.which(compiler) is None:
        pytest.skip(f"no {compiler} on this machine")
    folder = tmp_path_factory.mktemp(request.param)
    source, made = folder / "engine.c", folder / "engine.o"
    files = [path for path in native.sources() if path.is_relative_to(FIRMWARE / "engine")]
    source.write_text("".join(f'#include "{path}"\n' for path in files))
    result = subprocess.run([compiler, *_STRICT, *flags, "-Os", "-o", made, source], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return made, "arm-none-eabi-" if compiler.startswith("arm") else ""


def _symbols(unit):
    made, prefix = unit
    lines = subprocess.run([f"{prefix}nm", made], capture_output=True, text=True, check=True).stdout.splitlines()
    return [(line.split()[-2], line.split()[-1]) for line in lines]


def test_engine_is_one_clean_translation_unit_without_variables(unit):
    variables = [name for kind, name in _symbols(unit) if kind in "bBdDcC"]
    assert variables == []


def test_engine_needs_little_of_libc(unit):
    outside = {name for kind, name in _symbols(unit) if kind == "U"}
    allowed = {name for name in outside if name.startswith(("__aeabi_", "__gnu_", "__clz", "_GLOBAL", "__stack_chk"))}
    assert outside - allowed <= _LIBC


def test_engine_needs_no_double(unit):
    outside = {name for kind, name in _symbols(unit) if kind == "U"}
    assert not {name for name in outside if name.startswith(("__aeabi_d", "__aeabi_f2d"))}


@pytest.mark.parametrize("more", ("", "-mavx2"))
@pytest.mark.parametrize("compiler", ("gcc", "clang"))
def test_each_file_compiles_alone(compiler, more, tmp_path):
    if shutil.which(compiler) is None:
        pytest.skip(f"no {compiler} on this machine")
    if more and not native.has_avx2():
        pytest.skip("this PC has no AVX2")

    def errors(path):
        command = [compiler, *_STRICT, *more.split(), "-O1", "-o", tmp_path / f"{path.stem}.o", path]
        return subprocess.run(command, capture_output=True, text=True).stderr

    with ThreadPool() as pool:
        assert "".join(pool.map(errors, native.sources())) == ""
