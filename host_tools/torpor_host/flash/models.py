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


def on_board(port: str) -> list[str] | None:
    """Paths of models in all file systems of the board at a port, ROMFS included; None if no MicroPython answers."""
    try:
        with Link(port, _WAIT_S) as link:
            link.enter_raw()
            found = ast.literal_eval(link.exec(_LOOK).decode().strip())
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
