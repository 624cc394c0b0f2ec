# SPDX-License-Identifier: MIT
"""Where things lie: in a checkout, or beside this file where the package was installed without one (setup.py).

MICROPYTHON_DIR overrides MicroPython's source, TORPOR_SHARED the peers' files.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_INSTALLED = Path(__file__).resolve().parent / "project"
_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")

ROOT = _INSTALLED if _INSTALLED.is_dir() else Path(__file__).resolve().parents[2]
BUILD = _CACHE / "torpor" if ROOT == _INSTALLED else ROOT / "build"
BOARDS = ROOT / "boards"
FIRMWARE = ROOT / "firmware"
LIB = ROOT / "lib"
MODELS = ROOT / "models"


def micropython() -> Path:
    """MicroPython's source tree."""
    return Path(os.environ.get("MICROPYTHON_DIR") or BUILD / "micropython").resolve()


@contextmanager
def micropython_at(folder: Path | None) -> Iterator[None]:
    """MicroPython's source is in this folder for a while; nothing changes without one."""
    before = dict(os.environ)
    if folder:
        os.environ["MICROPYTHON_DIR"] = str(folder.resolve())
    try:
        yield
    finally:
        os.environ.pop("MICROPYTHON_DIR", None)
        os.environ.update(before)


def shared() -> Path:
    """Where models and recordings made by others may lie; never copied into the project."""
    return Path(os.environ.get("TORPOR_SHARED") or ROOT.parent / "shared")
