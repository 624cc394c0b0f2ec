# SPDX-License-Identifier: MIT
"""MicroPython's own port for emulated boards, unmodified.

It has no flash and no ROMFS partition, so the emulator puts a ROMFS image into memory that the firmware
leaves alone, and a program mounts it from there. It has no `time` and no asyncio, and 140 kB of heap.
"""

import time

import serial
from torpor_host.boards import BoardProfile
from torpor_host.sim import Board

_BOOT_S = 1  # it takes a millisecond of an idle PC
MISSING = ("asyncio", "time")  # modules that this port is built without

# core, QEMU's machine and program, further options, address for the image: on mps2-an385 its PSRAM of 16 MB,
# on virt the middle of the 128 MB of RAM, of which the firmware uses the first
_BOARDS = {
    "stock-m3": ("cortex-m3", "mps2-an385", "qemu-system-arm", (), 0x2100_0000),
    "stock-rv32": ("rv32imac", "virt", "qemu-system-riscv32", ("-bios", "none"), 0x8400_0000),
}


class _Stock(Board):
    """Spoken to only when its UART is enabled: QEMU's main loop never looks again at what came earlier.

    The line stays open, because QEMU takes a second to notice that a pty has been opened again.
    """

    _line = None

    def _wait_for_prompt(self, deadline):
        time.sleep(_BOOT_S)
        self._line, said = serial.Serial(self.port, timeout=0.2), b""
        while time.monotonic() < deadline:
            self._line.write(b"\r")
            said += self._line.read(1000)
            if said.endswith(b">>> "):
                return
        raise self._failed("does not answer")

    def stop(self):
        super().stop()
        if self._line:
            self._line.close()


def board(name, folder, image):
    """The board, not yet started, with the bytes of a ROMFS image in its memory."""
    core, machine, qemu, options, address = _BOARDS[name]
    (folder / "memory.img").write_bytes(image)
    loader = "-device", f"loader,file=memory.img,addr={address:#x},force-raw=on"
    return _Stock(BoardProfile(name, f"stock {name}", core, "", machine, qemu, (*options, *loader)), folder)


def mount(name, image):
    """The program that mounts that image at /rom."""
    address = _BOARDS[name][-1]
    return f"import uctypes, vfs; vfs.mount(vfs.VfsRom(uctypes.bytearray_at({address:#x}, {len(image)})), '/rom')"
