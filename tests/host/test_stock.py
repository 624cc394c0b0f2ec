# SPDX-License-Identifier: MIT
"""Models on stock MicroPython: the unix port, unmodified, at a pty, with native modules of x64."""

import os
import subprocess
import tty
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from tflite_micro import runtime
from torpor_host import build, deploy
from torpor_host.convert.writer import Writer
from torpor_host.errors import ToolError
from torpor_host.link import Link
from torpor_host.paths import MODELS


@contextmanager
def stock_unix(storage=400, heap="2M"):
    """A link to the port with a file system of `storage` kB, in the same heap."""
    master, slave = os.openpty()
    tty.setraw(slave)
    tty.setraw(master)
    binary = build.build(["unix"])["unix"]
    command = [binary, "-X", f"heapsize={heap}", Path(__file__).with_name("raw_repl.py"), str(storage)]
    process = subprocess.Popen(command, stdin=master, stdout=master, stderr=subprocess.DEVNULL)
    try:
        with Link(os.ttyname(slave)) as link:
            link.enter_raw()
            yield link
    finally:
        process.kill()
        process.wait()
        os.close(master)
        os.close(slave)


def adder():
    """float32 y = x + x."""
    w = Writer("adder")
    x, y = w.tensor("x", (1, 4), np.float32), w.tensor("y", (1, 4), np.float32)
    w.op("ADD", [x, x], [y])
    return w.finish([x], [y])


def test_a_model_gets_its_native_module_and_a_second_takes_nothing_from_it():
    keywords = (MODELS / "keywords/model.tflite").read_bytes()
    oracle = runtime.Interpreter.from_bytes(keywords)
    x = np.random.default_rng(1).integers(-128, 128, oracle.get_input_details(0)["shape"]).astype(np.int8)
    oracle.set_input(x, 0)
    oracle.invoke()
    with stock_unix() as link:
        with pytest.raises(ToolError, match="no module named 'tflm'"):
            link.exec("import tflm")
        assert deploy.push_model(link, keywords, "keywords").path == "/models/keywords.tflite"
        deploy.push_model(link, adder(), "adder")
        deploy.push_file(link, x.tobytes(), "/x")
        link.exec("import tflm; m = tflm.Model('/models/keywords.tflite'); open('/x','rb').readinto(m.input(0)); m.run()")
        assert link.eval("list(m.output(0))") == oracle.get_output(0).ravel().tolist()
        assert link.eval("list(tflm.Model('/models/adder.tflite').predict([1, 2, 3, 0.5]))") == [2, 4, 6, 1]


def test_a_module_that_is_there_is_not_written_again():
    with stock_unix() as link:
        deploy.push_model(link, adder(), "adder")
        link.exec("with open('/lib/tflm.json', 'a') as f: f.write(' ')")
        deploy.push_model(link, adder(), "other")
        assert link.exec("print(open('/lib/tflm.json').read(), end='|')").endswith(b" |")


def refused(link, data, words):
    with pytest.raises(ToolError, match=words) as raised:
        deploy.push_model(link, data, "model")
    assert "torpor optimize" in raised.value.hint and link.eval("__import__('os').listdir('/')") == []


def test_a_model_too_large_for_the_heap_is_refused_before_anything_is_written():
    with stock_unix(40, "150K") as link:
        refused(link, (MODELS / "keywords/model.tflite").read_bytes(), "over by .* bytes of RAM")


def test_a_model_too_large_for_the_file_system_is_refused_before_anything_is_written():
    with stock_unix(60) as link:
        refused(link, (MODELS / "keywords/model.tflite").read_bytes(), "over by .* bytes of flash")
