# SPDX-License-Identifier: MIT
"""What is pushed arrives whole, beside what was there, and nothing half-written is ever seen."""

import hashlib
import random
from contextlib import nullcontext

import pytest
from torpor_host import build, deploy, link, transfer
from torpor_host.errors import ToolError
from torpor_host.link import Link
from torpor_host.sim import Board


@pytest.fixture(scope="module")
def board(tmp_path_factory):
    build.build(["emu-m4f"])
    with Board("emu-m4f", tmp_path_factory.mktemp("board")) as board:
        yield board


@pytest.fixture
def repl(board):
    with Link(board.port) as link:
        link.enter_raw(reset=True)
        yield link


def digest(repl, path):
    return repl.exec(f"import hashlib\nprint(hashlib.sha256(open({path!r},'rb').read()).digest().hex())").decode().strip()


def test_a_file_arrives_whole_and_replaces_the_old_one(repl, tmp_path):
    for size in (0, 1, 5000):
        data = random.Random(size).randbytes(size)
        (tmp_path / "data.bin").write_bytes(data)
        assert deploy.push(repl, tmp_path / "data.bin").path == "/data.bin"
        assert digest(repl, "/data.bin") == hashlib.sha256(data).hexdigest()
    assert not [name for name in repl.eval("__import__('os').listdir('/')") if name.endswith(".part")]


def test_models_go_to_romfs_side_by_side_and_aligned(repl, tmp_path, dense):
    models = {"first": dense(20), "second": dense(30)}
    for name, data in models.items():
        (tmp_path / f"{name}.tflite").write_bytes(data)
        pushed = deploy.push(repl, tmp_path / f"{name}.tflite")
        assert (pushed.path, pushed.place) == (f"/rom/models/{name}.tflite", "romfs")
    for name, data in models.items():
        assert digest(repl, f"/rom/models/{name}.tflite") == hashlib.sha256(data).hexdigest()
    where = "import uctypes\nprint([uctypes.addressof(memoryview(open('/rom/models/%s.tflite'%n,'rb')))%16 for n in ('first','second')])"
    assert repl.exec(where).decode().strip() == "[0, 0]"


def test_a_model_replaces_the_one_of_its_name(repl, tmp_path, dense):
    for width in (10, 25):
        (tmp_path / "model.tflite").write_bytes(dense(width))
        deploy.push(repl, tmp_path / "model.tflite", name="same")
    assert digest(repl, "/rom/models/same.tflite") == hashlib.sha256(dense(25)).hexdigest()


def test_a_broken_model_is_refused_before_anything_is_written(board, repl, tmp_path, dense):
    (tmp_path / "broken.tflite").write_bytes(dense(10)[:-50])
    before = (board.folder / "romfs.img").read_bytes()
    with pytest.raises(ToolError, match="broken.tflite: "):
        deploy.push(repl, tmp_path / "broken.tflite")
    assert (board.folder / "romfs.img").read_bytes() == before


def test_a_model_larger_than_the_romfs_is_refused_before_anything_is_written(board, repl, tmp_path, dense):
    (tmp_path / "huge.tflite").write_bytes(dense(1040))
    before = (board.folder / "romfs.img").read_bytes()
    with pytest.raises(ToolError, match="the board's ROMFS has 4,194,304"):
        deploy.push(repl, tmp_path / "huge.tflite")
    assert (board.folder / "romfs.img").read_bytes() == before


def test_a_folder_that_is_not_there_is_made(repl, tmp_path):
    (tmp_path / "a.py").write_text("x")
    assert deploy.push(repl, tmp_path / "a.py", name="none/a.py").path == "/none/a.py"
    assert repl.eval("open('/none/a.py').read()") == "x"


def test_a_push_that_is_cut_off_leaves_the_old_file(repl, tmp_path, monkeypatch):
    (tmp_path / "a.bin").write_bytes(b"old")
    deploy.push(repl, tmp_path / "a.bin")
    new = random.Random(9).randbytes(30000)
    calls = []

    def cut(done, total):
        calls.append(done)
        if len(calls) == 2:
            raise KeyboardInterrupt

    class Cut(transfer.Silent):
        def step(self, title):
            return nullcontext(cut)

    with pytest.raises(KeyboardInterrupt):
        transfer.put(repl, {"/a.bin": new}, Cut())
    repl.enter_raw()
    assert repl.eval("open('/a.bin','rb').read()") == b"old"
    assert transfer.put(repl, {"/a.bin": new}) == ["/a.bin"]
    assert digest(repl, "/a.bin") == hashlib.sha256(new).hexdigest()


def test_an_application_starts_by_itself_only_when_asked(repl, tmp_path):
    (tmp_path / "hello.py").write_text("open('/started','w').close()\n")
    deploy.push(repl, tmp_path / "hello.py")
    repl.reset()
    repl.enter_raw()
    assert repl.eval("'started' in __import__('os').listdir('/')") is False
    deploy.push(repl, tmp_path / "hello.py", autostart=True)
    repl.reset()
    repl.enter_raw()
    assert repl.eval("'started' in __import__('os').listdir('/')") is True
    repl.exec("import os\nos.remove('/main.py')\nos.remove('/started')")


def test_a_script_runs_and_its_failure_shows_the_line(repl, tmp_path):
    (tmp_path / "good.py").write_text("for i in range(3):\n    print(i)\n")
    output = []
    link.run_file(repl, tmp_path / "good.py", output.append)
    assert b"".join(output) == b"0\r\n1\r\n2\r\n"
    (tmp_path / "bad.py").write_text("x = 1\n\n1/0\n")
    with pytest.raises(ToolError, match='bad.py failed on the board(.|\n)*File "bad.py", line 3(.|\n)*ZeroDivisionError'):
        link.run_file(repl, tmp_path / "bad.py", output.append)
