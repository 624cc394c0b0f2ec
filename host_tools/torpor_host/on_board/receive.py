# SPDX-License-Identifier: MIT
"""The board's side of transfer.py, for stock MicroPython: sent through the raw REPL, and run there.

All files that differ come as one stream, cut into blocks; a question is a block without a body:

    LF | header in base64: 20 characters | body
    header: place: 4 | round: 1 | length: 2 | size: 2 | CRC-32 of these and the body: 4 | low half of their CRC-32: 2

place: bytes of the stream before this block. length: its bytes of the stream. size: of the body as sent. Numbers are big-endian.
Where the board has deflate, the bodies are one raw deflate stream with an end mark (a sync flush) in each. In the body, bytes that mean
something to a prompt or a line (ETX, LF, CR, and ESC itself) are ESC and a digit, so that Ctrl-C stops this program at any time, and
LF is always the start of a block. The board answers `=round,place=round,place=` when it is ready to read again, and the host sends
nothing in between: the buffer of a UART holds 260 bytes.
"""

import binascii
import hashlib
import io
import os
import struct
import sys

_in = getattr(sys.stdin, "buffer", sys.stdin)
_HEADER = 20
_LONGEST = 5120  # bytes of a body
_BLOCK = 4096  # bytes of the stream in a block
_STUFFED = b"\x1b", b"\x03", b"\n", b"\r"
_PIECE = 256  # bytes read at once; the host sends as many LF to end a block of which bytes were lost
_SAVE = 16384  # bytes that a board without power loses at most of a file on its way
_FOLDER = 0x4000  # of a file's mode


class Blocks:
    """Reads what the host sends. All that is large is allocated first."""

    def __init__(self, packed):
        self._buffer = bytearray(_LONGEST)
        self._view = memoryview(self._buffer)
        self._plain = memoryview(bytearray(_BLOCK))
        self._source = self._stream = io.BytesIO(_LONGEST)
        self._end = 0  # of what is in the source
        if packed:
            import deflate

            self._stream = deflate.DeflateIO(self._source, deflate.RAW, 13)
        self._round = 0
        self._place = 0
        self._rest = self._plain[:0]  # of the last block, not yet copied

    def copy(self, write, count):
        """Gives the next `count` bytes of the stream to `write`, part by part."""
        while count:
            while not self._rest:
                print("={0},{1}={0},{1}=".format(self._round, self._place))
                self._rest = self._plain[: self._block()]
                self._place += len(self._rest)
            part = self._rest[:count]
            write(part)
            count -= len(part)
            self._rest = self._rest[len(part) :]

    def _block(self):
        """Reads the next block; returns its bytes of the stream, 0 if it is damaged or not the one that follows."""
        try:
            self._start()
            head = binascii.a2b_base64(self._view[:_HEADER])
            place, number, length, size, crc, check = struct.unpack(">IBHHIH", head)
        except ValueError:
            return 0
        fields = binascii.crc32(head[:9])
        if fields & 0xFFFF != check:
            return 0
        self._round = number
        if not self._body(size) or binascii.crc32(self._view[:size], fields) != crc or place != self._place:
            return 0
        self._fill(size)
        return self._stream.readinto(self._plain[:length])

    def _start(self):
        """Reads the next header; LF in front of it may be more than one."""
        view, buffer = self._view[:1], self._buffer
        buffer[0] = 0
        while buffer[0] != 10:
            _in.readinto(view)
        while buffer[0] == 10:
            _in.readinto(view)
        _in.readinto(self._view[1:_HEADER])

    def _body(self, size):
        """Reads it; false if an LF is in it, so that bytes of it were lost."""
        for at in range(0, size, _PIECE):
            stop = min(at + _PIECE, size)
            _in.readinto(self._view[at:stop])
            if self._buffer.find(b"\n", at, stop) >= 0:
                return False
        return True

    def _fill(self, size):
        """Puts the body, without what stands for other bytes, behind the end mark of the block before."""
        source, view = self._source, self._view
        mark = source.read(self._end - source.tell())
        source.seek(0)
        source.write(mark)
        at = 0
        while (stop := self._buffer.find(b"\x1b", at, size)) >= 0:
            source.write(view[at:stop])
            source.write(_STUFFED[view[stop + 1] - 48])
            at = stop + 2
        source.write(view[at:size])
        self._end = source.tell()
        source.seek(0)


_wanted = []


def look(files):
    """Says what there is in the place of each (path, size, digest), and remembers them for `receive`.

    Prints tuples: (is a folder, size, digest, size of the part, its digest, what `_room` says). A size is -1 where there is
    nothing; the digest of a file of another size is not taken. Parts of other pushes are removed first.
    """
    global _wanted
    _wanted = [(path, path[: path.rfind("/") + 1] + digest[:8] + ".part", size, digest) for path, size, digest in files]
    for path, part, _size, _digest in _wanted:
        _clear(path[: path.rfind("/") + 1], [part for _path, part, _size, _digest in _wanted])
    for path, part, size, _digest in _wanted:
        mode, there = _stat(path)
        folder, begun = mode & _FOLDER != 0, _stat(part)[1]
        print((folder, there, digest(path) if there == size and not folder else "", begun, digest(part) if begun > 0 else "", _room(path)))


def _clear(folder, kept):
    try:
        for name in os.listdir(folder[:-1] or "/"):
            if len(name) == 13 and name.endswith(".part") and all(c in "0123456789abcdef" for c in name[:8]) and folder + name not in kept:
                os.remove(folder + name)
    except OSError:
        pass  # there is no such folder yet, or it cannot be written to


def _stat(path):
    try:
        found = os.stat(path)
        return found[0], found[6]
    except OSError:
        return 0, -1


def _room(path):
    """(the folder that is there, block size of its file system in bytes, free blocks), or None if that is not known."""
    folder = path[: path.rfind("/")]
    while folder and _stat(folder)[1] < 0:
        folder = folder[: folder.rfind("/")]
    try:
        found = os.statvfs(folder or "/")
        return folder, found[1], found[3]
    except (AttributeError, OSError):
        return None


def digest(path):
    """The first 8 bytes of the SHA-256 of a file, in hex."""
    found, buffer = hashlib.sha256(), bytearray(512)
    view = memoryview(buffer)
    with open(path, "rb") as file:
        while n := file.readinto(buffer):
            found.update(view[:n])
    return binascii.hexlify(found.digest()[:8]).decode()


def receive(files, packed):
    """Writes each (which of the files that `look` got, bytes that its part has): to the part, which then takes the file's place.

    On FAT the old file goes first, so that without power in between there is none, and the part, which is whole, is taken next time.
    """
    blocks = Blocks(packed)
    for which, at in files:
        path, part, size, wanted = _wanted[which]
        _make_folders(path)
        try:
            with open(part, "ab" if at else "wb") as file:
                blocks.copy(_saving(file), size - at)
            if digest(part) != wanted:
                raise OSError("not what was sent")
            os.rename(part, path)
        except OSError as error:
            try:
                os.remove(part)
            except OSError:
                pass
            raise error


def _saving(file):
    """A write() after which a board that loses its power goes on not far from there."""
    unsaved = 0

    def write(data):
        nonlocal unsaved
        file.write(data)
        unsaved += len(data)
        if unsaved >= _SAVE:
            file.flush()
            unsaved = 0

    return write


def _make_folders(path):
    at = path.find("/", 1)
    while at > 0:
        if _stat(path[:at])[1] < 0:
            os.mkdir(path[:at])
        at = path.find("/", at + 1)


def program(parts, packed):
    """Writes each (address, bytes) of the erased ROMFS, in that order."""
    import vfs

    blocks = Blocks(packed)
    for at, count in parts:

        def write(data):
            nonlocal at
            vfs.rom_ioctl(4, 0, at, data)
            at += len(data)

        blocks.copy(write, count)
    vfs.rom_ioctl(5, 0)
