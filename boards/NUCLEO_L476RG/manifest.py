# SPDX-License-Identifier: MIT
# What is frozen into this board's own firmware: what MicroPython freezes, the device package, `board`.
include("$(PORT_DIR)/boards/manifest.py")
include("../../lib/manifest.py")
module("board.py")
