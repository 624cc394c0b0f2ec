# SPDX-License-Identifier: MIT
"""Factors as multiplier and shift: the integers of scale.c against double arithmetic and frexp."""

import ctypes
import math

import numpy as np

from torpor_host.native import library


class _Scale(ctypes.Structure):
    _fields_ = [("mult", ctypes.c_int32), ("shift", ctypes.c_int32)]


def _scale(a, b, c, name="te_scale"):
    call = library()[name]
    call.restype, call.argtypes = _Scale, [ctypes.c_float] * 3
    s = call(a, b, c)
    return s.mult, s.shift


def _quantize_multiplier(factor):
    """As TFLM's QuantizeMultiplier defines it."""
    fraction, shift = math.frexp(factor)
    mult = math.floor(fraction * 2**31 + 0.5)
    if mult == 2**31:
        mult, shift = mult // 2, shift + 1
    return (0, 0) if shift < -31 else (mult, shift)


def _floats(rng, n):
    """Positive float32: any mantissa, and ones with few bits, which make ties."""
    mantissa = rng.integers(0, 1 << 23, n) & rng.choice([0x7FFFFF, 0x7FF000, 0x00000F], n)
    bits = rng.integers(100, 150, n) << 23 | mantissa
    return bits.astype(np.uint32).view(np.float32)


def test_scale_gives_the_bits_of_double_arithmetic():
    rng = np.random.default_rng(1)
    for a, b, c in zip(*(_floats(rng, 20000).tolist() for _ in range(3))):
        assert _scale(a, b, c) == _quantize_multiplier(a * b / c)


def test_scale_over_gives_the_bits_of_double_arithmetic():
    rng = np.random.default_rng(3)
    for a, b, c in zip(*(_floats(rng, 20000).tolist() for _ in range(3))):
        assert _scale(a, b, c, "te_scale_over") == _quantize_multiplier(a / (b * c))


def test_scale_wide_gives_the_bits_of_double_arithmetic():
    call = library().te_scale_wide
    call.restype, call.argtypes = _Scale, [ctypes.c_float, ctypes.c_float, ctypes.c_uint64, ctypes.c_int32]
    rng = np.random.default_rng(4)
    for a, b in zip(*(_floats(rng, 5000).tolist() for _ in range(2))):
        divisor = rng.uniform(1, 2) * 2.0 ** rng.integers(-20, 20) if rng.random() < 0.8 else 10.0 / 65535.0
        fraction, exponent = math.frexp(divisor)
        s = call(a, b, int(fraction * 2**53), exponent - 53)
        assert (s.mult, s.shift) == _quantize_multiplier(a * b / divisor)


def _just_below_a_half(rng):
    """24-bit a, b, c with a * b * 2^up / c of 32 bits, odd but for 1 to 3 parts in c; None if the draw has none."""
    c, b = (int(v) | 1 for v in rng.integers(1 << 23, 1 << 24, 2))
    up, missing = int(rng.integers(7, 10)), int(rng.integers(1, 4))
    if math.gcd(b, c) != 1:
        return None
    a = -missing * pow(b << up, -1, c) % c
    a += c if a < 1 << 23 else 0
    quotient = (a * b << up) // c + 1
    return (a, b, c) if a < 1 << 24 and quotient.bit_length() == 32 and quotient % 2 else None


def test_scale_where_double_rounds_up_to_a_half():
    """A double has 53 bits: such a quotient becomes the half, which then rounds up."""
    rng = np.random.default_rng(2)
    cases = [case for case in (_just_below_a_half(rng) for _ in range(5000)) if case]
    assert len(cases) > 100
    for a, b, c in cases:
        assert _scale(a, b, c) == _quantize_multiplier(a * b / c)


def test_scale_of_denormals_and_extremes():
    tiny, huge = float(np.float32(1e-45)), float(np.finfo(np.float32).max)
    for a, b, c in ((tiny, 1.0, 1.0), (tiny, huge, 1.0), (1.0, 1.0, huge), (1.0, 1.0, 1.0), (0.5, 0.5, 0.25), (3e-39, 7.0, 2e-39)):
        a, b, c = (float(np.float32(v)) for v in (a, b, c))
        assert _scale(a, b, c) == _quantize_multiplier(a * b / c)
