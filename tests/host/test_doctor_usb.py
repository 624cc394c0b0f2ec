# SPDX-License-Identifier: MIT
"""The doctor sees what is wrong between this machine and a board."""

import grp
import os
import pty
from types import SimpleNamespace

import pytest
from torpor_host import attached, doctor_usb

BRIDGE, PYBOARD = (0x10C4, 0xEA60), (0xF055, 0x9800)


@pytest.fixture
def usb(monkeypatch, tmp_path):
    """usb([ids of devices], {port: ids}): what is plugged in, as the kernel and as pyserial list it."""
    monkeypatch.setattr(doctor_usb, "_USB", tmp_path)

    def plug(devices, ports=None):
        for i, (vendor, product) in enumerate([(0x1D6B, 0x0002), *devices]):  # the first is the root hub
            (tmp_path / f"1-{i}").mkdir()
            (tmp_path / f"1-{i}/idVendor").write_text(f"{vendor:04x}\n")
            (tmp_path / f"1-{i}/idProduct").write_text(f"{product:04x}\n")
        listed = [SimpleNamespace(device=name, vid=ids[0], pid=ids[1], product="Pyboard", description="") for name, ids in (ports or {}).items()]
        monkeypatch.setattr(attached.list_ports, "comports", lambda: listed)

    return plug


@pytest.fixture
def terminal():
    board, port = pty.openpty()
    yield os.ttyname(port)
    os.close(board)
    os.close(port)


def checks():
    """All but the right to open ports."""
    return [check for check in doctor_usb.examine() if check.name != "right to open serial ports"]


def test_nothing_at_usb_may_be_a_cable_that_only_charges(usb):
    usb([])
    (check,) = checks()
    assert not check.ok and "only charges" in check.hint


def test_a_bridge_without_its_port_is_a_matter_of_the_driver(usb):
    usb([BRIDGE])
    (check,) = checks()
    assert (check.name, check.ok) == ("USB 10c4:ea60", False) and "brltty" in check.hint


def test_a_board_in_dfu_mode_needs_no_port(usb):
    usb([(0x0483, 0xDF11)])
    (check,) = checks()
    assert check.ok and check.name == "USB 0483:df11"


def test_a_port_that_can_be_opened(usb, terminal):
    usb([PYBOARD], {terminal: PYBOARD})
    (check,) = checks()
    assert check.ok and check.found == "Pyboard (f055:9800), B_L475E_IOT01A or NUCLEO_H743ZI or NUCLEO_L476RG or PYBV11 or WEACT_F411"


def test_a_port_that_may_not_be_opened(usb, terminal, monkeypatch):
    usb([PYBOARD], {terminal: PYBOARD})
    monkeypatch.setattr(attached.os, "access", lambda *_: False)
    (check,) = checks()
    assert not check.ok and check.means == f"You may not open {terminal}" and check.hint == attached.permission_hint(terminal)


@pytest.mark.parametrize("groups, members, ok, hint", [
    ([20], [], True, None), ([100], [], False, "sudo usermod -aG dialout $USER, then log in again"),
    ([100], ["ada"], False, "log out and in again: the group is new")])
def test_the_group_of_serial_ports(usb, monkeypatch, groups, members, ok, hint):
    usb([])
    known = [SimpleNamespace(gr_name="uucp", gr_gid=10, gr_mem=[]), SimpleNamespace(gr_name="dialout", gr_gid=20, gr_mem=members)]
    monkeypatch.setattr(grp, "getgrall", lambda: known)
    monkeypatch.setattr(os, "getgroups", lambda: groups)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("USER", "ada")
    check = doctor_usb.examine()[0]
    assert check.ok == ok and (ok or check.hint == hint)
