# SPDX-License-Identifier: MIT
"""Bad lines, hosts and boards that die half-way, file systems that are full: a file is the old one or the new one, never half."""

import random
import subprocess
import sys
import time
from contextlib import nullcontext
from pathlib import Path

import pytest
from torpor_host import build, transfer
from torpor_host.errors import ToolError
from torpor_host.link import Link
from torpor_host.progress import Silent
from torpor_host.sim import Board
from torpor_host.sim.line import Line

sys.path.append(str(Path(__file__).parents[1] / "host"))
from stock_unix import linked, stock_unix  # noqa: E402

OLD, NEW = b"old" * 500, random.Random(5).randbytes(30_000)


def content(link, path):
    said = link.exec(f"import binascii\nprint(binascii.hexlify(open({path!r},'rb').read()).decode())")
    return bytes.fromhex(said.decode().splitlines()[-1])  # before it the collector may complain of files on a dead Flash


def names(link, folder="/"):
    return sorted(link.eval(f"__import__('os').listdir({folder!r})"))


@pytest.fixture(scope="module")
def unix():
    """The port of MicroPython's unix port, which has littlefs of 1 MB."""
    with stock_unix(1000, "4M") as port:
        yield port


class Noise:
    """Spoils a piece of 32 bytes now and then while blocks are sent, and answers."""

    def __init__(self, kind, to_board, to_host):
        self._kind, self._every = kind, {"board": to_board, "host": to_host}
        self._seen = {"board": 0, "host": 0}
        self._said, self._on = b"", False
        self.spoilt = 0

    def to_board(self, data):
        return self._pass("board", data)

    def to_host(self, data):
        self._said = (self._said + data)[-100:]
        self._on = self._said.rfind(b"=0,0=") > self._said.rfind(b"\x04") or self._on and b"\x04" not in data
        return self._pass("host", data)

    def _pass(self, way, data):
        if not self._on:
            return data
        self._seen[way] += 1
        if self._kind == "gap":  # 3.8 kB of a block are lost
            gone = way == "board" and 140 <= self._seen[way] < 260
            self.spoilt += gone
            return b"" if gone else data
        if self._seen[way] % self._every[way]:
            return data
        self.spoilt += 1
        at = len(data) // 2
        if self._kind == "stall":
            time.sleep(0.4)
            return data
        spoilt = {"drop": b"", "double": 2 * data[at : at + 1], "corrupt": bytes([data[at] ^ 4])}[self._kind]
        return data[:at] + spoilt + data[at + 1 :]


@pytest.mark.parametrize("kind", ["drop", "gap", "double", "corrupt", "stall"])
def test_what_a_bad_line_spoils_is_sent_again(unix, monkeypatch, kind):
    """A block is 131 pieces long, so that most are hit, and every third answer. A busy machine may be slow to answer, too."""
    monkeypatch.setattr(transfer, "_ANSWER_S", 0.3)
    monkeypatch.setattr(transfer, "_TRIES", 100)
    noise = Noise(kind, 200, 3 if kind != "stall" else 8)
    with Line(unix, to_board=noise.to_board, to_host=noise.to_host) as line, Link(line.port) as link:
        link.enter_raw()
        assert transfer.put(link, {f"/{kind}": NEW}) == [f"/{kind}"]
        assert content(link, f"/{kind}") == NEW and names(link).count(f"{kind}") == 1
    assert noise.spoilt >= 4


def test_a_line_that_takes_nothing_any_more_is_an_error(monkeypatch):
    monkeypatch.setattr(transfer, "_ANSWER_S", 0.05)
    deaf = []

    def to_host(data):
        if b"=1," in data:
            deaf.append(1)
        return b"" if deaf else data

    with stock_unix() as port, Line(port, to_host=to_host) as line, Link(line.port, timeout=0.5) as link:
        link.enter_raw()
        with pytest.raises(ToolError, match="does not take what is sent") as caught:
            transfer.put(link, {"/deaf": NEW})
        assert "push again" in caught.value.hint


FLASH = """
import vfs
class Flash:  # of which the power fails after some writes
    left = 1 << 30
    image = [bytearray(4096) for _ in range({blocks})]
    def __init__(self): self.blocks = Flash.image
    def _take(self):
        if Flash.left == 0: raise OSError(5)
        Flash.left -= 1
    def readblocks(self, n, buf, at=0): buf[:] = self.blocks[n][at : at + len(buf)]
    def writeblocks(self, n, buf, at=0):
        self._take()
        self.blocks[n][at : at + len(buf)] = buf
    def ioctl(self, op, n):
        if op == 6: self._take()
        return {{4: len(self.blocks), 5: 4096}}.get(op, 0)
vfs.VfsLfs2.mkfs(Flash())
vfs.umount("/")
vfs.mount(vfs.VfsLfs2(Flash()), "/")
"""
# What the file system without power would still write goes into an image that nobody reads.
MOUNT = "Flash.left = 1 << 30; Flash.image = [bytearray(b) for b in Flash.image]; vfs.umount('/'); vfs.mount(vfs.VfsLfs2(Flash()), '/')"


def test_power_that_fails_at_any_write_leaves_the_old_file_or_the_new_one():
    new = NEW[:1000]
    with linked() as link:
        link.exec(FLASH.format(blocks=32))
        seen, after = set(), 0
        while b"new" not in seen:
            transfer.put(link, {"/a": OLD})
            link.exec(f"Flash.left = {after}")
            try:
                transfer.put(link, {"/a": new})
            except ToolError:
                pass
            link.exec(MOUNT)
            found = content(link, "/a")
            assert found in (OLD, new), f"{after} writes"
            seen.add(b"old" if found == OLD else b"new")
            after += 1
        assert after > 8 and names(link) == ["a"]


def test_no_room_is_an_error_before_anything_is_written():
    with linked() as link:
        link.exec(FLASH.format(blocks=16))
        transfer.put(link, {"/a": OLD})
        before = names(link)
        link.exec("Flash.left = 0")
        with pytest.raises(ToolError, match="/big and what it needs do not fit the file system .* bytes free, .* too few") as caught:
            transfer.put(link, {"/a": NEW[:9000], "/big": 2 * NEW})
        assert "delete files" in caught.value.hint and names(link) == before and content(link, "/a") == OLD
        link.exec(MOUNT)
        assert transfer.put(link, {"/b": NEW}) == ["/b"]  # 8 blocks of 16
        with pytest.raises(ToolError, match="/b does not fit"):
            transfer.put(link, {"/b": NEW[::-1]})  # the old one stays until the new one is whole
        assert content(link, "/b") == NEW
        link.exec("__import__('os').remove('/b')")
        assert transfer.put(link, {"/b": NEW[::-1]}) == ["/b"]


def test_a_file_system_that_turns_out_to_be_full_keeps_the_old_file(monkeypatch):
    monkeypatch.setattr(transfer, "_check", lambda link, changed: None)
    with linked() as link:
        link.exec(FLASH.format(blocks=10))
        transfer.put(link, {"/a": OLD})
        with pytest.raises(ToolError, match="no more room") as caught:
            transfer.put(link, {"/a": 2 * NEW})
        assert "delete files" in caught.value.hint and content(link, "/a") == OLD and names(link) == ["a"]


def test_a_place_that_cannot_be_written_is_an_error():
    with linked() as link:
        link.exec(FLASH.format(blocks=32))
        link.exec("vfs.umount('/'); vfs.mount(vfs.VfsLfs2(Flash()), '/', readonly=True)")
        with pytest.raises(ToolError, match="could not write"):
            transfer.put(link, {"/a": OLD})
        link.exec(MOUNT)
        link.exec("__import__('os').mkdir('/a')")
        with pytest.raises(ToolError, match="/a is a folder"):
            transfer.put(link, {"/b": OLD, "/a": OLD})
        transfer.put(link, {"/b": OLD})
        with pytest.raises(ToolError, match="could not write"):
            transfer.put(link, {"/b/c": OLD})
        assert names(link) == ["a", "b"]


def test_flash_that_keeps_something_else_is_noticed():
    """FAT does not read back what it wrote, littlefs does."""
    with linked() as link:
        link.exec(FLASH.format(blocks=128).split("vfs.VfsLfs2")[0].replace("4096", "512"))
        link.exec("keep = Flash.writeblocks\nFlash.writeblocks = lambda self, n, buf: keep(self, n, bytes(buf).replace(b'new', b'neu'))")
        link.exec("vfs.VfsFat.mkfs(Flash()); vfs.umount('/'); vfs.mount(vfs.VfsFat(Flash()), '/')")
        transfer.put(link, {"/a": OLD})
        with pytest.raises(ToolError, match="wrote is not what was sent"):
            transfer.put(link, {"/a": b"new" * 700})
        assert content(link, "/a") == OLD and names(link) == ["a"]


def test_too_little_memory_is_an_error():
    with linked() as link:
        link.exec("import gc\ngc.collect()\nballast = bytearray(gc.mem_free() - 20000)")
        with pytest.raises(ToolError, match="too little memory") as caught:
            transfer.put(link, {"/a": OLD})
        assert "reset" in caught.value.hint
        link.exec("ballast = None")
        assert names(link) == []


def test_files_on_fat_are_replaced():
    with linked() as link:
        link.exec(FLASH.format(blocks=128).split("vfs.VfsLfs2")[0].replace("4096", "512"))
        link.exec("vfs.VfsFat.mkfs(Flash()); vfs.umount('/'); vfs.mount(vfs.VfsFat(Flash()), '/')")
        for data in OLD, NEW[:9000], b"", NEW[:700]:
            assert transfer.put(link, {"/a": data, "/deep/b.txt": data}) == ["/a", "/deep/b.txt"]
            assert content(link, "/a") == content(link, "/deep/b.txt") == data
        assert names(link) == ["a", "deep"] and names(link, "/deep") == ["b.txt"]


def test_parts_of_other_pushes_are_removed_and_nothing_else():
    with linked() as link:
        transfer.put(link, {"/mine.part": OLD, "/training.part": OLD, "/d/x": OLD})
        link.exec("for name in '/0123abcd.part', '/d/ffffffff.part': open(name, 'w').close()")
        transfer.put(link, {"/d/y": OLD})
        assert names(link) == ["0123abcd.part", "d", "mine.part", "training.part"] and names(link, "/d") == ["x", "y"]
        transfer.put(link, {"/z": OLD})
        assert names(link) == ["d", "mine.part", "training.part", "z"]


class Counted:
    """Counts what is sent to the board."""

    def __init__(self):
        self.sent = 0

    def __call__(self, data):
        self.sent += len(data)
        return data


PUSH = """
import sys
from torpor_host import transfer
from torpor_host.link import Link
with Link(sys.argv[1]) as link:
    link.enter_raw()
    transfer.put(link, {"/a": open(sys.argv[2], "rb").read()})
"""


def test_a_push_goes_on_after_the_death_of_host_or_board(tmp_path):
    build.build(["emu-m4f"])
    new = NEW[:20_000]
    (tmp_path / "new").write_bytes(new)
    with Board("emu-m4f", tmp_path / "board") as board, Link(board.port) as link:
        link.enter_raw()
        transfer.put(link, {"/a": OLD})
        link.close()
        count = Counted()
        with Line(board.port, to_board=count) as line:
            host = subprocess.Popen([sys.executable, "-c", PUSH, line.port, tmp_path / "new"])
            while count.sent < 10_000:
                assert host.poll() is None
                time.sleep(0.05)
            host.kill()
            host.wait()
        with Link(board.port) as link:
            link.enter_raw()
            assert content(link, "/a") == OLD
            kept = transfer._look(link, {"/a": new})[0][0][3]
        assert 4096 <= kept < 16_000

        class Kill(Silent):
            def step(self, title):
                return nullcontext(lambda done, total: board.stop() if done > total // 2 and "push" in title else None)

        with Link(board.port) as link, pytest.raises(ToolError, match="went away|does not answer"):
            link.enter_raw()
            transfer.put(link, {"/a": new}, Kill())
    with Board("emu-m4f", tmp_path / "board") as board:
        count = Counted()
        with Line(board.port, to_board=count) as line, Link(line.port) as link:
            link.enter_raw()
            assert content(link, "/a") == OLD
            count.sent = 0
            assert transfer.put(link, {"/a": new}) == ["/a"]
            assert count.sent < 20_000
            assert content(link, "/a") == new and names(link) == ["a"]
