# SPDX-License-Identifier: MIT
# MicroPython, not CPython: a board's raw REPL on the unix port, which has none. Arguments: kB of a littlefs, the folder that it is
# mounted at, and lines to run first, where SAYS is what sys.implementation has else than it is.
import gc
import sys
import vfs

SAYS, MODULES = {}, {}


class Sys:
    """The module sys, but for what SAYS."""

    class implementation:
        pass

    def __getattr__(self, name):
        return getattr(sys, name)


class Flash:
    def __init__(self, blocks):
        self._blocks = [bytearray(4096) for _ in range(blocks)]

    def readblocks(self, n, buf, at=0):
        buf[:] = self._blocks[n][at : at + len(buf)]

    def writeblocks(self, n, buf, at=0):
        self._blocks[n][at : at + len(buf)] = buf

    def ioctl(self, op, _arg):
        return {4: len(self._blocks), 5: 4096}.get(op, 0)


def start():
    """As after a soft reset."""
    for name in [name for name in sys.modules if name not in ("vfs", "gc")]:
        del sys.modules[name]
    for name in ("version", "_machine", "_mpy"):
        setattr(Sys.implementation, name, SAYS.get(name, getattr(sys.implementation, name)))
    sys.modules["sys"] = Sys()
    sys.modules.update(MODULES)
    sys.path[:] = ["", HOME, HOME + "/lib"]
    vfs_chdir(HOME or "/")
    gc.collect()


vfs.umount("/")
HOME = sys.argv[2].rstrip("/")
if sys.argv[1] != "0":
    flash = Flash(int(sys.argv[1]) // 4)
    vfs.VfsLfs2.mkfs(flash)
    vfs.mount(vfs.VfsLfs2(flash), HOME or "/")
from os import chdir as vfs_chdir

exec(sys.argv[3])
line, out, said = sys.stdin.buffer, sys.stdout.buffer, b"raw REPL; CTRL-B to exit\r\n>"


def paste():
    out.write(b"R\x01\x80\x00\x01")  # windows of 128 bytes, as on a board
    code = b""
    while (byte := line.read(1)) != b"\x04":
        code += byte
        if len(code) % 128 == 0:
            out.write(b"\x01")
    out.write(b"\x04")
    return code


start()
scope = {}
while True:
    byte = line.read(1)
    if byte in (b"\x01", b"\x04"):
        if byte == b"\x04":
            scope = {}
            start()
        out.write(said)
    elif byte == b"\x05":
        line.read(2)
        code = paste()
        failed = None
        try:
            exec(code, scope)
        except BaseException as error:
            failed = error
        out.write(b"\x04")
        if failed:
            sys.print_exception(failed)
        out.write(b"\x04>")
