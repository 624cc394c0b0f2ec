# SPDX-License-Identifier: MIT
"""Models and applications on stock MicroPython: the unix port, unmodified, at a pty, with native modules of x64."""

import json

import numpy as np
import pipeline_reference
import pytest
from stock_unix import adder, linked, stock_unix
from tflite_micro import runtime
from torpor_host import application, deploy, device
from torpor_host.errors import ToolError
from torpor_host.link import Link
from torpor_host.paths import BOARDS, MODELS
from torpor_host.progress import Silent


def test_a_model_gets_its_native_module_and_a_second_takes_nothing_from_it():
    keywords = (MODELS / "keywords/model.tflite").read_bytes()
    oracle = runtime.Interpreter.from_bytes(keywords)
    x = np.random.default_rng(1).integers(-128, 128, oracle.get_input_details(0)["shape"]).astype(np.int8)
    oracle.set_input(x, 0)
    oracle.invoke()
    with linked() as link:
        with pytest.raises(ToolError, match="no module named 'tflm'"):
            link.exec("import tflm")
        assert deploy.push_model(link, keywords, "keywords").path == "/models/keywords.tflite"
        deploy.push_model(link, adder(), "adder")
        deploy.push_file(link, x.tobytes(), "/x")
        link.exec("import tflm; m = tflm.Model('/models/keywords.tflite'); open('/x','rb').readinto(m.input(0)); m.run()")
        assert link.eval("list(m.output(0))") == oracle.get_output(0).ravel().tolist()
        assert link.eval("list(tflm.Model('/models/adder.tflite').predict([1, 2, 3, 0.5]))") == [2, 4, 6, 1]


def test_infer_needs_no_file_system_and_leaves_nothing(torpor, tmp_path):
    model = MODELS / "keywords/model.tflite"
    x = np.random.default_rng(2).integers(-128, 128, (1, 49, 32, 1)).astype(np.int8)
    np.save(tmp_path / "x.npy", x)
    oracle = runtime.Interpreter.from_bytes(model.read_bytes())
    oracle.set_input(x, 0)
    oracle.invoke()
    with stock_unix(0) as port:
        result = torpor("infer", model, "--port", port, "--input", "x.npy", "--out", "y.npz")
        with Link(port) as link, pytest.raises(ToolError, match="no module named 'tflm'"):
            link.exec("import tflm")
    assert result.returncode == 0, result.stderr
    assert np.load(tmp_path / "y.npz")["scores"].tobytes() == oracle.get_output(0).tobytes()


def test_only_what_differs_is_written():
    with linked() as link:
        first = deploy.push_model(link, adder(), "adder")
        assert first.written == ("/lib/tflm.json", "/lib/tflm.mpy", "/models/adder.tflite")
        assert deploy.push_model(link, adder(), "adder").written == ()
        assert deploy.push_model(link, adder(), "other").written == ("/models/other.tflite",)


def test_somebody_elses_module_is_left_alone():
    with linked() as link:
        deploy.push_file(link, b"theirs", "/tflm.mpy")
        assert deploy.push_model(link, adder(), "adder").written == ("/models/adder.tflite",)


PINS = """
import io, time
MIC_RATE, MIC_DEPTH = 16000, 16000

class Recording(io.IOBase):
    def __init__(self):
        self._file, self._start, self._given = open("yes.wav", "rb"), time.ticks_ms(), 0
        self._file.read(44)  # the header

    def ioctl(self, _request, _arg):
        return 0

    def readinto(self, buf):  # what a microphone has heard by now, and nothing after the recording
        due = time.ticks_diff(time.ticks_ms(), self._start) * 32 - self._given
        count = self._file.readinto(memoryview(buf)[: min(len(buf), due // 2 * 2)])
        if due > 1000 and not count:
            raise EOFError
        self._given += count
        return count

    def deinit(self):
        self._file.close()

def microphone():
    return Recording()
"""


def test_the_readmes_application_with_all_that_its_firmware_lacks(torpor, tmp_path):
    home = "/flash"  # as on an STM32
    keywords, sound = MODELS / "keywords", MODELS / "keywords/samples/yes.wav"
    (tmp_path / "board.py").write_text(PINS)
    with stock_unix(500, home=home) as port:
        pushed = [torpor("push", file, "--port", port, "--json") for file in ("board.py", sound, keywords / "model.tflite", keywords / "app.py")]
        assert [result.returncode for result in pushed] == [0] * 4, pushed
        written = json.loads(pushed[3].stdout)["written"]
        heard = torpor("stream", "--start", "app", "--port", port, "--all", "--json")
        again = torpor("push", keywords / "app.py", "--port", port, "--json")
    assert written[-1] == f"{home}/app.py" and json.loads(again.stdout)["written"] == [] and "board.py" not in pushed[3].stderr
    assert {f"{home}/lib/{name}.mpy" for name in ("dsp", "torpor/__init__", "torpor/sensors/mic", "asyncio/core")} <= set(written)
    samples = np.frombuffer(sound.read_bytes()[44:], "<i2")
    expected = pipeline_reference.records((keywords / "model.tflite").read_bytes(), samples, -35, 800, 3, 3, 0.8, 1000, 5)
    found = [json.loads(line) for line in heard.stdout.splitlines()]
    assert heard.returncode == 0 and [one["kind"] for one in found if one["kind"] != "stats"] == [kind for kind, _ in expected]
    (decision,) = (one for one in found if one["kind"] == "decision")
    (wanted,) = (fields for kind, fields in expected if kind == "decision")
    assert (decision["label"], decision["t_ms"]) == ("yes", wanted["t_ms"]) and abs(decision["score"] - wanted["score"]) < 0.001


def test_what_an_application_imports():
    assert application.imported("import time, torpor.decide", "a.py") >= {"torpor", "torpor.pipeline", "dsp", "asyncio", "time"}
    found = application.imported("def later():\n    from torpor import sensors", "a.py")
    assert "torpor.sensors.mic" in found and "torpor.wake" not in found
    assert application.imported("import time", "a.py") == {"time"}


def test_a_board_gets_its_own_pins():
    says = "SAYS['_machine'] = 'emu-m4f with QEMU'"
    with linked(prepare=says) as link:
        files = application.files_for(link, device.ask(link), {"board"}, "a.py")
        assert files == {"/lib/board.py": (BOARDS / "emu-m4f/board.py").read_bytes()}
        deploy.push_file(link, b"", "/board.py")
        assert application.files_for(link, device.ask(link), {"board"}, "a.py") == {}
    with linked() as link:
        assert list(application.files_for(link, device.ask(link), {"board"}, "a.py", "emu-m4f")) == ["/lib/board.py"]


class Notes(Silent):
    def __init__(self):
        self.texts = []

    def note(self, text):
        self.texts.append(text)


def test_what_may_surprise_is_noted():
    with linked() as link:
        link.exec("import os; os.mkdir('/lib'); os.mkdir('/lib/torpor')")
        deploy.push_file(link, b"", "/lib/torpor/wake.py")
        notes = Notes()
        application.files_for(link, device.ask(link), {"torpor", "torpor.wake", "torpor.sensors", "tflm", "board"}, "a.py", "NUCLEO_F446RE", notes)
        assert "tflm comes with the model" in notes.texts[0] and notes.texts[1].startswith("/lib/torpor/wake.py on the board hides")
        notes = Notes()
        application.files_for(link, device.ask(link), {"torpor.sensors", "board"}, "a.py", None, notes)
        assert len(notes.texts) == 1 and "--board may say which it is" in notes.texts[0]
