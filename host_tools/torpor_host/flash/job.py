# SPDX-License-Identifier: MIT
"""What one flashing has to do; every way gets the same."""

from dataclasses import dataclass

from torpor_host.boards import BoardProfile
from torpor_host.errors import ToolError
from torpor_host.flash.firmware import Firmware
from torpor_host.progress import SILENT, Silent


@dataclass(frozen=True)
class Job:
    """place: the serial port, or the folder of a drive; "" where a way needs none. erase: all of the flash first."""

    firmware: Firmware
    board: BoardProfile
    place: str
    erase: bool = False
    progress: Silent = SILENT

    def unreached(self, message: str) -> ToolError:
        """Nothing was written yet."""
        return ToolError(message, f"{self.board.flash_enter}; then flash again")

    def broken(self, why: str) -> ToolError:
        """It ended, perhaps while it was written."""
        return ToolError(f"Flashing {self.board.name} broke off: {why.rstrip('.')}.",
                         f"the board's firmware may be incomplete; check the cable, then: {self.board.flash_enter}; and flash again")
