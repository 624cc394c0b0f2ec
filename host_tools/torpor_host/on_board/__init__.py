# SPDX-License-Identifier: MIT
"""Programs that run on a board, in MicroPython; the host reads them as text."""
