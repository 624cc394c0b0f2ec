# SPDX-License-Identifier: MIT
"""Files on firmware that is not ours: MicroPython's unix port and its QEMU port, unmodified."""

import hashlib
import random
import sys
from pathlib import Path

import pytest
from torpor_host import build, transfer
from torpor_host.link import BoardError, Link

for folder in ("device", "host"):
    sys.path.append(str(Path(__file__).parents[1] / folder))
import stock  # noqa: E402
from stock_unix import linked  # noqa: E402

FILES = {"/all.bin": bytes(range(256)) * 40, "/deep/er/random.bin": random.Random(1).randbytes(5001), "/deep/app.py": b"x = 1\r\n" * 900, "/empty": b""}
# The QEMU port has neither a disk nor littlefs or FAT to put on one, but it takes a file system in Python.
MEMORY = """
import os, vfs

class File:
    def __init__(self, data): self.data, self.at = data, 0
    def __enter__(self): return self
    def __exit__(self, *_): pass
    def flush(self): pass
    def write(self, data): self.data.extend(data)
    def read(self): return bytes(self.data)
    def readinto(self, buffer):
        part = self.data[self.at : self.at + len(buffer)]
        buffer[: len(part)] = part
        self.at += len(part)
        return len(part)

class Memory:
    def __init__(self): self.found = {"/": None}
    def mount(self, readonly, mkfs): pass
    def open(self, path, mode):
        if "w" in mode: self.found[path] = bytearray()
        if path not in self.found: raise OSError(2)
        return File(self.found[path])
    def stat(self, path):
        if path not in self.found: raise OSError(2)
        data = self.found[path]
        return (0x4000 if data is None else 0x8000, 0, 0, 0, 0, 0, len(data or b""), 0, 0, 0)
    def ilistdir(self, path):
        path = path.rstrip("/") + "/"
        for name in self.found:
            if name != path and name.startswith(path) and "/" not in name[len(path) :]:
                yield name[len(path) :], 0, 0
    def mkdir(self, path): self.found[path] = None
    def remove(self, path): self.found.pop(path)
    def rename(self, old, new): self.found[new] = self.found.pop(old)

vfs.mount(Memory(), "/")
"""


def read(link, path):
    return bytes.fromhex(link.exec(f"import binascii\nprint(binascii.hexlify(open({path!r},'rb').read()).decode())").decode())


def check(link):
    assert transfer.put(link, FILES) == list(FILES)
    for path, data in FILES.items():
        assert read(link, path) == data
    assert transfer.put(link, FILES) == []
    assert transfer.put(link, {**FILES, "/all.bin": b"\x03\x04\x1b\r\n"}) == ["/all.bin"]
    assert read(link, "/all.bin") == b"\x03\x04\x1b\r\n"
    assert sorted(link.eval("__import__('os').listdir('/')")) == ["all.bin", "deep", "empty"]
    assert sorted(link.eval("__import__('os').listdir('/deep')")) == ["app.py", "er"]


def test_on_the_unix_port_at_a_pty():
    with linked() as link:
        check(link)


def test_on_firmware_without_deflate():
    with linked() as link:
        link.exec("""
import builtins
there = builtins.__import__
def without(name, *more):
    if name == "deflate": raise ImportError(name)
    return there(name, *more)
builtins.__import__ = without
""")
        with pytest.raises(BoardError, match="deflate"):
            link.exec("import deflate")
        check(link)


@pytest.mark.parametrize("name", ["stock-m3", "stock-rv32"])
def test_on_the_qemu_port(name, tmp_path):
    """Its stdin is text, without `buffer`, and nobody looks for Ctrl-C there."""
    build.build([name])
    with stock.board(name, tmp_path, b"") as board, Link(board.port) as link:
        link.enter_raw()
        link.exec(MEMORY)
        check(link)
