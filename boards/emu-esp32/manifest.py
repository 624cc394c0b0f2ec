# SPDX-License-Identifier: MIT
# Wired like the emulated Cortex-M4F.
include("../emu-m4f/manifest.py")
