# SPDX-License-Identifier: MIT
# What is frozen into this board's firmware: the port's own modules, the device package, `board`.
include("$(PORT_DIR)/manifest.py")
include("../../lib/manifest.py")
module("board.py")
