# SPDX-License-Identifier: MIT
"""Which boards are attached: serial ports by their USB ids, held against those of the profiles; what answers there; and which to use."""

import errno
import grp
import os
from dataclasses import dataclass
from pathlib import Path

import serial
from serial.tools import list_ports

from torpor_host import device
from torpor_host.boards import BoardProfile, named
from torpor_host.device import Device
from torpor_host.errors import ToolError
from torpor_host.link import Link

_WAIT_S = 1.0  # a prompt answers in milliseconds


@dataclass(frozen=True)
class Attached:
    """A serial port at USB. boards: the one that its firmware is for, if that was asked and it says so; else those that appear under this
    id, maybe several, maybe none that is known.

    answer: None if it was not asked, or no MicroPython answered.
    """

    port: str
    usb: str
    product: str
    boards: tuple[str, ...]
    answer: Device | None = None


def attached(profiles: list[BoardProfile], asked: bool = False) -> list[Attached]:
    """Every serial port at USB, sorted by its name. asked: also what answers there, which interrupts what runs."""
    ports = sorted((port for port in list_ports.comports() if port.vid is not None), key=lambda port: port.device)
    return [_one(port, f"{port.vid:04x}:{port.pid:04x}", profiles, asked) for port in ports]


def _one(port, usb, profiles, asked) -> Attached:
    answer = ask(port.device) if asked else None
    said = named(answer.build, answer.machine) if answer else ""
    names = (said,) if said else tuple(board.name for board in profiles if usb in board.usb)
    return Attached(port.device, usb, port.product or port.description or "", names, answer)


def ask(port: str) -> Device | None:
    """What the MicroPython at a port says of itself; None if none answers. A program that runs there is interrupted."""
    try:
        with Link(port, _WAIT_S) as link:
            link.enter_raw()
            found = device.ask(link)
            link.leave_raw()
    except ToolError:
        return None
    return found


def choose(given: str | None) -> str:
    """The port to use: the one that is given, else the only one attached.

    Raises ToolError if none or several are attached, if there is no such port, or if it may not be opened or another program has it.
    """
    port = given or _only()
    if not Path(port).exists():
        there = ", ".join(one.port for one in attached([])) or "none"
        raise ToolError(f"There is no port {port}.", f"attached at USB: {there}; is the board plugged in, with a cable that carries data?")
    _open(port)
    return port


def _only() -> str:
    found = attached([])
    if not found:
        raise ToolError("No board is attached.", "plug one in, with a cable that carries data; `torpor doctor` says what else can be amiss")
    if len(found) > 1:
        several = ", ".join(f"{one.port} ({one.product or one.usb})" for one in found)
        raise ToolError(f"{len(found)} boards are attached: {several}.", f"choose one: --port {found[0].port}")
    return found[0].port


def _open(port):
    """Opens the port once, and closes it: what cannot be opened is said now."""
    if not os.access(port, os.R_OK | os.W_OK):
        raise ToolError(f"You may not open {port}.", permission_hint(port))
    try:
        serial.Serial(port, exclusive=True, timeout=0).close()
    except (serial.SerialException, OSError) as error:
        raise _unopened(port, error) from None


def _unopened(port, error) -> ToolError:
    if getattr(error, "errno", None) in (errno.EBUSY, errno.EAGAIN, errno.EWOULDBLOCK):
        return ToolError(f"{port} is in use by another program.", "close that program: a terminal, an editor, or ModemManager that looks for modems")
    return ToolError(f"{port} is no serial port that can be opened: {_cause(error)}.", "`torpor boards` lists the ports of boards")


def _cause(error) -> str:
    return os.strerror(error.errno) if getattr(error, "errno", None) else str(error)


def permission_hint(port: str) -> str:
    """How to get the right to open a port: by the group that it belongs to."""
    group = _group(port)
    if group in ("", "root"):
        return f"the port is root's alone; for now: sudo chmod a+rw {port}"
    return f"join its group, then log in again: sudo usermod -aG {group} $USER"


def _group(port) -> str:
    try:
        return grp.getgrgid(os.stat(port).st_gid).gr_name
    except KeyError:
        return ""
