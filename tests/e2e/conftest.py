# SPDX-License-Identifier: MIT
"""Emulated boards for tests: built once, started in a folder of the test's own, always stopped."""

import ast
import functools
import time
import wave

import numpy as np
import pytest
from builds import built
from torpor_host.convert.writer import Writer
from torpor_host.link import Link
from torpor_host.sim import Board


@functools.cache
def _firmware(board_name):
    return built(board_name)


@pytest.fixture(scope="session")
def firmware():
    """The firmware of emu-m4f."""
    return _firmware("emu-m4f")


@pytest.fixture
def board_name():
    """The board of `run`; a test that is parametrised with it runs on others, too."""
    return "emu-m4f"


@pytest.fixture
def run(board_name, tmp_path):
    """run(code, shift=3): the value that a program prints last, on a board started in tmp_path for it."""
    firmware = _firmware(board_name)

    def start_and_run(code, shift=3):
        with Board(board_name, tmp_path, firmware=firmware, shift=shift) as board, Link(board.port) as link:
            output = link.exec(code, timeout=60).decode()
        return ast.literal_eval(output.strip().splitlines()[-1])

    return start_and_run


@pytest.fixture
def until_reset():
    """until_reset(link, code): runs a program that ends in a reset, and waits for the banner after it: no Ctrl-C ends a sleep early."""

    def run_and_wait(link, code):
        link.start(code)
        said, deadline = b"", time.monotonic() + 20
        while b"MicroPython" not in said and time.monotonic() < deadline:
            said += link.read(0.2)
        assert b"MicroPython" in said
        link.enter_raw()

    return run_and_wait


@pytest.fixture
def write_wav():
    """write_wav(path, samples, rate=16000): a WAV file of one channel of int16."""

    def write(path, samples, rate=16000):
        with wave.open(str(path), "wb") as file:
            file.setparams((1, 2, rate, 0, "NONE", None))
            file.writeframes(samples.astype("<i2").tobytes())

    return write


@pytest.fixture
def dense():
    """dense(width): a model of about 4 width² bytes."""

    def make(width):
        w = Writer()
        x = w.tensor("x", (1, width), np.float32)
        k = w.tensor("k", (width, width), np.float32, data=np.random.default_rng(width).normal(size=(width, width)))
        y = w.tensor("y", (1, width), np.float32)
        w.op("FULLY_CONNECTED", [x, k, -1], [y])
        return w.finish([x], [y])

    return make
