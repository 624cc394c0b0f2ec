# SPDX-License-Identifier: MIT
# What is frozen into this board's own firmware: what MicroPython freezes, the device package, `board`.
include("$(PORT_DIR)/boards/NUCLEO_H743ZI/manifest.py")
include("../../lib/manifest.py")
module("board.py")
