# SPDX-License-Identifier: MIT
"""`torpor infer --on PORT` on MicroPython's own ports for QEMU, unmodified: module, model and inputs in RAM, as there is no file system."""

import numpy as np
import pytest
import stock
from tflite_micro import runtime
from torpor_host import build, deploy, infer, romfs, targets
from torpor_host.convert.writer import Writer
from torpor_host.engine import Model
from torpor_host.errors import ToolError
from torpor_host.link import Link


def adder():
    """int8 y[64] = a[64] + b[64], each of another scale."""
    w = Writer("adder")
    a, b, y = (w.tensor(name, (1, 64), np.int8, scale=scale, zero_point=zero) for name, scale, zero in (
        ("a", 0.11, -3), ("b", 0.07, 5), ("y", 0.13, 1)))
    w.op("ADD", [a, b], [y])
    return w.finish([a, b], [y])


@pytest.mark.parametrize("name", ["stock-m3", "stock-rv32"])
def test_a_model_runs_with_the_interpreters_bytes(name, tmp_path):
    build.build([name])
    model = adder()
    inputs = infer.xorshift(Model(model))
    oracle = runtime.Interpreter.from_bytes(model)
    for i, x in enumerate(inputs):
        oracle.set_input(x, i)
    oracle.invoke()
    with stock.board(name, tmp_path, romfs.build({})) as board:
        found = targets.get(board.port).infer(model, inputs)
        with Link(board.port) as link, pytest.raises(ToolError, match="has no file system") as refused:
            deploy.push_model(link, model, "adder")
    assert found.outputs[0].data.tobytes() == oracle.get_output(0).tobytes() and len(set(oracle.get_output(0).ravel())) > 20
    assert "`torpor infer MODEL --on" in refused.value.hint
