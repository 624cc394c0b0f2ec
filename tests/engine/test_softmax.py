# SPDX-License-Identifier: MIT
"""SOFTMAX and LOG_SOFTMAX against the official interpreter: integers to the bit, float32 within a few units in the last
place."""

import numpy as np
import pytest
from elementwise import sentence

from oracle import Draw, assert_same_bytes, ours, wheel
from torpor_host.convert.writer import Writer
from torpor_host.native import library

# What the output has to be, by operator and its type and the input's.
FIXED = {
    ("SOFTMAX", np.int8, np.int8): (1 / 256, -128),
    ("SOFTMAX", np.int8, np.int16): (1 / 65536, -32768),
    ("SOFTMAX", np.int16, np.int16): (1 / 32768, 0),
    ("LOG_SOFTMAX", np.int8, np.int8): (1 / 16, 127),
}
KINDS = [pytest.param(*kind, id=f"{kind[0]}-{kind[1].__name__}-{kind[2].__name__}") for kind in FIXED]


def _model(name, shape, x_type, y_type, scale=0.05, zero_point=0, beta=1.0, fixed=None):
    w = Writer()
    quantised = x_type != np.float32
    y_scale, y_zero = (fixed or FIXED[name, x_type, y_type]) if quantised else (None, None)
    x = w.tensor("x", shape, x_type, **({"scale": scale, "zero_point": zero_point} if quantised else {}))
    y = w.tensor("y", shape, y_type, **({"scale": y_scale, "zero_point": y_zero} if quantised else {}))
    w.op(name, [x], [y], **({"beta": beta} if name == "SOFTMAX" else {}))
    return w.finish([x], [y])


def _drawn(seed, name, x_type, y_type):
    draw = Draw(seed)
    shape = tuple(draw.size(1, 4) for _ in range(draw.size(0, 2))) + (draw.size(1, 40),)
    x = draw.data(shape, x_type)
    if draw.rare():
        x = np.full(shape, x.flat[0])
    kwargs = draw.quantisation(x_type)
    if x_type == np.int8:
        kwargs["scale"] = draw.scale(-4, 1)
    if name == "SOFTMAX":
        kwargs["beta"] = float(draw.pick(1.0, 1.0, 0.5, 3.0))
    return _model(name, shape, x_type, y_type, **kwargs), x


@pytest.mark.parametrize("seed", range(80))
@pytest.mark.parametrize("name, x_type, y_type", KINDS)
def test_integers(name, x_type, y_type, seed):
    assert_same_bytes(*_drawn(seed, name, x_type, y_type))


@pytest.mark.parametrize("name, x_type, y_type", [kind for kind in KINDS if "int8-" in kind.id])
def test_int8_every_difference(name, x_type, y_type):
    pairs = np.stack([np.full(256, 127), np.arange(-128, 128)], axis=1).astype(np.int8)
    assert_same_bytes(_model(name, (256, 2), x_type, y_type, 0.06, 3), pairs)


def test_softmax_int16_every_number_of_its_tables():
    """Two classes: the difference goes through every step of the exponential, so the sum through those of 1 / (1 + x)."""
    pairs = np.stack([np.full(8192, 32767), 32767 - np.arange(8192) * 8], axis=1).astype(np.int16)
    assert_same_bytes(_model("SOFTMAX", (8192, 2), np.int16, np.int16, 10 / 65535), pairs)


@pytest.mark.parametrize("beta", (1e-6, 1e-3, 1.0, 1000.0))
def test_softmax_int16_of_any_beta(beta):
    x = Draw(3).int16((20, 9))
    assert_same_bytes(_model("SOFTMAX", x.shape, np.int16, np.int16, 0.001, beta=beta), x)


@pytest.mark.parametrize("classes", (512, 600, 4095))
def test_softmax_int8_of_hundreds_of_equal_scores(classes):
    """Each share is below half a unit of the output. The official interpreter aborts here."""
    data = _model("SOFTMAX", (1, classes), np.int8, np.int8)
    assert (ours(data, np.zeros((1, classes), np.int8))[0] == -128).all()


@pytest.mark.parametrize("classes", (512, 4095))
def test_hundreds_of_equal_scores(classes):
    assert_same_bytes(_model("LOG_SOFTMAX", (1, classes), np.int8, np.int8), np.zeros((1, classes), np.int8))
    assert_same_bytes(_model("SOFTMAX", (1, classes), np.int16, np.int16, 0.001), np.zeros((1, classes), np.int16))
    assert_same_bytes(_model("SOFTMAX", (1, classes), np.int8, np.int16), np.zeros((1, classes), np.int8))


@pytest.mark.parametrize("seed", range(1000, 1040))
def test_softmax_float32(seed):
    data, x = _drawn(seed, "SOFTMAX", np.float32, np.float32)
    np.testing.assert_allclose(ours(data, x)[0], wheel(data, x)[0], rtol=5e-7, atol=1e-38)


@pytest.mark.parametrize("seed", range(40))
def test_log_softmax_float32(seed):
    data, x = _drawn(seed, "LOG_SOFTMAX", np.float32, np.float32)
    np.testing.assert_allclose(ours(data, x)[0], wheel(data, x)[0], rtol=3e-7, atol=3e-7)


def test_floats_that_are_no_numbers():
    rows = np.array([[1, np.inf, 2], [-np.inf] * 3, [np.nan, 1, 2], [3, 1, np.nan], [1, -np.inf, 0]], np.float32)
    for name in ("SOFTMAX", "LOG_SOFTMAX"):
        data = _model(name, rows.shape, np.float32, np.float32)
        np.testing.assert_allclose(ours(data, rows)[0], wheel(data, rows)[0], rtol=5e-7)


def test_what_tflm_refuses():
    def said(*args, **kwargs):
        return sentence(_model(*args, **kwargs))

    assert said("SOFTMAX", (1, 3), np.int8, np.int8, fixed=(1 / 255, -128)) == (
        "softmax #0: an int8 output must have scale 1/256 and zero point -128.")
    assert said("SOFTMAX", (1, 3), np.int8, np.int16, fixed=(1 / 65536, 0)) == (
        "softmax #0: an int16 output must have scale 1/65536 and zero point -32768.")
    assert said("SOFTMAX", (1, 3), np.int16, np.int16, fixed=(1.002 / 32768, 0)) == (
        "softmax #0: an int16 output must have scale 1/32768 and zero point 0.")
    assert said("SOFTMAX", (1, 3), np.int16, np.int16, zero_point=5) == "softmax #0: int16 with zero point 5 is not supported."
    assert said("LOG_SOFTMAX", (1, 3), np.int8, np.int8, fixed=(1 / 16, 126)) == (
        "log_softmax #0: an int8 output must have scale 1/16 and zero point 127.")
    assert said("SOFTMAX", (1, 4096), np.int8, np.int8) == "softmax #0: more than 4095 classes are not supported."
    assert said("SOFTMAX", (1, 3), np.int16, np.int16, scale=6.0) == (
        "softmax #0: an input scale times beta this large is not supported.")
    assert said("LOG_SOFTMAX", (1, 3), np.int16, np.int16, fixed=(1 / 16, 0)) == "log_softmax #0: its input 0 cannot be int16."


def test_the_logarithm_in_fixed_point():
    """In Q5.26 of a number in Q12.19, against double precision."""
    xs = np.unique(np.round(np.geomspace(1 << 19, 2**31 - 1, 20000)).astype(np.int64))
    found = np.array([library().te_fixed_log(int(x)) for x in xs]) / 2**26
    assert np.abs(found - np.log(xs / 2**19)).max() < 6e-8
