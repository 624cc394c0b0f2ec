# SPDX-License-Identifier: MIT
"""Firmware files as the tests of flashing need them: by the formats' descriptions, none is a real firmware."""

import random
import struct
import zlib

import pytest
from torpor_host.errors import ToolError
from torpor_host.flash import run

FLASH = 0x0800_0000


def esp_image(chip: int, size: int = 40_000, first: int = 0) -> bytes:
    """An ESP image's header and `size` bytes. chip: its number. first: the first word of its first segment."""
    header = struct.pack("<BBBBI", 0xE9, 3, 2, 0x20, 0x4008_0000) + bytes(4) + struct.pack("<H", chip) + bytes(10)
    return header + struct.pack("<III", 0x3FFF_0000, 4, first) + random.Random(chip).randbytes(size)


def with_partitions(image: bytes, rows: list[tuple[int, int, str]]) -> bytes:
    """An ESP32's image, which begins at 0x1000, with a table of data partitions: (offset, size, label)."""
    entries = [struct.pack("<2sBBII16sI", b"\xaa\x50", 1, 0x81, offset, size, label.encode(), 0) for offset, size, label in rows]
    app = struct.pack("<2sBBII16sI", b"\xaa\x50", 0, 0, 0x1_0000, 0x1F_0000, b"factory", 0)
    table = (b"".join([app, *entries]) + b"\xeb\xeb" + b"\xff" * 14).ljust(0xC00, b"\xff")
    return image[:0x7000] + table + image[0x7C00:]


def stm32_image(size: int = 5000, stack: int = 0x2002_0000, reset: int = FLASH + 0x201, says: bytes = b"") -> bytes:
    """A vector table and code. says: the banner in it."""
    return struct.pack("<II", stack, reset) + says + b"\0" + random.Random(size).randbytes(size)


def dfu(*parts: tuple[int, bytes]) -> bytes:
    """A DfuSe file (UM0391): prefix, one target with an element for each part, suffix."""
    elements = b"".join(struct.pack("<II", address, len(data)) + data for address, data in parts)
    target = struct.pack("<6sBI255sII", b"Target", 0, 1, b"test", len(elements), len(parts)) + elements
    body = struct.pack("<5sBIB", b"DfuSe", 1, 11 + len(target), 1) + target + struct.pack("<HHHH3sB", 0, 0xDF11, 0x0483, 0x011A, b"UFD", 16)
    return body + struct.pack("<I", zlib.crc32(body) ^ 0xFFFF_FFFF)


def intel_hex(*parts: tuple[int, bytes]) -> bytes:
    """Records of 16 bytes."""
    lines = []
    for address, data in parts:
        lines.append(_record(4, 0, (address >> 16).to_bytes(2)))
        lines += [_record(0, (address + i) & 0xFFFF, data[i : i + 16]) for i in range(0, len(data), 16)]
    return "\n".join([*lines, _record(1, 0, b"")]).encode()


def _record(kind, offset, data):
    body = bytes([len(data)]) + offset.to_bytes(2) + bytes([kind]) + data
    return ":" + (body + bytes([-sum(body) & 0xFF])).hex().upper()


def refused(*arguments, **options) -> tuple[str, str]:
    """Sentence and hint of a flashing that fails."""
    with pytest.raises(ToolError) as caught:
        run.flash_file(*arguments, **options)
    return str(caught.value), caught.value.hint
