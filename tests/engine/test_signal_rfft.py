# SPDX-License-Identifier: MIT
"""SignalRfft and SignalIrfft against the official interpreter, and their twiddles against the C library."""

import subprocess
from pathlib import Path

import numpy as np
import pytest

from oracle import Draw
from signals import RESET, assert_needs_its_options, assert_refused, assert_same, operator
from torpor_host.paths import FIRMWARE

TYPES = {np.int16: 7, np.int32: 2, np.float32: 0}
POWERS = tuple(2**i for i in range(2, 13))
MIXED = (6, 10, 12, 18, 20, 24, 30, 36, 40, 48, 50, 54, 60, 90, 96, 120, 150, 160, 162, 240, 250, 320, 400, 480, 486, 600, 960, 1250)


def numbers(draw, shape, dtype):
    """Loud, soft, and now and then nothing but extremes, zeros and ones."""
    if dtype == np.float32:
        x = draw.floats(shape) * np.float32(10 ** draw.rng.uniform(-3, 6))
        return draw.rng.choice(np.array([-0.0, 0.0, 1.0], dtype), shape) if draw.rare() else x.astype(dtype)
    limits = np.iinfo(dtype)
    if draw.rare():
        return draw.rng.choice(np.array([limits.min, 0, 1, limits.max], dtype), shape)
    if draw.rare():
        return np.full(shape, draw.pick(limits.min, limits.max), dtype)
    return (draw.rng.integers(limits.min, limits.max, shape, endpoint=True) >> draw.size(0, 8)).astype(dtype)


def rfft(dtype, length, x, y_length=None, **options):
    y = (*x.shape[:-1], length + 2 if y_length is None else y_length)
    return operator("SignalRfft", [x], [(y, dtype)], {"T": TYPES[dtype], "fft_length": length, **options})


def irfft(dtype, length, x, y_length=None, **options):
    y = (*x.shape[:-1], length if y_length is None else y_length)
    return operator("SignalIrfft", [x], [(y, dtype)], {"T": TYPES[dtype], "fft_length": length, **options})


def rows(draw):
    return tuple(draw.size(1, 3) for _ in range(draw.size(0, 2)))


@pytest.mark.parametrize("length", POWERS + MIXED)
@pytest.mark.parametrize("dtype", TYPES)
def test_rfft(dtype, length):
    draw = Draw(length)
    shape = *rows(draw), draw.pick(length, draw.size(1, length))
    runs = [(numbers(draw, shape, dtype),) for _ in range(4)]
    assert_same(rfft(dtype, length, *runs[0]), *runs)


@pytest.mark.parametrize("length", POWERS + MIXED)
@pytest.mark.parametrize("dtype", TYPES)
def test_irfft(dtype, length):
    draw = Draw(length)
    shape = *rows(draw), length + 2 + draw.pick(0, 0, 2, 8)
    runs = [(numbers(draw, shape, dtype),) for _ in range(4)]
    assert_same(irfft(dtype, length, *runs[0]), *runs)


@pytest.mark.parametrize("length", (8192, 32768))
@pytest.mark.parametrize("dtype", TYPES)
def test_long_transforms(dtype, length):
    x = numbers(Draw(1), (length,), dtype)
    y = assert_same(rfft(dtype, length, x), (x,))[0]
    assert_same(irfft(dtype, length, y), (y,))


@pytest.mark.parametrize("length", (64, 480))
def test_rfft_float32_is_the_fourier_transform(length):
    """Beside NumPy's, to the rounding of float32 in log2(n) stages."""
    x = Draw(1).floats((length,))
    y = assert_same(rfft(np.float32, length, x), (x,))[0].view(np.complex64)
    np.testing.assert_allclose(y, np.fft.rfft(x.astype(float)), atol=2e-6 * np.abs(x).sum())


def test_twiddles_are_there_after_a_reset():
    x = numbers(Draw(2), (30,), np.int16)
    assert_same(rfft(np.int16, 30, x), (x,), RESET, (x,))


def program(tmp_path):
    made = tmp_path / "twiddles"
    source = Path(__file__).with_name("twiddles.c")
    ops = FIRMWARE / "engine/ops"
    subprocess.run(["cc", "-std=c99", "-O2", f"-I{ops}", "-o", made, source, ops / "twiddle.c", "-lm"], check=True)
    return made


def test_twiddles_are_those_of_double_arithmetic(tmp_path):
    """Every number of points up to 600, and from 2^k - 1 to 2^k + 1; all up to 16384 agree, which takes minutes."""
    twiddles = program(tmp_path)
    for first, last in ((1, 600), (1023, 1025), (2047, 2049), (4095, 4097), (8191, 8193), (16383, 16384)):
        result = subprocess.run([twiddles, str(first), str(last)], capture_output=True, text=True)
        assert result.returncode == 0, result.stdout
        assert int(result.stdout.split()[1]) >= 4 * sum(range(first, last + 1))


@pytest.mark.parametrize("dtype", TYPES)
def test_it_needs_its_options(dtype):
    x, options = np.zeros(8, dtype), {"T": TYPES[dtype], "fft_length": 8}
    assert_needs_its_options("SignalRfft", [x], [((10,), dtype)], options)
    assert_needs_its_options("SignalIrfft", [np.zeros(10, dtype)], [((8,), dtype)], options)


@pytest.mark.parametrize("length", (-2, 0, 1, 2, 7, 14, 22, 26, 98, 32770, 32772, 2**31 - 1, -(2**31)))
def test_lengths_that_cannot_be(length):
    """Of 2, and of even ones with a factor above 5, the official interpreter dies."""
    assert_refused(f"a length of {length} is not supported", "SignalRfft", [np.zeros(1, np.int16)], [((2,), np.int16)],
                   {"T": 7, "fft_length": length})


@pytest.mark.parametrize("name, x, y, type, sentence", (
    ("SignalRfft", (9,), (10,), 7, "its input's rows of 9 numbers do not suit its length"),  # TFLM writes out of bounds
    ("SignalRfft", (8,), (8,), 7, "output dimension 0 should be 10"),
    ("SignalRfft", (8,), (12,), 7, "output dimension 0 should be 10"),  # TFLM leaves the rest as it was
    ("SignalRfft", (2, 8), (3, 10), 7, "output dimension 0 should be 2"),
    ("SignalRfft", (1, 8), (10,), 7, "the output should have 2 dimensions"),
    ("SignalRfft", (8,), (10,), 2, "its options are for tensor type 2"),
    ("SignalRfft", (8,), (10,), 9, "its options are for tensor type 9"),
    ("SignalIrfft", (8,), (8,), 7, "its input's rows of 8 numbers do not suit its length"),  # TFLM reads out of bounds
    ("SignalIrfft", (11,), (8,), 7, "its input's rows of 11 numbers do not suit its length"),
    ("SignalIrfft", (10,), (7,), 7, "output dimension 0 should be 8"),
))
def test_what_cannot_be(name, x, y, type, sentence):
    assert_refused(sentence, name, [np.zeros(x, np.int16)], [(y, np.int16)], {"T": type, "fft_length": 8})


def test_types_that_tflm_does_not_have():
    assert_refused("its input 0 cannot be int8", "SignalRfft", [np.zeros(8, np.int8)], [((10,), np.int8)], {"T": 9, "fft_length": 8})
    assert_refused("its output 0 cannot be int32", "SignalRfft", [np.zeros(8, np.int16)], [((10,), np.int32)],
                   {"T": 7, "fft_length": 8})
