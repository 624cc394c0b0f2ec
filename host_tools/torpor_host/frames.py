# SPDX-License-Identifier: MIT
"""Records as lines of text that share a serial line with the REPL.

A record is the character RS (0x1E), base64, and a newline. The base64 holds

    | kind: 1 | sequence: 2 | payload: JSON, UTF-8, at most 512 | CRC: 2 |     bytes, big-endian

CRC-16/CCITT-FALSE (polynomial 0x1021, start 0xFFFF) of everything before it.
lib/torpor/frames.py is this file's mirror; tests/vectors/frames.json pins both.
"""

import base64
import binascii
import codecs
import json
from collections.abc import Iterator
from dataclasses import dataclass

MARK = b"\x1e"
KINDS = ("decision", "wake", "sleep", "stats")  # a kind's number is its index
MAX_PAYLOAD = 512
_MAX_LINE = 1 + (3 + MAX_PAYLOAD + 2 + 2) // 3 * 4 + 2  # mark, base64, CR LF


@dataclass(frozen=True)
class Record:
    """One record: its kind (of KINDS), its number (0..65535, wraps) and its fields."""

    kind: str
    sequence: int
    fields: dict


@dataclass(frozen=True)
class Corrupt:
    """Bytes that began like a record but are none, and why."""

    line: bytes
    reason: str


def crc16(data: bytes) -> int:
    """CRC-16/CCITT-FALSE."""
    return binascii.crc_hqx(data, 0xFFFF)


def dumps(fields: dict) -> bytes:
    """A record's fields as compact JSON."""
    return json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode()


def encode(kind: str, sequence: int, payload: bytes) -> bytes:
    """The line of a record. Raises ValueError if the payload is too long or the kind unknown."""
    if len(payload) > MAX_PAYLOAD:
        raise ValueError(f"payload: {len(payload)} bytes, at most {MAX_PAYLOAD}")
    body = bytes((KINDS.index(kind), sequence >> 8 & 0xFF, sequence & 0xFF)) + payload
    return MARK + base64.b64encode(body + crc16(body).to_bytes(2, "big")) + b"\n"


def decode(line: bytes) -> Record:
    """The record of one line, with or without its newline. Raises ValueError that says what is wrong."""
    line = line.strip()
    if line[:1] != MARK:
        raise ValueError("no record")
    body = base64.b64decode(line[1:], validate=True)
    if len(body) < 5 or crc16(body[:-2]) != int.from_bytes(body[-2:], "big"):
        raise ValueError("wrong checksum")
    if body[0] >= len(KINDS):
        raise ValueError(f"unknown kind {body[0]}")
    fields = json.loads(body[3:-2])
    if not isinstance(fields, dict):
        raise ValueError("payload is no object")
    return Record(KINDS[body[0]], body[1] << 8 | body[2], fields)


class Decoder:
    """Splits what a board sends into records and everything else.

    Text passes through as it comes, even half a line; bytes that are not UTF-8 become U+FFFD.
    What began like a record and is none comes out as Corrupt: nothing is swallowed.
    `missing` counts the records that gaps in the numbers betray.
    """

    def __init__(self):
        self.missing = 0
        self._line = bytearray()  # of a record, from its mark on
        self._text = codecs.getincrementaldecoder("utf-8")("replace")
        self._next = None  # the sequence number expected

    def feed(self, data: bytes) -> Iterator[Record | Corrupt | str]:
        """Yields what is complete after these bytes, in order."""
        while data:
            if self._line:
                data, item = self._go_on(data)
            else:
                text, mark, data = data.partition(MARK)
                self._line += mark
                item = self._text.decode(text, final=bool(mark))
            if item:
                yield item

    def _go_on(self, data):
        """Adds to the line up to its newline; a second mark or too much of it ends it as well."""
        for at, byte in enumerate(data):
            if byte == MARK[0]:
                return data[at:], self._end("cut off by another record")
            self._line.append(byte)
            if byte == ord("\n"):
                return data[at + 1 :], self._end()
            if len(self._line) >= _MAX_LINE:
                return data[at + 1 :], self._end("too long")
        return b"", None

    def _end(self, reason=None):
        line = bytes(self._line)
        self._line.clear()
        if reason:
            return Corrupt(line, reason)
        try:
            return self._count(decode(line))
        except ValueError as error:  # of base64, JSON and UTF-8 as well
            return Corrupt(line, str(error))

    def _count(self, record):
        if self._next is not None:
            self.missing += (record.sequence - self._next) & 0xFFFF
        self._next = (record.sequence + 1) & 0xFFFF
        return record
