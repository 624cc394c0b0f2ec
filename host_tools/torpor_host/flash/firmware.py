# SPDX-License-Identifier: MIT
"""What a firmware file is, by its bytes: an ESP image, an STM32's .bin, DfuSe or Intel hex; and whether it fits a board.

Formats: ESP image: Espressif, "Firmware Image Format" (esptool documentation). DfuSe: ST, UM0391. Intel hex: Intel, 1988, revision A.
"""

import re
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

from torpor_host.boards import BoardProfile
from torpor_host.errors import ToolError

_ESP_CHIPS = {0: "ESP32", 2: "ESP32-S2", 5: "ESP32-C3", 9: "ESP32-S3", 12: "ESP32-C2", 13: "ESP32-C6", 16: "ESP32-H2"}  # esp_chip_id_t
_ESP_MAGIC, _ESP_SEGMENTS, _ESP_APP = 0xE9, 16, 0xABCD5432  # the last word opens esp_app_desc_t, which a boot loader has not
_ESP_TABLE, _ESP_DATA = 0x8000, 1  # where the partition table is, and the type of a data partition
_STM32_FLASH = 0x0800_0000
_STM32_RAM = (0x1000_0000, 0x1004_0000), (0x2000_0000, 0x2010_0000), (0x2400_0000, 0x2410_0000)  # CCM or SRAM2, SRAM, the H7's AXI SRAM
_BANNER = re.compile(rb" with (STM32[A-Z]\d{3})")  # MicroPython: board, " with ", microcontroller
_OTHERS = {b"\x7fELF": "an ELF file", b"UF2\n": "a UF2 file", b"PK\x03\x04": "a zip archive", b"M\x06": "a native module"}
_HINT = "take the board's .bin, .dfu or .hex from micropython.org/download"

Part = tuple[int, bytes]


@dataclass(frozen=True)
class Firmware:
    """kind: esp, bin, dfu or hex. parts: (address or offset in flash, bytes), sorted; none overlap.

    chip: the number of an ESP image's chip. mcu: a microcontroller that MicroPython's banner names, such as STM32F446; "" if none.
    """

    path: Path
    kind: str
    parts: tuple[Part, ...]
    chip: int | None = None
    mcu: str = ""

    @property
    def size(self) -> int:
        return sum(len(data) for _, data in self.parts)


def read(path: Path, board: BoardProfile) -> Firmware:
    """The firmware in a file, for a board. Raises ToolError if it is none, or another chip's, or does not fit."""
    data = _bytes(path)
    found = _recognise(path, data, board)
    if board.port == "esp32":
        _check_esp(found, data, board)
    else:
        _check_stm32(found, board)
    return found


def partitions(firmware: Firmware) -> dict[str, tuple[int, int]]:
    """(offset, size) of each data partition that an ESP image lays out, by its label; {} if it has no table. Format: ESP-IDF, Partition Tables."""
    offset, data = firmware.parts[0]
    found, at = {}, _ESP_TABLE - offset
    while data[at : at + 2] == b"\xaa\x50" and len(data) >= at + 32:
        kind, start, size, label = struct.unpack_from("<2xBxII16s", data, at)
        if kind == _ESP_DATA:
            found[label.rstrip(b"\0").decode("ascii", "replace")] = start, size
        at += 32
    return found


def _bytes(path) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ToolError(f"{path} cannot be read: {error.strerror}.", "give a firmware file: a .bin, .dfu or .hex") from None
    if not data:
        raise ToolError(f"{path} is empty.", _HINT)
    return data


def _recognise(path, data, board) -> Firmware:
    mcu = _BANNER.search(data)
    if data[:5] == b"DfuSe":
        return Firmware(path, "dfu", _checked(path, lambda: _dfu(data)), mcu=mcu.group(1).decode() if mcu else "")
    if data[:1] == b":":
        parts = _checked(path, lambda: _hex(data))
        mcu = _BANNER.search(b"".join(part for _, part in parts))
        return Firmware(path, "hex", parts, mcu=mcu.group(1).decode() if mcu else "")
    if data[0] == _ESP_MAGIC and len(data) > 24 and 0 < data[1] <= _ESP_SEGMENTS:
        return Firmware(path, "esp", ((board.flash_offsets[0], data),), chip=struct.unpack_from("<H", data, 12)[0])
    if _is_vector_table(data):
        return Firmware(path, "bin", ((_STM32_FLASH, data),), mcu=mcu.group(1).decode() if mcu else "")
    what = "a model" if data[4:8] == b"TFL3" else "no firmware that is known"
    what = next((name for magic, name in _OTHERS.items() if data.startswith(magic)), what)
    raise ToolError(f"{path} is {what}.", _HINT)


def _checked(path, parse):
    try:
        return _joined(parse())
    except (ValueError, struct.error, IndexError) as error:
        raise ToolError(f"{path} is damaged: {error}.", "download it again") from None


def _joined(parts) -> tuple[Part, ...]:
    """Sorted; neighbours are one."""
    joined: list[list] = []
    for address, data in sorted(parts):
        end = joined[-1][0] + len(joined[-1][1]) if joined else -1
        if address < end:
            raise ValueError(f"two parts overlap at {address:#x}")
        if address == end:
            joined[-1][1] += data
        else:
            joined.append([address, bytearray(data)])
    if not joined:
        raise ValueError("it holds nothing")
    return tuple((address, bytes(data)) for address, data in joined)


def _dfu(data):
    """Prefix (signature, version, size, targets), targets of elements, suffix of 16 bytes with a CRC-32."""
    size, targets = struct.unpack_from("<xIB", data, 5)
    if len(data) != size + 16 or data[-8:-5] != b"UFD":
        raise ValueError("its length is not what it says")
    if zlib.crc32(data[:-4]) ^ 0xFFFF_FFFF != struct.unpack("<I", data[-4:])[0]:
        raise ValueError("its checksum does not fit")
    at = 11
    for _ in range(targets):
        elements, at = struct.unpack_from("<I", data, at + 270)[0], at + 274
        for _ in range(elements):
            address, length = struct.unpack_from("<II", data, at)
            if at + 8 + length > size:
                raise ValueError("an element is longer than the file")
            yield address, data[at + 8 : at + 8 + length]
            at += 8 + length


def _hex(data):
    """Records of length, offset, type, data, checksum; type 4 sets the upper 16 bits of addresses, 2 a segment, 1 ends."""
    base = 0
    for number, line in enumerate(data.decode("ascii", "replace").split(), 1):
        record = bytes.fromhex(line[1:])
        if line[0] != ":" or len(record) != record[0] + 5 or sum(record) & 0xFF:
            raise ValueError(f"record {number} does not fit its checksum")
        offset, kind, payload = int.from_bytes(record[1:3]), record[3], record[4:-1]
        if kind == 1:
            return
        if kind in (2, 4):
            base = int.from_bytes(payload) << (4 if kind == 2 else 16)
        elif kind == 0:
            yield base + offset, payload
    raise ValueError("it ends early")


def _is_vector_table(data) -> bool:
    """Whether an STM32 could start here: a stack pointer into RAM, and an odd address in flash."""
    if len(data) < 64:
        return False
    stack, reset = struct.unpack_from("<II", data)
    return _ram(stack) is not None and reset & 1 == 1 and 0 < reset - _STM32_FLASH < 1 << 21


def _ram(stack):
    """The range of RAM whose end or inside a stack pointer is, None if it is in none."""
    return next(((low, high) for low, high in _STM32_RAM if low < stack <= high), None)


def _check_esp(found, data, board):
    if found.kind != "esp":
        raise ToolError(f"{found.path} is no image for an {board.mcu}.", _hint(board))
    if found.chip != board.chip_id:
        other = f"an {_ESP_CHIPS[found.chip]}" if found.chip in _ESP_CHIPS else f"another chip, of the number {found.chip}"
        raise ToolError(f"{found.path} is for {other}, and {board.name} has an {board.mcu}.", _hint(board))
    if struct.unpack_from("<I", data, 32)[0] == _ESP_APP:
        raise ToolError(f"{found.path} is an application without a boot loader.", "take firmware.bin, which has both")
    end = found.parts[0][0] + found.size
    if end > board.flash:
        raise ToolError(f"{found.path} ends at {end:,} bytes of flash, and {board.name} has {board.flash:,}.", _hint(board))


def _check_stm32(found, board):
    if found.kind == "esp":
        raise ToolError(f"{found.path} is an ESP32's image, and {board.name} has an {board.mcu}.", _hint(board))
    if found.mcu and not board.mcu.startswith(found.mcu):
        raise ToolError(f"{found.path} is for an {found.mcu}, and {board.name} has an {board.mcu}.", _hint(board))
    if found.kind == "bin" and len(board.flash_offsets) > 1:
        raise ToolError(f"{found.path} is a .bin, which is in one place; {board.name}'s firmware lies in {len(board.flash_offsets)}.",
                        "take the .dfu or the .hex")
    last, data = found.parts[-1]
    if found.parts[0][0] < _STM32_FLASH or last + len(data) > _STM32_FLASH + board.flash:
        low, high = found.parts[0][0], last + len(data)
        raise ToolError(f"{found.path} fills {low:#x} to {high:#x}, and {board.name} has {board.flash:,} bytes from 0x8000000.", _hint(board))
    first, data = found.parts[0]
    if first != _STM32_FLASH or not _is_vector_table(data):
        raise ToolError(f"{found.path} has no vector table at 0x8000000: nothing would start.", _hint(board))
    _check_vectors(found.path, data, board)


def _check_vectors(path, data, board):
    """RAM may be in several places: none is longer than all of it."""
    stack, reset = struct.unpack_from("<II", data)
    if stack - _ram(stack)[0] > board.ram:
        raise ToolError(f"{path} has its stack up to {stack:#x}, and {board.name} has {board.ram:,} bytes of RAM.", _hint(board))
    if reset - _STM32_FLASH > board.flash:
        raise ToolError(f"{path} starts at {reset:#x}, outside of {board.name}'s flash.", _hint(board))


def _hint(board) -> str:
    return f"take the firmware for {board.board or board.name} from micropython.org/download"
