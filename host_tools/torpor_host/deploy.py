# SPDX-License-Identifier: MIT
"""Puts applications and models on a board.

All goes through transfer.py. A model goes into ROMFS where the board has one, because there it needs no RAM: the image is
rebuilt with the models that are there already. At no moment is a half-written file or model visible.
"""

import binascii
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from torpor_host import application, device, romfs, room, stock, transfer
from torpor_host.boards import load_board
from torpor_host.errors import ToolError
from torpor_host.infer import open_model
from torpor_host.link import Link
from torpor_host.progress import SILENT, Silent

_CHUNK = 2048  # bytes of ROMFS read at once
_ROM_HEAD = 16  # bytes that hold an image's length

_FIND_ROM = """
_d = b""
try:
    import vfs
    if vfs.rom_ioctl(1) > 0:
        _d = memoryview(vfs.rom_ioctl(2, 0))
except (ImportError, AttributeError, TypeError):
    pass
"""
_READ_ROM = """
import binascii as _b
print(_b.b2a_base64(bytes(_d[{start}:{stop}])).decode(), end="")
"""
_CRC_ROM = """
_c = 0
for _i in range(0, {size}, 4096):
    _c = _b.crc32(_d[_i : min(_i + 4096, {size})], _c)
"""


@dataclass(frozen=True)
class Pushed:
    """path: where it lies on the board. nbytes: its size. place: "flash" or "romfs". written: paths of all files that were not there
    already; in ROMFS, all models are one image and not among them.
    """

    path: str
    nbytes: int
    place: str
    written: tuple[str, ...] = ()


def push(link: Link, file: Path, name: str | None = None, autostart: bool = False, board: str | None = None,
         progress: Silent = SILENT) -> Pushed:
    """Puts `file` on the board: a `.tflite` as a model (verified first), a `.py` with what it imports of Torpor, anything else as a file.

    name: on the board. A model is opened by it: `torpor.Model("keywords")`; by default the file's
    stem, and for a `model.tflite` its folder's name. Any other file keeps its own name.
    autostart: also write a main.py that imports the file, a `.py`. board: whose pins it has, if the board does not say it.
    Only what differs is written. Raises ToolError before anything is: unreadable or broken file, no room; or no answer.
    """
    data = read_file(file)
    if board:
        load_board(board)
    if file.suffix == ".tflite":
        return push_model(link, data, name or model_name(file), progress)
    if autostart and file.suffix != ".py":
        raise ToolError(f"{file.name} cannot start by itself.", "--autostart is for a .py file")
    needs = application.imported(data.decode(errors="replace"), file.name) if file.suffix == ".py" else set()
    link.enter_raw(reset=True)  # so that the heap is free, and the working directory is where the files are
    found = device.ask(link)
    path = f"{found.home}/{(name or file.name).lstrip('/').removeprefix(found.home[1:] + '/')}"
    files = application.files_for(link, found, needs, file.name, board, progress)
    files[path] = data
    if autostart:
        files[f"{found.home}/main.py"] = f"import {PurePosixPath(path).stem}\n".encode()
    return Pushed(path, len(data), "flash", _write(link, found, files, progress))


def push_model(link: Link, data: bytes, name: str, progress: Silent = SILENT) -> Pushed:
    """Verifies a model on the host and puts it into the board's ROMFS, or else its file system; on stock firmware with tflm.mpy."""
    open_model(data, f"{name}.tflite")
    link.enter_raw(reset=True)
    found = device.ask(link)
    files = {} if device.has(link, ["tflm"]) else stock.module_for(link, found, data, name, progress)
    path = f"models/{name}.tflite"
    size = _romfs_size(link)
    if size == 0:
        path = f"{found.home}/{path}"
        return Pushed(path, len(data), "flash", _write(link, found, {**files, path: data}, progress))
    image = _image(link, size, {path: data})
    written = _write(link, found, files, progress)
    write_romfs(link, image, size, progress)
    return Pushed("/rom/" + path, len(data), "romfs", written)


def _write(link, found, files, progress) -> tuple[str, ...]:
    """Writes those files that differ, and returns their paths; nothing unless all of them fit."""
    if files and found.storage is None:
        raise room.no_files(link.port)
    return tuple(transfer.put(link, files, progress)) if files else ()


def model_name(file: Path) -> str:
    """models/keywords/model.tflite -> "keywords"; any/kws.tflite -> "kws"."""
    return file.resolve().parent.name if file.stem == "model" else file.stem


def push_file(link: Link, data: bytes, path: str, progress: Silent = SILENT) -> None:
    """Writes `data` to `path` in the board's file system, all or nothing."""
    transfer.put(link, {path: data}, progress)


def read_romfs(link: Link, size: int) -> dict[str, bytes]:
    """The files in the board's ROMFS of `size` bytes; none if it holds no valid image."""
    head = _read_rom(link, min(size, _ROM_HEAD))
    if not head.startswith(romfs.MAGIC):
        return {}
    payload, start = romfs.header(head)
    image = _read_rom(link, min(size, start + payload))
    try:
        return romfs.read(image)
    except ToolError:
        return {}


def _image(link, size, files) -> bytes:
    """The image of a ROMFS of `size` bytes with the files that are there, and these."""
    image = romfs.build({**read_romfs(link, size), **files})
    if len(image) > size:
        raise ToolError(f"The models need {len(image):,} bytes, the board's ROMFS has {size:,}.", "leave out a model")
    return image


def write_romfs(link: Link, image: bytes, size: int, progress: Silent = SILENT) -> None:
    """Replaces the board's ROMFS by `image`, its first chunk last, and resets it so that it is mounted."""
    unit = _erase_romfs(link, len(image))
    transfer.program(link, image + b"\xff" * (-len(image) % unit), progress)
    try:
        link.exec(_FIND_ROM + _CRC_ROM.format(size=len(image)))
        _check_crc(link, image)
    except ToolError:
        _erase_romfs(link, len(image))  # none rather than a wrong one
        raise
    link.enter_raw(reset=True)


def _erase_romfs(link, size) -> int:
    """Erases at least `size` bytes; returns the least that can be written."""
    unit = link.eval(f"__import__('vfs').rom_ioctl(3,0,{size})")
    if unit < 0:
        raise ToolError(f"The board's ROMFS cannot be erased (error {-unit}).", "reset the board and push again")
    return max(1, unit)


def read_file(file: Path) -> bytes:
    """Bytes of a file of the host, or ToolError."""
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise ToolError(f"{file} cannot be read: {error.strerror}.", "check the path") from None


def _romfs_size(link) -> int:
    """Bytes of the board's first ROMFS partition, memory-mapped, 0 if it has none; `_d` is it on the board."""
    link.exec(_FIND_ROM)
    return link.eval("len(_d)")


def _read_rom(link, count) -> bytes:
    """The first `count` bytes of `_d` on the board."""
    starts = range(0, count, _CHUNK)
    answers = (link.exec(_READ_ROM.format(start=at, stop=min(at + _CHUNK, count))) for at in starts)
    return b"".join(map(binascii.a2b_base64, answers))


def _check_crc(link, data):
    """ToolError unless `_c` on the board is the CRC of what was sent."""
    if link.eval("_c") != binascii.crc32(data):
        raise ToolError(f"What the board on {link.port} wrote is not what was sent.", "push again; check the cable")
