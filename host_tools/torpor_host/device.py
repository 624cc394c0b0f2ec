# SPDX-License-Identifier: MIT
"""What a connected board says of itself: its MicroPython, which native modules it loads, its memory.

    with Link(port) as link:
        link.enter_raw()
        device = ask(link)
        device.natmod, device.heap_free
"""

import ast
from collections.abc import Iterable
from dataclasses import dataclass

from torpor_host.boards import NATMODS
from torpor_host.errors import ToolError
from torpor_host.link import Link

# As py/persistentcode.h numbers them; but firmware for any core with Thumb-2 and no FPU, a Cortex-M3's too, says armv7em.
_ARCHES = ("", "x86", "x64", "armv6", "armv6m", "armv7m", "armv7m", "armv7emsp", "armv7emdp", "xtensa", "xtensawin", "rv32imc", "rv64imc")
ABI = 6, 3  # of the native modules that MicroPython 1.23 to 1.29 load

# MicroPython. rom_ioctl: 1 is the number of ROMFS partitions, 2 gives one. The largest piece is found by trying, to 1/32.
_QUESTION = """
import gc, sys
gc.collect()
romfs = 0
try:
    import vfs
    for i in range(vfs.rom_ioctl(1)):
        part = vfs.rom_ioctl(2, i)
        romfs += part[1] if isinstance(part, tuple) else len(part)
except (ImportError, AttributeError):
    pass
storage, home = None, ""
try:
    import os
    for folder in ("/", os.getcwd()):
        found = os.statvfs(folder)
        if found[1]:  # else nothing is mounted there
            storage, home = found[1] * found[3], "" if folder == "/" else folder
            break
except (ImportError, AttributeError, OSError):
    pass
executable = None
try:
    import esp32
    executable = max(piece[2] for piece in esp32.idf_heap_info(esp32.HEAP_EXEC))
except (ImportError, AttributeError, ValueError):
    pass
free = gc.mem_free()
low, high = 0, free + 1
while high - low > free // 32 + 16:
    middle = (low + high) // 2
    try:
        bytearray(middle)
        low = middle
    except MemoryError:
        high = middle
    gc.collect()
found = sys.implementation
print(repr({"version": ".".join(map(str, found.version[:3])), "machine": getattr(found, "_machine", ""), "build": getattr(found, "_build", ""),
            "mpy": getattr(found, "_mpy", 0), "home": home, "heap_free": free, "piece": low, "romfs": romfs, "storage": storage, "executable": executable}))
"""
_HAS = """
import sys
path, found = sys.path[:], []
sys.path[:] = [".frozen"]
for name in {names!r}:
    try:
        __import__(name)
        found.append(name)
    except ImportError:
        pass
sys.path[:] = path
print(repr(found))
"""


@dataclass(frozen=True)
class Device:
    """machine: the board, for people. build: MicroPython's name of it, perhaps with a variant, "" before 1.25. natmod: MicroPython's
    name of the architecture of its native modules, "number 14" if it has no name here, "" if it loads none. abi: (version, sub-version)
    of them. home: the folder of its file system, "" where that is at /; an STM32's is at /flash or /sd.

    All others are bytes. heap_free: after a collection. piece: that can be had at once, found to 1/32 of heap_free. romfs: of all
    partitions. storage: free in the file system, None without one. executable: largest piece of executable memory, None where
    native code runs in the heap.
    """

    version: str
    machine: str
    build: str
    natmod: str
    abi: tuple[int, int]
    home: str
    heap_free: int
    piece: int
    romfs: int
    storage: int | None
    executable: int | None


def ask(link: Link) -> Device:
    """Asks the board at an open link, in the raw REPL. Raises ToolError if its answer is none."""
    said = link.exec(_QUESTION).decode(errors="replace").strip()
    try:
        found = ast.literal_eval(said)
    except (ValueError, SyntaxError):
        raise ToolError(f"The board on {link.port} gave no answer but {said[-80:]!r}.", "reset it, and try again") from None
    mpy = found.pop("mpy")
    arch = mpy >> 10 & 0xF
    natmod = _ARCHES[arch] if arch < len(_ARCHES) else f"number {arch}"
    return Device(natmod=natmod, abi=(mpy & 0xFF, mpy >> 8 & 3), **found)


def has(link: Link, names: Iterable[str]) -> set[str]:
    """Those of the modules that the firmware itself has, in C or frozen; they are imported. Files on the board do not count."""
    return set(ast.literal_eval(link.exec(_HAS.format(names=sorted(names))).decode().strip()))


def check_native(device: Device, port: str) -> None:
    """Raises ToolError if a board cannot load native modules of ours, and says why."""
    if not device.natmod:
        raise ToolError(f"The firmware on {port} loads no native modules.", "flash one that does: MicroPython's own for ESP32 and STM32 boards")
    if device.abi != ABI:
        found, ours = (".".join(map(str, abi)) for abi in (device.abi, ABI))
        sentence = f"The firmware on {port} (MicroPython {device.version}) loads native modules of version {found}, not {ours}."
        raise ToolError(sentence, "flash MicroPython 1.23 to 1.29")
    if device.natmod not in NATMODS:
        sentence = f"The firmware on {port} loads native modules for architecture {device.natmod}, for which there are none of ours."
        raise ToolError(sentence, f"there are for {', '.join(NATMODS)}; or build a firmware with tflm in it")
