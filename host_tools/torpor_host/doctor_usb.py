# SPDX-License-Identifier: MIT
"""Looks at USB for boards: are ports there, may they be opened, and if nothing is there, is it the cable or the driver."""

import grp
import os
from pathlib import Path

from torpor_host import attached, boards
from torpor_host.doctor_check import Check
from torpor_host.errors import ToolError

_USB = Path("/sys/bus/usb/devices")
_DFU = "0483:df11"  # ST's boot loader in ROM: no serial port
_GROUPS = "dialout", "uucp"  # to whom serial ports belong: on Debian, on Arch
_MEANS = "no board can be reached"


def examine() -> list[Check]:
    """The right to open serial ports, each port at USB, and each board's USB id that has none. Nothing here is needed without a board."""
    profiles = [boards.load_board(name) for name in boards.board_names()]
    ports = attached.attached(profiles)
    checks = [*_right(), *map(_port, ports), *_without_port(profiles, ports)]
    return checks if ports or len(checks) > 1 else [*checks, _nothing()]


def _right():
    """Whether this user is in the group of serial ports; root needs no group."""
    there = {group.gr_name: group for group in grp.getgrall()}
    group = next((there[name] for name in _GROUPS if name in there), None)
    if group is None:
        return
    mine = os.geteuid() == 0 or group.gr_gid in (os.getegid(), *os.getgroups())
    listed = _user() in group.gr_mem
    found = "root" if os.geteuid() == 0 else group.gr_name
    hint = "log out and in again: the group is new" if listed else f"sudo usermod -aG {group.gr_name} $USER, then log in again"
    yield Check("right to open serial ports", found if mine else "", False, _MEANS, hint)


def _user() -> str:
    return os.environ.get("USER", "")


def _port(one):
    what = f"{one.product or 'USB'} ({one.usb}), {' or '.join(one.boards) or 'no board that is known'}"
    try:
        attached.choose(one.port)
    except ToolError as error:
        return Check(one.port, "", False, str(error).rstrip("."), error.hint)
    return Check(one.port, what, False, _MEANS, "")


def _without_port(profiles, ports):
    """Devices with a board's USB id, or in DFU mode, to which no serial port belongs."""
    known, have = {usb for board in profiles for usb in board.usb}, {port.usb for port in ports}
    for usb in sorted(set(_plugged())):
        if usb == _DFU:
            yield Check(f"USB {usb}", "an STM32 in DFU mode: `torpor flash` can write it", False, _MEANS, "")
        elif usb in known - have:
            yield Check(f"USB {usb}", "", False, "the device is there, its serial port is not",
                        "its driver is missing or another program took it (brltty does): look at the end of `sudo dmesg`")


def _plugged():
    """USB ids of all devices, as the kernel lists them."""
    for device in _USB.glob("*/idVendor"):
        yield f"{device.read_text().strip()}:{(device.parent / 'idProduct').read_text().strip()}"


def _nothing():
    return Check("a board at USB", "", False, "nothing is plugged in that could be one",
                 "plug one in; if it is, its cable may be one that only charges: take another")
