# SPDX-License-Identifier: MIT
"""Reads a native module (.mpy), as MicroPython's py/persistentcode.c does, and says whether it suits an ESP32.

A native module in the file: "M", version, architecture, bits of a small integer; names; then the text, which is copied to where
code may run; flags; sizes of what else there is; read-only data and the relocations. Where there is read-only data at all it is
apart from the text and lies in the heap; only xtensawin has it, elsewhere tables are in the text. A relocation adds to a word of
text or data where text, data, zeroed variables, or the firmware's tables lie. Whole numbers have seven bits a byte, the
upper first, and the top bit set but in the last.
"""

import struct
from dataclasses import dataclass
from pathlib import Path

from torpor_host.errors import ToolError

# MicroPython's numbers of architectures, MP_NATIVE_ARCH_* in py/persistentcode.h
_ARCHES = {2: "x64", 4: "armv6m", 5: "armv7m", 7: "armv7emsp", 8: "armv7emdp", 9: "xtensa", 10: "xtensawin", 11: "rv32imc"}
_VIPER = 2  # kind of code: C
_BSS, _RODATA, _RELOCATIONS = 0x10, 0x20, 0x40  # flags
_TO_TEXT = 0
_BROKEN = "This is not a native module of MicroPython 1.23 to 1.29."
_ANEW = "make it anew: torpor build --natmod"


@dataclass(frozen=True)
class Relocation:
    """The word at byte `at` of "text" or "rodata" becomes an address; to_text: of the text, at byte `offset` of it."""

    part: str
    at: int
    to_text: bool
    offset: int


@dataclass(frozen=True)
class Native:
    """text: code, and words that it loads. rodata: what lies apart from it. relocations: in the order of the file."""

    arch: str
    text: bytes
    rodata: bytes
    relocations: tuple[Relocation, ...]


class _Reader:
    def __init__(self, data):
        self._data, self._at = data, 0

    def take(self, count):
        self._at += count
        return _cut(self._data, self._at - count, count)

    def byte(self):
        return self.take(1)[0]

    def number(self):
        value = 0
        while True:
            byte = self.byte()
            value = value << 7 | byte & 0x7F
            if byte < 0x80:
                return value

    def at_end(self):
        return self._at == len(self._data)


def read(data: bytes) -> Native:
    """Raises ToolError if the file is no native module in C, or broken."""
    file = _Reader(data)
    magic, version, feature, _ = file.take(4)
    if magic != ord("M") or version != 6 or (feature >> 2 & 15) not in _ARCHES:
        raise ToolError(_BROKEN, _ANEW)
    arch = _ARCHES[feature >> 2 & 15]
    names, _objects = file.number(), file.number()
    for _ in range(names):
        length = file.number()
        if not length & 1:
            file.take((length >> 1) + 1)
    kind = file.number()
    text = file.take(kind >> 3)
    flags = file.number()
    if kind & 7 != _VIPER or not flags & _RELOCATIONS:
        raise ToolError(_BROKEN, _ANEW)
    rodata_size = file.number() if flags & _RODATA else 0
    if flags & _BSS:
        file.number()
    rodata = file.take(rodata_size)
    found = tuple(_relocations(file, text, rodata, 8 if arch == "x64" else 4))
    if not file.at_end():
        raise ToolError(_BROKEN, _ANEW)
    return Native(arch, text, rodata, found)


def _cut(data, at, count):
    if at + count > len(data):
        raise ToolError(_BROKEN, _ANEW)
    return data[at : at + count]


def _relocations(file, text, rodata, word):
    part, at = "text", 0
    while (op := file.byte()) != 0xFF:
        if op & 1:
            place = file.number()
            part, at = ("rodata" if place & 1 else "text"), (place >> 1) * word
        op >>= 1
        count = file.number() if op <= 5 and op & 1 else 1
        for _ in range(count):
            (offset,) = struct.unpack("<Q" if word == 8 else "<I", _cut(rodata if part == "rodata" else text, at, word))
            yield Relocation(part, at, op <= 5 and op >> 1 == _TO_TEXT, offset)
            at += word


def check(path: Path) -> None:
    """Raises ToolError if a file is no native module in C, or is one for an ESP32 with data in its text."""
    module = read(path.read_bytes())
    if module.arch == "xtensawin" and (found := data_in_text(module)):
        raise ToolError(
            f"{path.name} has data at byte {found[0].offset} of its code, where an ESP32 reads whole words only.",
            "put no constants into sections of code, and compile without jump tables (-fno-jump-tables)",
        )


def data_in_text(module: Native) -> list[Relocation]:
    """Pointers into the text of an xtensawin module that are not functions', so that data may lie where they point.

    An ESP32's executable memory can be read in whole, aligned words only. Code reaches it in two ways: by l32r, which loads
    such a word from a place that stands in the instruction, and through a pointer. Where every pointer is a function's, nothing
    in the text is ever read as bytes or halfwords.
    """
    return [r for r in module.relocations if r.to_text and not _is_function(module.text, r.offset)]


def _is_function(text, at):
    """A windowed function begins at a word, with `entry a1, n` (Xtensa Instruction Set Architecture, ENTRY: BRI12)."""
    return at % 4 == 0 and at + 3 <= len(text) and text[at] == 0x36 and text[at + 1] & 15 == 1
