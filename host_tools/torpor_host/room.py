# SPDX-License-Identifier: MIT
"""Whether a board has room for what is to be put on it, found out before anything is written.

    new = room.changed(link, device, files)  # those that differ; there is room for them
"""

import ast
import binascii
from dataclasses import dataclass
from pathlib import PurePosixPath

from torpor_host.boards import BoardProfile
from torpor_host.device import Device
from torpor_host.errors import ToolError
from torpor_host.link import Link

# The core whose kernels a module for an architecture has; plain C for the others.
_CORES = {"armv7m": "cortex-m3", "armv7emsp": "cortex-m4f", "armv7emdp": "cortex-m7"}
_FOLDER_BLOCKS = 2  # littlefs gives a folder two blocks, FAT a cluster
_BLOCK_OVERHEAD = 8  # bytes of links in a block of littlefs, on average (its DESIGN.md, CTZ skip-lists)

# MicroPython. For each file (size, CRC-32), or None if it is not there; the folders that are there; (bytes of a block, blocks free).
_QUESTION = """
import binascii, os
def state(path):
    try:
        size, crc = os.stat(path)[6], 0
        with open(path, "rb") as f:
            while True:
                part = f.read(512)
                if not part:
                    return size, crc
                crc = binascii.crc32(part, crc)
    except OSError:
        return None
def there(path):
    try:
        os.stat(path)
        return True
    except OSError:
        return False
found = os.statvfs({home!r} or "/")
print(repr(([state(path) for path in {paths!r}], [there(path) for path in {folders!r}], (found[1], found[3]))))
"""


def no_files(port: str) -> ToolError:
    """What is said of a board without a file system."""
    return ToolError(f"The board on {port} has no file system, so nothing can be put on it.",
                     f"`torpor infer MODEL --on {port}` runs a model in its RAM")


def changed(link: Link, device: Device, files: dict[str, bytes]) -> dict[str, bytes]:
    """Those of `files` (absolute path on the board: content) that are not there already, in their order.

    Raises ToolError if the file system has no room for them all, each written beside the file that it replaces, or if there is none.
    """
    if device.storage is None:
        raise no_files(link.port)
    old, missing, disk = _look(link, device, files)
    new = {path: data for path, data in files.items() if old[path] != (len(data), binascii.crc32(data))}
    short = disk.short([(len(data), old[path][0] if old[path] else 0) for path, data in new.items()], missing)
    if new and short > 0:
        what = " and what it needs do" if len(new) > 1 else " does"
        sentence = f"{[*new][-1]}{what} not fit the file system of the board on {link.port}: it has {disk.free * disk.block:,} bytes free,"
        raise ToolError(f"{sentence} {short:,} too few.", "delete files on the board")
    return new


def _look(link, device, files):
    """({path: (size, CRC-32) or None}, number of folders that are missing, the file system)."""
    parents = {str(folder) for path in files for folder in PurePosixPath(path).parents}
    folders = sorted(parents - {"/", device.home})
    said = link.exec(_QUESTION.format(home=device.home, paths=list(files), folders=folders)).decode()
    states, there, space = ast.literal_eval(said.strip())
    return dict(zip(files, states)), there.count(False), _Disk(*space)


@dataclass(frozen=True)
class _Disk:
    """block: bytes of one. free: blocks."""

    block: int
    free: int

    def short(self, sizes: list[tuple[int, int]], folders: int) -> int:
        """Bytes too few, 0 or less if all fit. sizes: (new, old) bytes of each file, in the order of writing.

        A file is written before the one that it replaces is freed.
        """
        taken, most = _FOLDER_BLOCKS * folders, 0
        for new, old in sizes:
            most = max(most, taken + self._blocks(new))
            taken += self._blocks(new) - self._blocks(old)
        return (max(most, taken) - self.free) * self.block

    def _blocks(self, size):
        return -(-size // (self.block - _BLOCK_OVERHEAD))


def profile(link: Link, device: Device) -> BoardProfile:
    """The memory of a board with stock firmware, as check/memory.py takes it; its file system is not in it: see `changed`."""
    return BoardProfile(link.port, device.machine, _CORES.get(device.natmod, ""), device.natmod, romfs=device.romfs,
                        heap=(device.heap_free, device.heap_free), piece=device.piece, executable=device.executable)


def no_memory(device: Device, board: BoardProfile, name: str, over: str, hint: str) -> ToolError:
    """over: what is lacking, "4,096 bytes of RAM". board: its profile."""
    has = f"its heap has {device.heap_free:,} bytes free, {device.piece:,} in one piece"
    has += "" if device.executable is None else f", executable memory {device.executable:,}"
    return ToolError(f"{name} does not fit the board on {board.name}: it is over by {over}; {has}.", hint)
