#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes frames.json from the description of the format alone: standard library, none of our code.

    python3 tests/vectors/make_frames.py
"""

import base64
import binascii
import json
import struct
from pathlib import Path

NUMBERS = {"decision": 0, "wake": 1, "sleep": 2, "stats": 3}

GOOD = [
    ("decision", 0, {"t_ms": 1240, "label": "yes", "score": 0.875}),
    ("decision", 65535, {"t_ms": 1, "label": "größer", "score": 1}),
    ("wake", 1, {"t_ms": 860}),
    ("sleep", 256, {"t_ms": 2140, "awake_ms": 1280, "inferences": 12, "asleep_us": 1234567890123}),
    ("stats", 513, {}),
    ("stats", 77, {"note": "x" * 501}),  # 512 bytes of payload, the most there may be
]


def body(number, sequence, payload):
    return struct.pack(">BH", number, sequence) + payload


def line(data, crc=None):
    crc = binascii.crc_hqx(data, 0xFFFF) if crc is None else crc
    return "\x1e" + base64.b64encode(data + struct.pack(">H", crc)).decode() + "\n"


def good(kind, sequence, fields):
    payload = json.dumps(fields, separators=(",", ":"), ensure_ascii=False)
    data = body(NUMBERS[kind], sequence, payload.encode())
    return {"kind": kind, "sequence": sequence, "payload": payload, "fields": fields, "line": line(data)}


def bad():
    data = body(1, 3, b'{"t_ms":860}')
    whole = line(data)
    yield "another checksum", line(data, crc=binascii.crc_hqx(data, 0xFFFF) ^ 1)
    yield "a checksum that starts with 0", line(data, crc=binascii.crc_hqx(data, 0))
    yield "a character changed", whole[:9] + ("A" if whole[9] != "A" else "B") + whole[10:]
    yield "four characters lost", whole[:5] + whole[9:]
    yield "cut off", whole[:12] + "\n"
    yield "no base64", "\x1e&&&&&&&&\n"
    yield "empty", "\x1e\n"
    yield "kind 4", line(body(4, 0, b"{}"))
    yield "no mark", whole[1:]


def main():
    crcs = [{"data": text, "crc": binascii.crc_hqx(text.encode(), 0xFFFF)} for text in ("", "123456789", "\x00\x00", "torpor")]
    vectors = {
        "crc16": crcs,
        "good": [good(*case) for case in GOOD],
        "bad": [{"why": why, "line": text} for why, text in bad()],
    }
    path = Path(__file__).with_name("frames.json")
    path.write_text(json.dumps(vectors, indent=1) + "\n")


if __name__ == "__main__":
    main()
