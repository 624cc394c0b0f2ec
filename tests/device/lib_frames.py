# SPDX-License-Identifier: MIT
"""torpor.frames and torpor.link on the device, against the vectors that the host's side is tested with, too."""

import io
import json

from torpor import frames
from torpor.link import Link

# From the standard library: base64.b64encode(body + struct.pack(">H", binascii.crc_hqx(body, 0xFFFF)))
# with body = b"\x01\x00\x01" + b'{"t_ms":860}'.
WAKE = b"\x1eAQABeyJ0X21zIjo4NjB91GI=\n"


with open("frames.json") as file:
    VECTORS = json.load(file)


def refused(line):
    try:
        frames.decode(line)
    except ValueError:
        return True
    return False


def test_crc_is_the_catalogued_one():
    assert frames.crc16(b"123456789") == 0x29B1  # check value of CRC-16/CCITT-FALSE (IBM-3740)
    assert frames.crc16(b"") == 0xFFFF


def test_every_shared_vector():
    for case in VECTORS["crc16"]:
        assert frames.crc16(case["data"].encode()) == case["crc"], case
    for case in VECTORS["good"]:
        line, payload = case["line"].encode(), case["payload"].encode()
        assert frames.encode(case["kind"], case["sequence"], payload) == line, case
        assert frames.decode(line) == (case["kind"], case["sequence"], payload), case
        assert json.loads(frames.dumps(case["fields"])) == case["fields"], case
    for case in VECTORS["bad"]:
        assert refused(case["line"].encode()), case


def test_a_record_is_the_line_that_the_standard_library_gives():
    assert frames.encode("wake", 1, b'{"t_ms":860}') == WAKE
    assert frames.dumps({"t_ms": 860}) == b'{"t_ms":860}'


def test_decode_takes_it_back():
    assert frames.decode(WAKE) == ("wake", 1, b'{"t_ms":860}')
    assert frames.decode(WAKE[:-1] + b"\r\n") == ("wake", 1, b'{"t_ms":860}')


def test_every_shortened_line_is_refused():
    for length in range(len(WAKE) - 1):
        assert refused(WAKE[:length]), length


def test_every_changed_character_is_refused():
    for at in range(len(WAKE) - 3):  # the last two are padding and newline
        line = bytearray(WAKE)
        line[at] ^= 1
        assert refused(line), at


def test_a_payload_too_long_is_refused():
    assert len(frames.encode("stats", 0, bytes(512))) == 1 + (3 + 512 + 2 + 2) // 3 * 4 + 1
    try:
        frames.encode("stats", 0, bytes(513))
        assert False
    except ValueError as error:
        assert str(error) == "payload: 513 bytes, at most 512"


def test_the_link_numbers_its_records_and_wraps():
    out = io.StringIO()
    link = Link(out)
    link._sequence = 65534
    for t_ms in range(4):
        link.send("wake", {"t_ms": t_ms})
    found = [frames.decode(line.encode()) for line in out.getvalue().split("\n")[:-1]]
    assert [sequence for _, sequence, _ in found] == [65534, 65535, 0, 1]
    assert [json.loads(payload)["t_ms"] for _, _, payload in found] == [0, 1, 2, 3]


for name, test in list(globals().items()):
    if name.startswith("test_"):
        test()
print("PASS")
