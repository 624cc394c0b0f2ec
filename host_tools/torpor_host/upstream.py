# SPDX-License-Identifier: MIT
"""Upstream TFLM as the engine: its headers and libraries, which the user brings.

TFLM_DIR is the root of its headers. TFLM_LIB is libtensorflow-microlite.a, or several of them with `:` in
between, each for another machine: which one it is for stands in its objects.
"""

import os
import platform
from pathlib import Path

from torpor_host.errors import ToolError

# e_machine of ELF, by Python's name of this PC's and by the beginning of a board's core
_PC = {"x86_64": 62, "aarch64": 183}
_CORES = {"cortex-m4f": 40}


def for_pc() -> tuple[str, ...]:
    """Options of make to build with upstream's engine for this PC; none if there is no library for it."""
    return _options(_PC.get(platform.machine()))


def for_core(core: str) -> tuple[str, ...]:
    """The same for a board's core, such as "cortex-m4f"."""
    return _options(_CORES.get(core))


def _options(machine):
    folder = os.environ.get("TFLM_DIR", "")
    return next((_engine(folder, path) for path in _libraries() if _machine(path) == machine), ())


def _engine(folder, path):
    if not (Path(folder) / "tensorflow/lite/micro/micro_interpreter.h").is_file():
        raise ToolError(f"TFLM_DIR={folder} is not the root of TFLM's headers.", "see firmware/engine_tflm/README.md")
    return "ENGINE=tflm", f"TFLM_DIR={Path(folder).resolve()}", f"TFLM_LIB={path.resolve()}"


def _libraries():
    return [Path(text) for text in os.environ.get("TFLM_LIB", "").split(os.pathsep) if text]


def _machine(path) -> int:
    """e_machine of the first object in an archive."""
    try:
        data = path.read_bytes()
    except OSError:
        raise ToolError(f"TFLM_LIB names {path}, which cannot be read.", "see firmware/engine_tflm/README.md") from None
    elf = data.find(b"\x7fELF")
    if not data.startswith(b"!<arch>\n") or elf < 0:
        raise ToolError(f"TFLM_LIB names {path}, which is no library of ELF objects.", "see firmware/engine_tflm/README.md")
    return int.from_bytes(data[elf + 18 : elf + 20], "little")
