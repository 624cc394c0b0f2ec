# SPDX-License-Identifier: MIT
"""The link to a board that is not there, or does not answer; boards that answer are tested in e2e."""

import os
import time

import pytest
from torpor_host.errors import ToolError
from torpor_host.link import Link
from torpor_host.stream import stream


@pytest.fixture
def pty():
    """(our end's descriptor, the port's path) of a line on which nobody answers."""
    master, slave = os.openpty()
    yield master, os.ttyname(slave)
    os.close(master)
    os.close(slave)


def test_a_board_that_does_not_answer_is_an_error_in_time(pty):
    with Link(pty[1], timeout=0.3) as link:
        start = time.monotonic()
        with pytest.raises(ToolError, match="does not answer") as caught:
            link.enter_raw()
    assert time.monotonic() - start < 5 and pty[1] in str(caught.value) and caught.value.hint


def test_a_board_that_answers_nonsense_is_an_error(pty):
    os.write(pty[0], b"garbage" * 100)
    with Link(pty[1], timeout=0.3) as link, pytest.raises(ToolError, match="does not answer"):
        link.enter_raw()


def test_a_port_that_is_not_there():
    with pytest.raises(ToolError, match="/dev/nothing cannot be opened: there is no such device"):
        Link("/dev/nothing")


def test_a_port_that_is_in_use(pty):
    with Link(pty[1]), pytest.raises(ToolError, match="another program uses it"):
        Link(pty[1])


def test_a_stream_that_falls_silent_is_an_error(pty):
    with Link(pty[1]) as link:
        os.write(pty[0], b"hello\n")
        items = stream(link, silence_s=0.3)
        text = ""
        while not text.endswith("\n"):  # it may come in pieces
            text += next(items)
        assert text.strip() == "hello"
        with pytest.raises(ToolError, match="silent for 0.3 s"):
            next(items)


def test_a_line_end_is_not_cut_in_two(pty):
    parts = []

    def consume(part):
        if not parts:
            os.write(pty[0], b"\nb\r\x04\x04>")
        parts.append(part)

    with Link(pty[1], timeout=2) as link:
        os.write(pty[0], b"a\r")
        link.finish(consume=consume)
    assert b"".join(parts) == b"a\r\nb\r" and not any(part.endswith(b"\r") for part in parts[:-1])
