# SPDX-License-Identifier: MIT
"""Floats into tensors and out of them, and what a model says about itself."""

import numpy as np
import pytest

from torpor_host import engine
from torpor_host.convert.writer import Writer
from torpor_host.errors import ToolError


def _model(**kind):
    w = Writer()
    x, y = w.tensor("the input", (1, 6), **kind), w.tensor("y", (6,), **kind)
    w.op("RESHAPE", [x], [y], newShape=[6])
    w.metadata("torpor", b'{"labels": []}')
    return engine.Model(w.finish([x], [y]))


def test_floats_are_rounded_half_away_from_zero_and_saturated():
    model = _model(dtype=np.int8, scale=0.5, zero_point=10)
    model.inputs[0].write_floats([0.25, -0.25, 0.24, 1e9, -1e9, np.nan])
    assert model.inputs[0].array.ravel().tolist() == [11, 9, 10, 127, -128, 10]


@pytest.mark.parametrize("dtype, low, high", ((np.uint8, 0, 255), (np.int16, -32768, 32767)))
def test_floats_into_other_integers(dtype, low, high):
    model = _model(dtype=dtype, scale=1.0, zero_point=0)
    model.inputs[0].write_floats([1.5, -1.5, 3.4, 1e9, -1e9, 0])
    assert model.inputs[0].array.ravel().tolist() == [2, max(low, -2), 3, high, low, 0]


def test_floats_out_are_multiples_of_the_scale():
    model = _model(dtype=np.int8, scale=0.5, zero_point=10)
    model.inputs[0].array[:] = [[-128, -1, 0, 9, 10, 127]]
    model.run()
    assert model.outputs[0].read_floats().tolist() == [-69.0, -5.5, -5.0, -0.5, 0.0, 58.5]


def test_float32_passes_as_it_is():
    model = _model(dtype=np.float32)
    values = np.array([0.1, -0.0, 1e38, np.inf, np.nan, 3], np.float32)
    model.inputs[0].write_floats(values)
    model.run()
    np.testing.assert_array_equal(model.outputs[0].read_floats(), values)


def test_wrong_number_of_floats_is_refused():
    with pytest.raises(ToolError, match="the input has 6 elements of int8, not 5 floats"):
        _model(dtype=np.int8, scale=0.5, zero_point=10).inputs[0].write_floats([0] * 5)


def test_a_model_describes_itself():
    model = _model(dtype=np.int8, scale=0.5, zero_point=10)
    x = model.inputs[0]
    assert (x.name, x.shape, x.dtype, x.scale, x.zero_point, x.nbytes) == ("the input", (1, 6), np.int8, 0.5, 10, 6)
    assert model.ops == ["RESHAPE"]
    assert model.metadata("torpor") == b'{"labels": []}'
    assert model.metadata("absent") is None


def test_operators_lists_what_the_engine_runs():
    assert {"CONV_2D", "SOFTMAX", "DEQUANTIZE"} <= set(engine.operators())
    assert engine.engine_name() == "torpor"
