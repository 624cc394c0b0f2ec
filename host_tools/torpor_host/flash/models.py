# SPDX-License-Identifier: MIT
"""Which models lie on a board that is about to be erased."""

import ast

from torpor_host.errors import ToolError
from torpor_host.link import Link

_WAIT_S = 1.0  # a prompt answers in milliseconds
# MicroPython. 0x4000 is a folder.
_LOOK = """
import os
found = []
def look(folder):
    for entry in os.ilistdir(folder or "/"):
        path = folder + "/" + entry[0]
        if entry[1] & 0x4000:
            look(path)
        elif path.endswith(".tflite"):
            found.append(path)
look("")
print(repr(found))
"""
# info(): type, subtype, offset, size, label, encrypted.
_PARTITIONS = """
import esp32
found = [part.info() for part in esp32.Partition.find(esp32.Partition.TYPE_DATA)]
print(repr({info[4]: (info[2], info[3]) for info in found}))
"""


def on_board(port: str) -> list[str] | None:
    """Paths of models in all file systems of the board at a port, ROMFS included; None if no MicroPython answers."""
    return _ask(port, _LOOK)


def partitions(port: str) -> dict[str, tuple[int, int]]:
    """(offset, size) of the data partitions of the ESP32 at a port, by their labels; {} if no MicroPython answers."""
    return _ask(port, _PARTITIONS) or {}


def _ask(port, program):
    try:
        with Link(port, _WAIT_S) as link:
            link.enter_raw()
            found = ast.literal_eval(link.exec(program).decode().strip())
            link.leave_raw()
            return found
    except (ToolError, ValueError, SyntaxError):
        return None


def to_boot_loader(port: str) -> bool:
    """Has the MicroPython at a port jump into its boot loader; False if none answers."""
    try:
        with Link(port, _WAIT_S) as link:
            link.enter_raw()
            link.start("import machine\nmachine.bootloader()")
            return True
    except ToolError:
        return False
