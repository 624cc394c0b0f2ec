# SPDX-License-Identifier: MIT
"""Files arrive whole, only where they differ."""

import hashlib
import random

import pytest
from torpor_host import build, transfer
from torpor_host.link import Link
from torpor_host.sim import Board


@pytest.fixture(scope="module")
def repl(tmp_path_factory):
    build.build(["emu-m4f"])
    with Board("emu-m4f", tmp_path_factory.mktemp("board")) as board, Link(board.port) as link:
        yield link


def digest(repl, path):
    return repl.exec(f"import hashlib\nprint(hashlib.sha256(open({path!r},'rb').read()).digest().hex())").decode().strip()


def test_all_bytes_arrive_and_a_second_time_nothing_is_sent(repl):
    files = {"/all.bin": bytes(range(256)) * 9, "/deep/er/random.bin": random.Random(1).randbytes(7001), "/empty": b""}
    assert transfer.put(repl, files) == list(files)
    for path, data in files.items():
        assert digest(repl, path) == hashlib.sha256(data).hexdigest()
    assert transfer.put(repl, files) == []
    changed = {**files, "/all.bin": b"\x03\x04\x1b\r\n"}
    assert transfer.put(repl, changed) == ["/all.bin"]
    assert digest(repl, "/all.bin") == hashlib.sha256(changed["/all.bin"]).hexdigest()
    assert sorted(repl.eval("__import__('os').listdir('/')")) == ["all.bin", "deep", "empty"]


def test_a_part_that_is_there_is_gone_on_from(repl, monkeypatch):
    data = random.Random(2).randbytes(9000)
    part = f"/{hashlib.sha256(data).hexdigest()[:8]}.part"
    for at in range(0, 8000, 1000):
        repl.exec(f"with open({part!r},'ab') as f:f.write({data[at : at + 1000]!r})")
    sent, write = [], repl.write
    monkeypatch.setattr(repl, "write", lambda sending: (sent.append(len(sending)), write(sending)))
    assert transfer.put(repl, {"/resumed.bin": data}) == ["/resumed.bin"]
    assert digest(repl, "/resumed.bin") == hashlib.sha256(data).hexdigest()
    assert sum(sent) < 9000  # the board's program and the last 1000 bytes


def test_a_part_that_holds_something_else_is_begun_anew(repl):
    data = random.Random(3).randbytes(3000)
    part = f"/{hashlib.sha256(data).hexdigest()[:8]}.part"
    for wrong in bytes(2000), data + b"more":
        repl.exec(f"with open({part!r},'wb') as f:f.write({wrong!r})")
        assert transfer.put(repl, {"/anew.bin": data}) == ["/anew.bin"]
        assert digest(repl, "/anew.bin") == hashlib.sha256(data).hexdigest()
        repl.exec("import os\nos.remove('/anew.bin')")
