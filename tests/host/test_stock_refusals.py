# SPDX-License-Identifier: MIT
"""What cannot be put on a board with stock firmware: a sentence, a hint, exit code 2, and nothing written."""

import re
import sys
from types import SimpleNamespace

import pytest
import serial
from stock_unix import adder, stock_unix
from torpor_host import application, attached, cli, device, room
from torpor_host.errors import ToolError
from torpor_host.link import Link
from torpor_host.paths import MODELS

KEYWORDS = MODELS / "keywords/model.tflite"
ESP32 = "class Esp32:\n HEAP_EXEC = 1\n def idf_heap_info(self, _): return [(60000, 30000, 30000, 0)]\nMODULES['esp32'] = Esp32()"


def mpy(version, sub, arch):
    """A line for raw_repl.py: sys.implementation._mpy as py/persistentcode.c makes it."""
    return f"SAYS['_mpy'] = {arch << 10 | sub << 8 | version}"


# what is pushed, the board, words of the sentence and of the hint
REFUSED = {
    "another ABI": (KEYWORDS, {"prepare": mpy(6, 2, 2)}, r"loads native modules of version 6\.2, not 6\.3", "flash MicroPython 1.23 to 1.29"),
    "no native modules": (KEYWORDS, {"prepare": mpy(6, 3, 0)}, "loads no native modules", "flash one that does"),
    "an architecture nobody built for": (KEYWORDS, {"prepare": mpy(6, 3, 14)}, "architecture number 14, for which there are none", "armv7emsp"),
    "bytecode of another version": (MODELS / "keywords/app.py", {"prepare": mpy(5, 0, 2)}, "loads no .mpy of version 6", "1.23 to 1.29"),
    "no file system": (KEYWORDS, {"storage": 0}, "has no file system", "torpor infer MODEL --on"),
    "a full file system": (KEYWORDS, {"storage": 60}, r"and what it needs do not fit the file system .* bytes free, [\d,]+ too few", "delete files"),
    "an application for a full file system": (MODELS / "keywords/app.py", {"storage": 60}, "/app.py and what it needs do not fit", "delete files"),
    "a file for a full file system": (KEYWORDS.with_name("golden.npz"), {"storage": 16}, "/golden.npz does not fit the file system", "delete"),
    "not enough RAM": (KEYWORDS, {"storage": 40, "heap": "150K"}, r"over by [\d,]+ bytes of RAM; its heap has [\d,]+ bytes free", "optimize"),
    "not enough executable memory": (KEYWORDS, {"prepare": ESP32}, r"over by [\d,]+ bytes of RAM; .* executable memory 30,000", "optimize"),
    "an application and not enough RAM": (
        MODELS / "keywords/app.py", {"storage": 100, "heap": "135K"}, r"What app.py imports does not fit .* over by [\d,]+ bytes", "more RAM"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_push_is_refused_before_anything_is_written(fails, name):
    file, board, words, help = REFUSED[name]
    with stock_unix(**board) as port:
        sentence, hint = fails("push", file, "--port", port)
        assert re.search(words, sentence) and port in sentence and help in hint
        with Link(port) as link:
            link.enter_raw()
            assert link.eval("__import__('os').listdir('/')") == []


def test_infer_where_module_and_model_do_not_fit(fails):
    with stock_unix(0, heap="115K") as port:
        sentence, hint = fails("infer", KEYWORDS, "--xorshift", "--port", port)
    assert re.search(r"^The model does not fit the board on .* over by [\d,]+ bytes of RAM; its heap has", sentence) and hint


def test_a_port_in_use(fails):
    with stock_unix() as port, serial.Serial(port, exclusive=True):
        sentence, hint = fails("push", KEYWORDS, "--port", port)
    assert sentence == f"The port {port} cannot be opened: another program uses it." and "no other program on the port" in hint


@pytest.mark.parametrize(("ports", "words", "help"), [
    ((), "No board is attached.", "plug one in"), (("/dev/b", "/dev/a"), "2 boards are attached: /dev/a (Pyboard), /dev/b (Pyboard).", "--port /dev/a")])
def test_no_board_and_two_boards(monkeypatch, capsys, ports, words, help):
    found = [SimpleNamespace(device=name, vid=0xF055, pid=0x9800, product="Pyboard", description="") for name in ports]
    monkeypatch.setattr(attached.list_ports, "comports", lambda: found)
    monkeypatch.setattr(sys, "argv", ["torpor", "push", str(KEYWORDS)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    sentence, hint = capsys.readouterr().err.splitlines()
    assert sentence == f"error: {words}" and hint.startswith("hint:  ") and help in hint


def test_an_application_with_a_syntax_error(fails, tmp_path):
    (tmp_path / "app.py").write_text("import time\nif:\n")
    with stock_unix() as port:
        sentence, hint = fails("push", "app.py", "--port", port)
    assert sentence == "app.py is no Python: line 2: invalid syntax." and hint


def test_run_of_what_was_not_pushed_says_what_to_do(torpor, tmp_path):
    (tmp_path / "app.py").write_text("import torpor\n")
    with stock_unix() as port:
        result = torpor("run", "app.py", "--port", port)
    assert result.returncode == 2 and result.stderr.endswith("hint:  `torpor push app.py` brings what it imports, but tflm, which a model brings\n")


def test_a_board_that_there_is_not(fails):
    with stock_unix() as port:
        assert fails("push", KEYWORDS, "--port", port, "--board", "MARS")[0] == "there is no board MARS."


def test_a_missing_compiler(fails, tmp_path):
    (tmp_path / "bin").mkdir()
    with stock_unix(prepare=mpy(6, 3, 7)) as port:
        sentence, hint = fails("push", KEYWORDS, "--port", port, env={"PATH": str(tmp_path / "bin")})
    assert sentence == "Native modules for armv7emsp cannot be built: arm-none-eabi-gcc is missing."
    assert hint == "sudo apt-get install gcc-arm-none-eabi libnewlib-arm-none-eabi"


@pytest.mark.parametrize("missing", ["select", "time"])
def test_an_asyncio_that_cannot_be_had(monkeypatch, missing):
    monkeypatch.setattr(device, "has", lambda link, names: {*names} - {"asyncio", missing})
    with stock_unix() as port, Link(port) as link:
        link.enter_raw()
        with pytest.raises(ToolError, match=f"a.py needs asyncio, which .* has not; nor has it {missing}, which asyncio needs"):
            application.files_for(link, device.ask(link), {"asyncio"}, "a.py")


# Blocks have 4096 bytes, of which links take 8: (new, old) bytes of each file, folders that are made, blocks free -> blocks too few
@pytest.mark.parametrize(("sizes", "folders", "free", "short"), [
    ([(4088, 0)], 0, 1, 0), ([(4089, 0)], 0, 1, 1), ([(0, 0)], 0, 0, 0), ([(4088, 0)], 1, 2, 1),
    ([(8000, 8000)], 0, 1, 1),  # written beside the old one
    ([(8000, 12000), (4000, 0)], 0, 2, 0),  # the first leaves a block
    ([(4000, 12000), (16000, 0)], 0, 1, 1)])
def test_what_a_file_system_holds(sizes, folders, free, short):
    assert room.Disk(4096, free).short(sizes, folders) == 4096 * short
