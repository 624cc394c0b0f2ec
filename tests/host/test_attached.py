# SPDX-License-Identifier: MIT
"""Which port is used, and what is said where none can be."""

import os
import pty
from types import SimpleNamespace

import pytest
import serial
from torpor_host import attached
from torpor_host.errors import ToolError


@pytest.fixture
def plugged(monkeypatch):
    """plugged("/dev/a", ...): these are the serial ports at USB."""

    def plug(*names):
        ports = [SimpleNamespace(device=name, vid=0xF055, pid=0x9800, product="Pyboard", description="") for name in names]
        monkeypatch.setattr(attached.list_ports, "comports", lambda: ports)

    return plug


@pytest.fixture
def terminal():
    board, port = pty.openpty()
    yield os.ttyname(port)
    os.close(board)
    os.close(port)


def refused(given):
    with pytest.raises(ToolError) as caught:
        attached.choose(given)
    return str(caught.value), caught.value.hint


def test_the_port_that_is_given(plugged, terminal):
    plugged("/dev/a", "/dev/b")
    assert attached.choose(terminal) == terminal


def test_the_only_one_that_is_attached(plugged, terminal):
    plugged(terminal)
    assert attached.choose(None) == terminal


def test_no_board(plugged):
    plugged()
    assert refused(None)[0] == "No board is attached."


def test_two_boards_are_both_named(plugged):
    plugged("/dev/b", "/dev/a")
    assert refused(None) == ("2 boards are attached: /dev/a (Pyboard), /dev/b (Pyboard).", "choose one: --port /dev/a")


def test_a_port_that_is_not_there(plugged, tmp_path):
    plugged("/dev/a")
    message, hint = refused(str(tmp_path / "ttyACM9"))
    assert message == f"There is no port {tmp_path}/ttyACM9." and "/dev/a" in hint


def test_a_port_in_use(plugged, terminal):
    with serial.Serial(terminal, exclusive=True):
        assert refused(terminal)[0] == f"{terminal} is in use by another program."


def test_a_port_without_permission_names_its_group(monkeypatch, terminal):
    monkeypatch.setattr(attached.os, "access", lambda path, mode: False)
    monkeypatch.setattr(attached.grp, "getgrgid", lambda gid: SimpleNamespace(gr_name="dialout"))
    assert refused(terminal) == (f"You may not open {terminal}.", "join its group, then log in again: sudo usermod -aG dialout $USER")


def test_a_port_that_is_roots_alone(monkeypatch, terminal):
    monkeypatch.setattr(attached.os, "access", lambda path, mode: False)
    monkeypatch.setattr(attached.grp, "getgrgid", lambda gid: SimpleNamespace(gr_name="root"))
    assert refused(terminal)[1].endswith(f"sudo chmod a+rw {terminal}")


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_what_is_no_port(tmp_path, kind):
    path = tmp_path / "firmware.bin"
    path.write_bytes(b"x") if kind == "file" else path.mkdir()
    assert refused(str(path))[0].startswith(f"{path} is no serial port that can be opened: ")
