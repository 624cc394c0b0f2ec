# SPDX-License-Identifier: MIT
"""ROMFS images whose file data are aligned, so that a model is used where it lies.

The format (MicroPython, extmod/vfs_rom.c) is made of records: kind, payload length, payload.
Kind and length are varuints: big-endian groups of 7 bits, the high bit set on all but the
last, which may be padded in front with 0x80 without changing their value. That padding is
what aligns here. An image of ours:

    d2 cd 31  length in 5 bytes                    the file system record
        02  length, padded  content                one for each file, content at a multiple of ALIGN
        ...
        05  length  name length, name              a file, holding
            03  length  size, offset               where its content lies, from the payload's start
        04  length  name length, name, files ...   a directory

"Aligned" counts from the image's start; a board keeps its ROMFS at an aligned address.
"""

from typing import Mapping

from torpor_host.errors import ToolError

ALIGN = 16  # what kernels may rely on: TE_ARENA_ALIGN, and force_align of a .tflite's buffers

MAGIC = b"\xd2\xcd\x31"
_HEADER = len(MAGIC) + 5
_PADDING, _VERBATIM, _POINTER, _DIRECTORY, _FILE = 1, 2, 3, 4, 5
_ODD_BYTE = bytes([_PADDING, 0x80, 0])  # an empty padding record of 3 bytes: the image's size must be even
_HINT = "push the files again, or delete the image"


def build(files: Mapping[str, bytes]) -> bytes:
    """The image of `files`: path ("kws.tflite", "lib/a.py") to content. Its length is even."""
    payload = bytearray()
    tree: dict = {}
    for path, content in sorted(files.items()):
        *folders, name = path.strip("/").split("/")
        branch = tree
        for folder in folders:
            branch = branch.setdefault(folder, {})
        branch[name] = (len(content), _append_aligned(payload, content))
    payload += _entries(tree)
    payload += _ODD_BYTE if len(payload) % 2 else b""
    return MAGIC + _varuint(len(payload), 5) + bytes(payload)


def read(image: bytes) -> dict[str, bytes]:
    """The files of an image, ours or another's: path to content.

    Raises ToolError if the bytes are no ROMFS image or contradict themselves.
    """
    size, start = header(image)
    if start + size > len(image):
        raise ToolError("The ROMFS image is truncated.", _HINT)
    payload = image[start : start + size]
    return dict(_walk(payload, 0, size, ""))


def header(image: bytes) -> tuple[int, int]:
    """(bytes of payload, where it starts) from an image's first 8 bytes or more."""
    if image[:3] != MAGIC:
        raise ToolError("This is not a ROMFS image.", _HINT)
    return _read_varuint(image, 3, len(image))


def _append_aligned(payload: bytearray, content: bytes) -> int:
    """Appends a data record and returns where its content starts in the payload."""
    shortest = len(_varuint(len(content)))
    start = _HEADER + len(payload) + 1 + shortest
    payload += bytes([_VERBATIM]) + _varuint(len(content), shortest + -start % ALIGN) + content
    return len(payload) - len(content)


def _entries(tree) -> bytes:
    """The records of a directory's entries; a tuple is a file's (size, offset), a dict a directory."""
    out = b""
    for name, entry in tree.items():
        label = name.encode()
        if isinstance(entry, dict):
            kind, inside = _DIRECTORY, _entries(entry)
        else:
            kind, inside = _FILE, _record(_POINTER, _varuint(entry[0]) + _varuint(entry[1]))
        out += _record(kind, _varuint(len(label)) + label + inside)
    return out


def _record(kind: int, payload: bytes) -> bytes:
    return bytes([kind]) + _varuint(len(payload)) + payload


def _varuint(value: int, size: int = 1) -> bytes:
    """`value` in at least `size` bytes."""
    groups = [value & 0x7F]
    while value := value >> 7:
        groups.insert(0, 0x80 | value & 0x7F)
    return b"\x80" * (size - len(groups)) + bytes(groups)


def _read_varuint(data: bytes, at: int, end: int) -> tuple[int, int]:
    """(value, position after it)."""
    value = 0
    while at < end:
        value = value << 7 | data[at] & 0x7F
        at += 1
        if data[at - 1] < 0x80:
            return value, at
    raise ToolError("The ROMFS image is damaged: a number has no end.", _HINT)


def _records(payload: bytes, at: int, end: int):
    """Yields (kind, start, end) of each record in payload[at:end]."""
    while at < end:
        kind, at = _read_varuint(payload, at, end)
        size, at = _read_varuint(payload, at, end)
        if kind == 0 or at + size > end:
            raise ToolError("The ROMFS image is damaged: a record does not fit.", _HINT)
        yield kind, at, at + size
        at += size


def _walk(payload: bytes, at: int, end: int, folder: str):
    """Yields (path, content) of every file below."""
    for kind, start, stop in _records(payload, at, end):
        if kind not in (_DIRECTORY, _FILE):
            continue
        length, start = _read_varuint(payload, start, stop)
        if start + length > stop:
            raise ToolError("The ROMFS image is damaged: a name does not fit.", _HINT)
        path = folder + payload[start : start + length].decode("utf-8", "replace")
        if kind == _DIRECTORY:
            yield from _walk(payload, start + length, stop, path + "/")
        else:
            yield path, _content(payload, start + length, stop)


def _content(payload: bytes, at: int, end: int) -> bytes:
    for kind, start, stop in _records(payload, at, end):
        if kind == _VERBATIM:
            return payload[start:stop]
        if kind == _POINTER:
            size, start = _read_varuint(payload, start, stop)
            offset, _ = _read_varuint(payload, start, stop)
            if offset + size > len(payload):
                raise ToolError("The ROMFS image is damaged: data lie outside.", _HINT)
            return payload[offset : offset + size]
    raise ToolError("The ROMFS image is damaged: a file has no data.", _HINT)
