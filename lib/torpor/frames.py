# SPDX-License-Identifier: MIT
"""Records as lines of text that share a serial line with the REPL.

A record is the character RS (0x1E), base64, and a newline. The base64 holds

    | kind: 1 | sequence: 2 | payload: JSON, UTF-8, at most 512 | CRC: 2 |     bytes, big-endian

CRC-16/CCITT-FALSE (polynomial 0x1021, start 0xFFFF) of everything before it.
torpor_host/frames.py is this file's mirror; tests/vectors/frames.json pins both.
"""

import json
from binascii import a2b_base64, b2a_base64

MARK = b"\x1e"
KINDS = ("decision", "wake", "sleep", "stats")  # a kind's number is its index
MAX_PAYLOAD = 512


def crc16(data):
    """CRC-16/CCITT-FALSE of a buffer, a byte a step."""
    crc = 0xFFFF
    for byte in data:
        x = crc >> 8 ^ byte
        x ^= x >> 4
        crc = (crc << 8 ^ x << 12 ^ x << 5 ^ x) & 0xFFFF
    return crc


def encode(kind, sequence, payload):
    """The line, as bytes, of a record with a payload of bytes. Raises ValueError if it is too long."""
    if len(payload) > MAX_PAYLOAD:
        raise ValueError("payload: {} bytes, at most {}".format(len(payload), MAX_PAYLOAD))
    body = bytes((KINDS.index(kind), sequence >> 8 & 0xFF, sequence & 0xFF)) + payload
    return MARK + b2a_base64(body + crc16(body).to_bytes(2, "big"))


def decode(line):
    """(kind, sequence, payload bytes) of one line. Raises ValueError if it is not a whole record."""
    if line[:1] != MARK:
        raise ValueError("no record")
    body = a2b_base64(line[1:])
    if len(body) < 5 or crc16(body[:-2]) != int.from_bytes(body[-2:], "big"):
        raise ValueError("corrupt record")
    if body[0] >= len(KINDS):
        raise ValueError("unknown kind of record")
    return KINDS[body[0]], body[1] << 8 | body[2], body[3:-2]


def dumps(fields):
    """A record's fields as compact JSON, in bytes."""
    return json.dumps(fields, separators=(",", ":")).encode()
