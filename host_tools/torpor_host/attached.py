# SPDX-License-Identifier: MIT
"""Which boards are attached: serial ports by their USB ids, held against those of the profiles."""

from dataclasses import dataclass

from serial.tools import list_ports

from torpor_host.boards import BoardProfile


@dataclass(frozen=True)
class Attached:
    """A serial port at USB. boards: those that appear under this id, maybe several, maybe none that is known."""

    port: str
    usb: str
    product: str
    boards: tuple[str, ...]


def attached(profiles: list[BoardProfile]) -> list[Attached]:
    """Every serial port at USB, sorted by its name."""
    ports = sorted((port for port in list_ports.comports() if port.vid is not None), key=lambda port: port.device)
    return [_one(port, f"{port.vid:04x}:{port.pid:04x}", profiles) for port in ports]


def _one(port, usb, profiles) -> Attached:
    return Attached(port.device, usb, port.product or port.description or "", tuple(b.name for b in profiles if usb in b.usb))
