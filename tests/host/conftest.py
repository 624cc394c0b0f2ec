# SPDX-License-Identifier: MIT
"""Fixtures of the host tools' tests."""

import subprocess

import numpy as np
import pytest
from torpor_host.convert.writer import Writer
from torpor_host.paths import ROOT


@pytest.fixture
def torpor(tmp_path):
    """Runs the command line in an empty folder: torpor("infer", path, env=...) -> CompletedProcess."""

    def run(*arguments, env=None):
        command = [ROOT / ".venv/bin/torpor", *map(str, arguments)]
        return subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL)

    return run


@pytest.fixture
def fails(torpor):
    """Runs a command that must end with 2, one sentence and a hint on stderr and nothing on stdout; returns both."""

    def run(*arguments, env=None):
        result = torpor(*arguments, env=env)
        assert (result.returncode, result.stdout) == (2, ""), result
        first, hint = result.stderr.strip().splitlines()[-2:]
        assert first.startswith("error: ") and hint.startswith("hint:  "), result.stderr
        return first.removeprefix("error: "), hint.removeprefix("hint:  ")

    return run


def dense(width=4, name="FULLY_CONNECTED"):
    """y[1, width] = x[1, width] K + 1, float32: K doubles."""
    w = Writer()
    x = w.tensor("x", (1, width), np.float32)
    k = w.tensor("k", (width, width), np.float32, data=2 * np.eye(width))
    b = w.tensor("b", (width,), np.float32, data=np.ones(width))
    y = w.tensor("y", (1, width), np.float32)
    w.op(name, [x, k, b], [y])
    return w.finish([x], [y])


@pytest.fixture
def model(tmp_path):
    """The path of a small good model: y[1, 4] = 2 x[1, 4] + 1, float32."""
    path = tmp_path / "double.tflite"
    path.write_bytes(dense())
    return path
