# SPDX-License-Identifier: MIT
"""Records on the serial line: the host's side, against vectors made without our code."""

import json
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torpor_host import frames
from torpor_host.frames import Corrupt, Decoder, Record

VECTORS = json.loads((Path(__file__).parents[1] / "vectors/frames.json").read_text())

fields = st.dictionaries(st.text(max_size=8), st.integers() | st.text(max_size=20) | st.booleans(), max_size=4)
records = st.builds(Record, st.sampled_from(frames.KINDS), st.integers(0, 65535), fields)
texts = st.text(st.characters(exclude_characters="\x1e", exclude_categories=["Cs"]), min_size=1)
cuts = st.lists(st.integers(0, 400), max_size=12)


def line_of(record):
    return frames.encode(record.kind, record.sequence, frames.dumps(record.fields))


def pieces(data, at):
    edges = [0, *sorted(min(cut, len(data)) for cut in at), len(data)]
    return [data[a:b] for a, b in zip(edges, edges[1:])]


def decoded(data, at=()):
    """All that comes out, neighbouring texts joined."""
    decoder, items = Decoder(), []
    for piece in pieces(data, at):
        for item in decoder.feed(piece):
            if isinstance(item, str) and items and isinstance(items[-1], str):
                items[-1] += item
            else:
                items.append(item)
    return items


@pytest.mark.parametrize("case", VECTORS["crc16"], ids=lambda case: repr(case["data"]))
def test_crc(case):
    assert frames.crc16(case["data"].encode()) == case["crc"]


def test_crc_is_the_catalogued_one():
    assert frames.crc16(b"123456789") == 0x29B1  # the check value of CRC-16/CCITT-FALSE (IBM-3740)


@pytest.mark.parametrize("case", VECTORS["good"], ids=lambda case: f"{case['kind']}-{case['sequence']}")
def test_encode_and_decode_equal_the_vectors(case):
    assert frames.dumps(case["fields"]) == case["payload"].encode()
    assert frames.encode(case["kind"], case["sequence"], case["payload"].encode()) == case["line"].encode()
    assert frames.decode(case["line"].encode()) == Record(case["kind"], case["sequence"], case["fields"])


@pytest.mark.parametrize("case", VECTORS["bad"], ids=lambda case: case["why"])
def test_decode_refuses(case):
    with pytest.raises(ValueError):
        frames.decode(case["line"].encode())


@pytest.mark.parametrize("case", VECTORS["bad"], ids=lambda case: case["why"])
def test_the_decoder_reports_a_bad_line_and_goes_on(case):
    after = line_of(Record("wake", 9, {"t_ms": 1}))
    first, *rest = decoded(case["line"].encode() + after)
    assert first.line == case["line"].encode() if isinstance(first, Corrupt) else first == case["line"]
    assert rest == [Record("wake", 9, {"t_ms": 1})]


@given(st.lists(records | texts, max_size=8), cuts)
def test_any_split_of_a_stream_gives_the_same(items, at):
    expected = []
    for item in items:
        if isinstance(item, str) and expected and isinstance(expected[-1], str):
            expected[-1] += item
        else:
            expected.append(item)
    data = b"".join(item.encode() if isinstance(item, str) else line_of(item) for item in items)
    assert decoded(data, at) == expected


@given(records, st.data())
def test_one_changed_byte_never_gives_another_record(record, data):
    line = bytearray(line_of(record))
    at = data.draw(st.integers(0, len(line) - 1))
    line[at] ^= data.draw(st.integers(1, 255))
    for item in decoded(bytes(line) + b"\n"):
        assert not isinstance(item, Record) or item == record  # a newline may turn into white space


@given(st.binary(max_size=300), cuts)
def test_noise_raises_nothing_and_marked_bytes_are_not_swallowed(noise, at):
    items = decoded(noise + b"\n", at)
    marked = [line for line in noise.split(b"\x1e")[1:]]
    corrupt = [item for item in items if isinstance(item, Corrupt)]
    assert len(corrupt) + sum(isinstance(item, Record) for item in items) >= len(marked)


def test_text_passes_at_once_even_without_a_newline():
    decoder = Decoder()
    assert list(decoder.feed(b">>> ")) == [">>> "]


def test_a_record_in_the_middle_of_a_line_leaves_the_text_around_it():
    record = Record("wake", 0, {"t_ms": 5})
    assert decoded(b"temperature: " + line_of(record) + b"21\r\n") == ["temperature: ", record, "21\r\n"]


def test_crlf_from_the_repl_is_no_corruption():
    record = Record("wake", 0, {"t_ms": 5})
    assert decoded(line_of(record).replace(b"\n", b"\r\n")) == [record]


def test_a_record_cut_off_by_the_next_is_reported():
    first, second = Record("wake", 0, {"t_ms": 5}), Record("wake", 1, {"t_ms": 6})
    items = decoded(line_of(first)[:10] + line_of(second))
    assert items == [Corrupt(line_of(first)[:10], "cut off by another record"), second]


def test_an_endless_line_is_cut_and_reported():
    items = decoded(b"\x1e" + b"A" * 5000)
    assert isinstance(items[0], Corrupt) and items[0].reason == "too long"
    assert sum(len(i.line) if isinstance(i, Corrupt) else len(i) for i in items) == 5001


def test_broken_utf_8_in_text_is_replaced():
    assert decoded(b"a\xffb") == ["a\ufffdb"]


def test_a_payload_that_is_no_object_is_corrupt():
    line = frames.encode("wake", 0, b"[1]")
    assert decoded(line) == [Corrupt(line, "payload is no object")]


def test_missing_records_are_counted_over_the_wrap():
    decoder = Decoder()
    for sequence in (65533, 65534, 1, 2, 4):  # 65535, 0 and 3 are missing
        list(decoder.feed(line_of(Record("wake", sequence, {}))))
    assert decoder.missing == 3


def test_a_payload_too_long_and_an_unknown_kind_are_not_encoded():
    with pytest.raises(ValueError, match="513 bytes, at most 512"):
        frames.encode("wake", 0, bytes(513))
    with pytest.raises(ValueError):
        frames.encode("raw", 0, b"{}")


def test_a_line_has_no_control_characters_but_mark_and_newline():
    line = line_of(Record("stats", 65535, {"text": "\r\n\x04\x03é"}))
    assert line[:1] == b"\x1e" and line[-1:] == b"\n"
    assert set(line[1:-1].decode()) <= set(string.ascii_letters + string.digits + "+/=")
