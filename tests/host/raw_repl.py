# SPDX-License-Identifier: MIT
# MicroPython, not CPython: a board's raw REPL on the unix port, which has none. "/" is a littlefs of as many kB as its argument says.
import gc
import sys
import vfs


class Flash:
    def __init__(self, blocks):
        self._blocks = [bytearray(4096) for _ in range(blocks)]

    def readblocks(self, n, buf, at=0):
        buf[:] = self._blocks[n][at : at + len(buf)]

    def writeblocks(self, n, buf, at=0):
        self._blocks[n][at : at + len(buf)] = buf

    def ioctl(self, op, _arg):
        return {4: len(self._blocks), 5: 4096}.get(op, 0)


flash = Flash(int(sys.argv[1]) // 4)
vfs.VfsLfs2.mkfs(flash)
vfs.umount("/")
vfs.mount(vfs.VfsLfs2(flash), "/")
sys.path[:] = ["", "/lib"]
scope = {}
line, out, said = sys.stdin.buffer, sys.stdout.buffer, "raw REPL; CTRL-B to exit\r\n>"


def paste():
    out.write(b"R\x01\x00\x40\x01")
    code = b""
    while (byte := line.read(1)) != b"\x04":
        code += byte
        if len(code) % 0x4000 == 0:
            out.write(b"\x01")
    out.write(b"\x04")
    return code


while True:
    byte = line.read(1)
    if byte in (b"\x01", b"\x04"):
        if byte == b"\x04":
            for name in [name for name in sys.modules if name not in ("sys", "vfs", "gc")]:
                del sys.modules[name]
            scope = {}
            gc.collect()
        out.write(said.encode())
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
