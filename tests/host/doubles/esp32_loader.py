# SPDX-License-Identifier: MIT
"""The ROM boot loader of an ESP32 at its UART, as Espressif's "Serial Protocol" describes it: a double with a flash.

SLIP frames; a request is 0, command, length, checksum, data; an answer is 1, command, length, value, data, status.
esptool's own loader, which it loads to RAM, is not run: from its start on the double answers as that one does (statuses of 2 bytes,
the MD5 as 16 bytes, erasing by region); or it refuses to load anything, as a damaged RAM or a cautious ROM would.
"""

import hashlib
import struct
import zlib
from dataclasses import dataclass

from doubles.serial_double import SerialDouble

_FLASH_BEGIN, _FLASH_DATA, _FLASH_END, _SYNC, _WRITE_REG, _READ_REG = 0x02, 0x03, 0x04, 0x08, 0x09, 0x0A
_MEM_BEGIN, _MEM_END, _MEM_DATA, _BAUD, _ERASE_REGION = 0x05, 0x06, 0x07, 0x0F, 0xD1
_SPI_SET_PARAMS, _SPI_ATTACH, _DEFL_BEGIN, _DEFL_DATA, _DEFL_END, _MD5, _SECURITY = 0x0B, 0x0D, 0x10, 0x11, 0x12, 0x13, 0x14
_UNKNOWN, _BAD_SUM = 0x05, 0x07
_MAGIC = 0x4000_1000  # its first word of ROM tells an ESP32
_USER = 1 << 18  # SPI_CMD_USR: run a command of the flash chip
_READ_ID, _READ_SFDP = 0x9F, 0x5A


@dataclass(frozen=True)
class Chip:
    """id: as GET_SECURITY_INFO says it, None if the ROM has no such command. spi, usr2, w0: registers of the flash's SPI controller."""

    id: int | None
    spi: int
    usr2: int
    w0: int


CHIPS = {
    "ESP32": Chip(None, 0x3FF4_2000, 0x24, 0x80),
    "ESP32-S3": Chip(9, 0x6000_2000, 0x20, 0x58),
    "ESP32-C3": Chip(5, 0x6000_2000, 0x20, 0x58),
    "ESP32-C6": Chip(13, 0x6000_3000, 0x20, 0x58),
}


class Esp32Loader(SerialDouble):
    """chip: a name of CHIPS. size: bytes of flash, a power of two. worn: a bit of what is written stays set.

    loads: whether it takes a program to RAM. deaf: it runs a program of its own, that says something else.
    """

    def __init__(self, chip: str, size: int = 4 << 20, worn: bool = False, loads: bool = True, deaf: bool = False, **faults):
        super().__init__(**faults)
        self.deaf = deaf
        self.chip, self.size, self.worn, self.loads = CHIPS[chip], size, worn, loads
        self.runs_stub = False
        self.flash = bytearray(b"\x55" * size)
        self.commands: list[int] = []
        self._registers = {_MAGIC: 0x00F0_1D83} if self.chip.id is None else {}
        self._at = self._written = 0
        self._inflate = None

    def serve(self):
        while True:
            packet = self._frame()
            if len(packet) < 8 or packet[0] != 0:
                continue
            code, length, check = struct.unpack_from("<BHI", packet, 1)
            if self.deaf or length != len(packet) - 8:
                self.say(b"\r\n>>> " if self.deaf else b"")
                continue
            self.commands.append(code)
            self._handle(code, packet[8:], check)

    def _frame(self) -> bytes:
        """What is between two 0xC0, unescaped."""
        while self.take(1) != b"\xc0":
            pass
        raw = bytearray()
        while (byte := self.take(1)) != b"\xc0" or not raw:
            if byte != b"\xc0":
                raw += byte
        return bytes(raw).replace(b"\xdb\xdc", b"\xc0").replace(b"\xdb\xdd", b"\xdb")

    def _answer(self, code, value=0, data=b"", status=0):
        body = data + bytes([bool(status), status]) + (b"" if self.runs_stub else bytes(2))
        packet = struct.pack("<BBHI", 1, code, len(body), value) + body
        self.say(b"\xc0" + packet.replace(b"\xdb", b"\xdb\xdd").replace(b"\xc0", b"\xdb\xdc") + b"\xc0")

    def _handle(self, code, data, check):
        if code == _SYNC:
            self.runs_stub = False  # the client resets the chip before it
            for _ in range(8):
                self._answer(code, 0x2012_0707)
        elif code == _READ_REG:
            self._answer(code, self._registers.get(struct.unpack("<I", data)[0], 0))
        elif code == _WRITE_REG:
            self._write_register(*struct.unpack_from("<III", data))
            self._answer(code)
        elif code == _SECURITY and self.chip.id is not None:
            self._answer(code, 0, struct.pack("<I8BII", 0, *[0] * 8, self.chip.id, 0))
        elif code in (_FLASH_BEGIN, _DEFL_BEGIN):
            self._begin(code, *struct.unpack_from("<4I", data))
        elif code in (_FLASH_DATA, _DEFL_DATA):
            self._data(code, data[16:], check)
        elif code == _MD5:
            self._md5(*struct.unpack_from("<II", data))
        elif code in (_FLASH_END, _DEFL_END, _SPI_SET_PARAMS, _SPI_ATTACH) or self.runs_stub and code == _BAUD:
            self._answer(code)
        elif code in (_MEM_BEGIN, _MEM_DATA) and self.loads:
            self._answer(code)
        elif code == _MEM_END and self.loads:
            self._answer(code)
            self.runs_stub = True
            self.say(b"\xc0OHAI\xc0")
        elif code == _ERASE_REGION and self.runs_stub:
            self._erase(*struct.unpack("<II", data))
            self._answer(code)
        else:
            self._answer(code, status=_UNKNOWN)

    def _write_register(self, address, value, mask):
        self._registers[address] = self._registers.get(address, 0) & ~mask | value & mask
        if address == self.chip.spi and value & _USER:
            command = self._registers[self.chip.spi + self.chip.usr2] & 0xFF
            answers = {_READ_ID: (self.size.bit_length() - 1) << 16 | 0x40EF, _READ_SFDP: 0x5044_4653}
            self._registers[self.chip.spi + self.chip.w0] = answers.get(command, 0)
            self._registers[self.chip.spi] = 0

    def _begin(self, code, erase, _blocks, _block, offset):
        self._at, self._written = offset, 0
        self._inflate = zlib.decompressobj() if code == _DEFL_BEGIN else None
        self._erase(offset, -(-erase // 4096) * 4096)
        self._answer(code)

    def _erase(self, offset, size):
        end = min(offset + size, self.size)
        self.flash[offset:end] = b"\xff" * (end - offset)

    def _data(self, code, data, check):
        if check != _sum(data):
            return self._answer(code, status=_BAD_SUM)
        plain = self._inflate.decompress(data) if self._inflate else data
        self.flash[self._at : self._at + len(plain)] = plain
        if self.worn:
            self.flash[self._at + len(plain) // 2] |= 1
        self._at += len(plain)
        self._written += len(plain)
        self.wrote(self._written)
        self._answer(code)

    def _md5(self, offset, size):
        digest = hashlib.md5(self.flash[offset : offset + size])
        self._answer(_MD5, data=digest.digest() if self.runs_stub else digest.hexdigest().encode())


def _sum(data) -> int:
    state = 0xEF
    for byte in data:
        state ^= byte
    return state
