# SPDX-License-Identifier: MIT
"""The one expected exception of the host tools."""


class ToolError(Exception):
    """Something the user can act on: one sentence that names the cause, one hint that helps.

    The command line prints both on stderr and ends with 2; any other exception is a bug of ours.
    """

    def __init__(self, message: str, hint: str):
        super().__init__(message)
        self.hint = hint
