# SPDX-License-Identifier: MIT
"""Mounts the file system at /, formatting the flash the first time."""

import emu
import vfs

_PROGRAM_UNIT = 256  # bytes, as of common NOR flash

flash = emu.Flash()
try:
    fs = vfs.VfsLfs2(flash, progsize=_PROGRAM_UNIT)
except OSError:
    vfs.VfsLfs2.mkfs(flash, progsize=_PROGRAM_UNIT)
    fs = vfs.VfsLfs2(flash, progsize=_PROGRAM_UNIT)
vfs.mount(fs, "/")

del emu, vfs, flash, fs
