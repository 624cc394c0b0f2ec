# SPDX-License-Identifier: MIT
"""Puts files on a board that has stock MicroPython: only what changed, in blocks, atomically.

on_board/receive.py is the board's side and says what a block is. A file is written under another name, its SHA-256 taken on
the board, then renamed: a board that dies at any moment has the old file or the new one. The part file is named by the hash
of what it will be, so the next push goes on where a broken one stopped.
"""

import ast
import binascii
import hashlib
import re
import struct
import time
import zlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

from torpor_host import room
from torpor_host.errors import ToolError
from torpor_host.link import END, BoardError, Link
from torpor_host.progress import SILENT, Silent

BLOCK = 4096  # bytes at once: with deflate's window and its program the board needs 50 kB of free heap
_PLAIN = 2500  # where the board has no deflate, so that a body is never longer than the board's 5120
_WBITS = 13  # of deflate: a window of two blocks
_PROGRAM_WBITS = 11
_LOST = b"\n" * 300  # ends a block of which bytes were lost
_ANSWER_S = 2.0  # no answer for so long: ask
_TRIES = 10  # for a block
_LONG_S = 30.0  # to take the hash of a file, or to erase flash
_STUFFED = {0x03: b"\x1b1", 0x0A: b"\x1b2", 0x0D: b"\x1b3", 0x1B: b"\x1b0"}
_ANSWER = re.compile(rb"=(\d+),(\d+)=\1,\2=")
_NO_SPACE = re.compile(r"OSError: (\[Errno )?28\b")


def put(link: Link, files: dict[str, bytes], progress: Silent = SILENT) -> list[str]:
    """Writes those of `files` (absolute path on the board: content) that differ there; returns their paths.

    Folders are made. Each file is replaced atomically, in the order given.
    Raises ToolError: no room (before anything is written), not writable, no answer; then the file at hand is as it was.
    """
    with progress.step(f"compare {_named(files)}"):
        found, packs = _look(link, files)
    changed = [_Change(i, *file, *said) for i, (file, said) in enumerate(zip(files.items(), found)) if said[2] != _hash(file[1])]
    _check(link, changed)
    if changed:
        rest = b"".join(each.rest for each in changed)
        with progress.step(f"push {_named([each.path for each in changed])} ({len(rest):,} bytes)") as tick:
            _send(link, f"receive({[(each.which, each.done) for each in changed]},{packs})", rest, packs, tick)
    return [each.path for each in changed]


def _named(paths) -> str:
    return f"{len(paths)} files" if len(paths) > 1 else "".join(paths)


def program(link: Link, image: bytes, progress: Silent = SILENT) -> None:
    """Writes `image` into the board's erased ROMFS, its first block, without which it is none, last. Raises ToolError."""
    with progress.step(f"push models to ROMFS ({len(image):,} bytes)") as tick:
        packs = _run(link, "")[1]
        parts = [(at, image[at:to]) for at, to in ((BLOCK, len(image)), (0, min(BLOCK, len(image)))) if at < to]
        _send(link, f"program({[(at, len(data)) for at, data in parts]},{packs})", b"".join(data for _at, data in parts), packs, tick)


@dataclass
class _Change:
    """A file to write, and what the board said about its place; see `look` in on_board/receive.py."""

    which: int
    path: str
    data: bytes
    is_folder: bool
    old_size: int
    digest: str
    part_size: int
    part_digest: str
    room: tuple[str, int, int] | None

    @property
    def done(self) -> int:
        """How many bytes of the part are there and right."""
        size = max(0, self.part_size)
        return size if size <= len(self.data) and self.part_digest == _hash(self.data[:size]) else 0

    @property
    def missing_folders(self) -> list[str]:
        return [str(parent) for parent in PurePosixPath(self.path).parents if len(str(parent)) > max(1, len(self.room[0]))]

    @property
    def rest(self) -> bytes:
        return self.data[self.done :]


def _hash(data) -> str:
    """Enough of the SHA-256 to tell files apart; it is no signature."""
    return hashlib.sha256(data).hexdigest()[:16]


def _look(link, files):
    """(for each file what `look` says of it, whether the board has deflate)."""
    said, packs = _run(link, f"look({[(path, len(data), _hash(data)) for path, data in files.items()]!r})")
    return list(map(ast.literal_eval, said.decode().splitlines())), packs


def _check(link, changed):
    """ToolError if a file cannot be written, as far as that is known before."""
    for each in changed:
        if each.is_folder:
            raise ToolError(f"{each.path} is a folder on the board.", "give the file another name")
    for disk in {each.room[1:] for each in changed if each.room}:
        here = [each for each in changed if each.room and each.room[1:] == disk]
        block, free = disk
        begun = sum(each.done // block for each in here)
        folders = {parent for each in here for parent in each.missing_folders}
        room.Disk(block, free + begun).check(link.port, here[-1].path, [(len(each.data), max(0, each.old_size)) for each in here], len(folders))


@cache
def _receiver() -> str:
    """The board's side without what is for people."""
    tree = ast.parse(Path(__file__).with_name("on_board").joinpath("receive.py").read_text())
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node):
            node.body = node.body[1:]
    return re.sub(r"^ +", lambda found: found[0][::4], ast.unparse(tree), flags=re.MULTILINE)


def _run(link, call) -> tuple[bytes, bool]:
    """Runs the board's side and then `call`; (what it printed, whether the board has deflate)."""
    code = f"{_receiver()}\n{call}".encode()
    try:
        unpack = b"import deflate,io\nexec(deflate.DeflateIO(io.BytesIO(b'%s'),deflate.RAW,%d).read(%d))"
        return link.exec(unpack % (_literal(_packed(code)), _PROGRAM_WBITS, len(code)), _LONG_S), True
    except BoardError as error:
        if "ImportError" not in error.trace:
            raise _reason(error) from None
    return link.exec(code, _LONG_S), False


def _literal(data) -> bytes:
    """What stands between quotes in a bytes literal: all bytes but those that a prompt or the lexer would take."""
    return b"".join(b"\\x%02x" % byte if byte in b"\0\x03\x04\r\n\\'" else bytes((byte,)) for byte in data)


def _packed(code) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -_PROGRAM_WBITS)
    return packer.compress(code) + packer.flush()


def _send(link, call, data, packs, tick):
    """Starts `call` on the board, which reads the data."""
    link.start(call)
    sender, failed = _Sender(link, data, packs, tick), None
    try:
        sender.run()
        link.finish(_LONG_S)
    except BoardError as error:
        failed = _reason(error)
    if sender.asked:
        link.enter_raw()  # a question too many would be the beginning of the next program
    if failed:
        raise failed


def _reason(error) -> ToolError:
    reason = error.trace.strip().splitlines()[-1]
    if _NO_SPACE.search(reason):
        return ToolError("The board's file system has no more room.", "delete files on the board")
    if "MemoryError" in reason:
        return ToolError("The board has too little memory to take files: 50 kB of its heap have to be free.", "reset it, and push again")
    if "not what was sent" in reason:
        return ToolError("What the board wrote is not what was sent.", "push again; check the cable and the board's flash")
    return ToolError(f"The board could not write: {reason}.", "delete files on the board, reset it, or give another folder")


def stuff(data: bytes) -> bytes:
    """The bytes of a block without those that a prompt takes."""
    return b"".join(_STUFFED.get(byte, bytes((byte,))) for byte in data)


def frame(place: int, number: int, length: int, body: bytes) -> bytes:
    """A block as it is sent, of `length` bytes of the stream; body: stuffed."""
    fields = struct.pack(">IBHH", place, number, length, len(body))
    head = fields + struct.pack(">IH", zlib.crc32(body, zlib.crc32(fields)), zlib.crc32(fields) & 0xFFFF)
    return b"\n" + binascii.b2a_base64(head, newline=False) + body


class _Sender:
    """Sends block by block, each once the board has answered, and again what it did not get."""

    def __init__(self, link, data, packs, tick):
        self._link, self._data, self._tick = link, data, tick
        self._packer = zlib.compressobj(9, zlib.DEFLATED, -_WBITS) if packs else None
        self._start = self._end = 0  # of the block on its way
        self._body = b""
        self._round = 0
        self._said = b""
        self.asked = False  # because there was no answer

    def run(self):
        self._hear()  # that it is ready
        while self._end < len(self._data):
            self._cut()
            self._deliver()
            self._tick(self._end, len(self._data))

    def _cut(self):
        """The next block."""
        data = self._data[self._end :][: BLOCK if self._packer else _PLAIN]
        self._start, self._end = self._end, self._end + len(data)
        self._body = stuff(self._packer.compress(data) + self._packer.flush(zlib.Z_SYNC_FLUSH) if self._packer else data)

    def _deliver(self):
        """Sends the block until it has arrived: again only once the board has said that it has not, so it is never left on the line."""
        block = self._end - self._start, self._body
        place = self._ask(*block)
        for _ in range(_TRIES):
            if place == self._end:
                return
            if place is None:
                self.asked = True
                self._link.write(_LOST)
            place = self._ask(0, b"") if place is None else self._ask(*block)
        raise ToolError(f"The board on {self._link.port} does not take what is sent.", "check the cable, and push again: it goes on from here")

    def _ask(self, length, body) -> int | None:
        self._round = self._round % 255 + 1
        self._link.write(frame(self._start, self._round, length, body))
        return self._hear()

    def _hear(self) -> int | None:
        """Where the board is after this round, or that the block has arrived, which may be a late answer; None if it does not say.

        All is over once its program has ended, well or not.
        """
        deadline = time.monotonic() + _ANSWER_S
        while time.monotonic() < deadline:
            self._said += self._link.read()
            if END in self._said:
                self._link.unread(self._said[self._said.index(END) :])
                self._end = len(self._data)
                return self._end
            for found in _ANSWER.finditer(self._said):
                if int(found[1]) == self._round or int(found[2]) == self._end:
                    self._said = self._said[found.end() :]
                    return int(found[2])
        return None
