# SPDX-License-Identifier: MIT
"""Files that are written whole or not at all, and by one at a time."""

import fcntl
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path

from torpor_host.errors import ToolError


def write(path: Path, data: bytes) -> None:
    """Puts `data` at `path`, in place of what was there. Raises ToolError if that cannot be done; nothing is left then."""
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as temp:
            temp.write(data)
        os.chmod(temp.name, 0o644)
        _move(temp.name, path)
    except OSError as error:
        hint = "give a path in a folder that exists and is writable"
        raise ToolError(f"{path} cannot be written: {error.strerror}.", hint) from None


def _move(temp, path):
    try:
        os.replace(temp, path)
    except OSError:
        os.unlink(temp)
        raise


@contextmanager
def locked(path: Path):
    """Whoever takes the same file as a lock waits until this one is through; the file stays."""
    with open(path, "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
