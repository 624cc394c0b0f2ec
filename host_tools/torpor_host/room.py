# SPDX-License-Identifier: MIT
"""Whether a board has room for what is to be put on it, found out before anything is written.

    room.Disk(block=4096, free=10).check(link.port, "/a.py", [(len(data), old_size)], folders=0)
"""

from dataclasses import dataclass

from torpor_host.boards import BoardProfile
from torpor_host.device import Device
from torpor_host.errors import ToolError
from torpor_host.link import Link

# The core whose kernels a module for an architecture has; plain C for the others.
_CORES = {"armv7m": "cortex-m3", "armv7emsp": "cortex-m4f", "armv7emdp": "cortex-m7"}
_FOLDER_BLOCKS = 2  # littlefs gives a folder two blocks, FAT a cluster
_BLOCK_OVERHEAD = 8  # bytes of links in a block of littlefs, on average (its DESIGN.md, CTZ skip-lists)


def no_files(port: str) -> ToolError:
    """What is said of a board without a file system."""
    return ToolError(f"The board on {port} has no file system, so nothing can be put on it.",
                     f"`torpor infer MODEL --on {port}` runs a model in its RAM")


@dataclass(frozen=True)
class Disk:
    """A board's file system. block: bytes of one. free: blocks."""

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

    def check(self, port: str, name: str, sizes: list[tuple[int, int]], folders: int) -> None:
        """Raises ToolError if these files do not fit; name: of the last one. See `short`."""
        if (short := self.short(sizes, folders)) > 0:
            what = " and what it needs do" if len(sizes) > 1 else " does"
            sentence = f"{name}{what} not fit the file system of the board on {port}: it has {self.free * self.block:,} bytes free,"
            raise ToolError(f"{sentence} {short:,} too few.", "delete files on the board")

    def _blocks(self, size):
        return -(-size // (self.block - _BLOCK_OVERHEAD))


def profile(link: Link, device: Device) -> BoardProfile:
    """The memory of a board with stock firmware, as check/memory.py takes it; its file system is not in it: see `Disk`."""
    return BoardProfile(link.port, device.machine, _CORES.get(device.natmod, ""), device.natmod, romfs=device.romfs,
                        heap=(device.heap_free, device.heap_free), piece=device.piece, executable=device.executable)


def no_memory(device: Device, board: BoardProfile, name: str, over: str, hint: str) -> ToolError:
    """over: what is lacking, "4,096 bytes of RAM". board: its profile."""
    has = f"its heap has {device.heap_free:,} bytes free, {device.piece:,} in one piece"
    has += "" if device.executable is None else f", executable memory {device.executable:,}"
    return ToolError(f"{name} does not fit the board on {board.name}: it is over by {over}; {has}.", hint)
