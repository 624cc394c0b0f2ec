# SPDX-License-Identifier: MIT
"""Where things lie in a checkout. MICROPYTHON_DIR overrides MicroPython's source, TORPOR_SHARED the peers' files."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
BOARDS = ROOT / "boards"
FIRMWARE = ROOT / "firmware"
LIB = ROOT / "lib"
MODELS = ROOT / "models"


def micropython() -> Path:
    """MicroPython's source tree."""
    return Path(os.environ.get("MICROPYTHON_DIR") or BUILD / "micropython").resolve()


def shared() -> Path:
    """Where models and recordings made by others may lie; never copied into the project."""
    return Path(os.environ.get("TORPOR_SHARED") or ROOT.parent / "shared")
