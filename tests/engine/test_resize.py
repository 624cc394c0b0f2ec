# SPDX-License-Identifier: MIT
"""RESIZE_BILINEAR and RESIZE_NEAREST_NEIGHBOR against the official interpreter."""

import numpy as np
import pytest

from oracle import Draw, assert_same_bytes
from torpor_host import engine
from torpor_host.convert.writer import Writer

CORNERS = (dict(), dict(alignCorners=True), dict(halfPixelCenters=True))


def _model(name, x_shape, size, dtype, **options):
    w = Writer()
    kind = {} if dtype == np.float32 else {"scale": 0.1, "zero_point": 0}
    x = w.tensor("x", x_shape, dtype, **kind)
    y = w.tensor("y", (x_shape[0], *size, x_shape[3]), dtype, **kind)
    w.op(name, [x, w.tensor("size", (2,), np.int32, options.pop("stated", size))], [y], **options)
    return w.finish([x], [y])


def _resize(name, seed, dtype, corners):
    draw = Draw(seed)
    x_shape = draw.pick(1, 1, 2), draw.size(1, 12), draw.size(1, 12), draw.size(1, 5)
    size = draw.size(1, 30), draw.size(1, 30)
    return _model(name, x_shape, size, dtype, **corners), draw.data(x_shape, dtype)


@pytest.mark.parametrize("corners", CORNERS)
@pytest.mark.parametrize("dtype", (np.int8, np.float32))
@pytest.mark.parametrize("seed", range(15))
def test_resize_bilinear(seed, dtype, corners):
    assert_same_bytes(*_resize("RESIZE_BILINEAR", seed, dtype, corners))


@pytest.mark.parametrize("corners", (*CORNERS, dict(alignCorners=True, halfPixelCenters=True)))
@pytest.mark.parametrize("dtype", (np.int8, np.int16, np.float32))
@pytest.mark.parametrize("seed", range(15))
def test_resize_nearest_neighbor(seed, dtype, corners):
    assert_same_bytes(*_resize("RESIZE_NEAREST_NEIGHBOR", seed, dtype, corners))


@pytest.mark.parametrize("name, size, options, sentence", (
    ("RESIZE_BILINEAR", (4, 4), dict(stated=(4, 5)), "output dimension 2 should be 5"),
    ("RESIZE_BILINEAR", (4, 4), dict(alignCorners=True, halfPixelCenters=True), "half places and aligned corners at once"),
    # The step, 2.048 / 3 rounded to 1 / 1024, leads to the input's third row of two; TFLM reads it.
    ("RESIZE_BILINEAR", (3000, 4), {}, "the output is too much larger than the input"),
    ("RESIZE_NEAREST_NEIGHBOR", (4, 4), dict(stated=(5, 4)), "output dimension 1 should be 5"),
))
def test_resize_says_what_it_cannot_do(name, size, options, sentence):
    with pytest.raises(engine.ToolError) as error:
        engine.measure(_model(name, (1, 2, 2, 1), size, np.int8, **options))
    assert str(error.value).startswith(f"{name.lower()} #0: ") and sentence in str(error.value)
