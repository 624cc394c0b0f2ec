# SPDX-License-Identifier: MIT
"""From a spectrum to the logarithms of its channels, operator by operator, against the official interpreter."""

import numpy as np
import pytest

from moving import Constant
from oracle import Draw
from signals import RESET, assert_needs_its_options, assert_refused, assert_same, both, operator
from test_verify import refused
from torpor_host import engine
from torpor_host.errors import ToolError

INT16, UINT32, UINT64 = np.int16, np.uint32, np.uint64


def numbers(draw, count, dtype=UINT32):
    """Of every size: as many bits as the die says; extremes now and then."""
    top = np.iinfo(dtype).bits
    if draw.rare():
        return draw.rng.choice(np.array([0, 1, 2, 3, 2 ** (top // 2) - 1, 2 ** (top // 2), 2**top - 1], dtype), count)
    bits = draw.rng.integers(0, top, count)
    return np.array([int(draw.rng.integers(0, 2 ** int(b), endpoint=True, dtype=UINT64)) for b in bits], dtype)


def energy(x, count, start, end):
    return operator("SignalEnergy", [x], [((count,), UINT32)], {"end_index": end, "start_index": start})


@pytest.mark.parametrize("seed", range(40))
def test_energy(seed):
    draw = Draw(seed)
    count = draw.size(1, 40)
    end = draw.size(0, count)
    start = draw.size(0, end)
    runs = [(draw.int16((2 * count + draw.pick(0, 0, 1, 4),)),)]
    runs += [(draw.int16(runs[0][0].shape),), (np.full_like(runs[0][0], -32768),)]
    for ours, theirs in both(energy(runs[0][0], count + draw.pick(0, 0, 3), start, end), runs):
        np.testing.assert_array_equal(ours[0][start:end], theirs[0][start:end])
        assert not ours[0][:start].any() and not ours[0][end:].any()  # where TFLM writes nothing


def test_energy_needs_its_options():
    assert_needs_its_options("SignalEnergy", [np.zeros(8, INT16)], [((4,), UINT32)], {"end_index": 3, "start_index": 1})


@pytest.mark.parametrize("x, y, start, end, sentence", (
    (8, 4, 0, 5, "its option 0 is out of range"),  # TFLM reads and writes out of bounds
    (8, 6, 0, 5, "its option 0 is out of range"),
    (10, 4, 0, 5, "its option 0 is out of range"),
    (8, 4, -1, 4, "its option 1 is out of range"),
    (8, 4, 3, 2, "its option 1 is out of range"),
    (8, 4, 0, -1, "its option 0 is out of range"),
))
def test_energy_that_cannot_be(x, y, start, end, sentence):
    assert sentence in refused(energy(np.zeros(x, INT16), y, start, end))


def bands(draw, channels, energies, weights):
    """(frequency, place, width) of bands that lie inside; some are empty, or less."""
    width = draw.rng.integers(-1, min(energies, weights) + 1, channels + 1)
    frequency = [draw.size(0, energies - max(n, 0)) for n in width]
    place = [draw.size(0, weights - max(n, 0)) for n in width]
    return [np.array(v, INT16) for v in (frequency, place, width)]


def bank(x, w, v, limits, channels, y=None):
    tables = [Constant(np.asarray(t, INT16)) for t in (w, v, *limits)]
    return operator("SignalFilterBank", [x, *tables], [((y or channels,), UINT64)], {"num_channels": channels})


@pytest.mark.parametrize("seed", range(60))
def test_filter_bank(seed):
    draw = Draw(seed)
    channels, energies, weights = draw.size(1, 12), draw.size(1, 60), draw.size(1, 50)
    w, v = draw.int16((weights,)), draw.int16((weights + draw.pick(0, 3),))
    runs = [(numbers(draw, energies),) for _ in range(3)]
    assert_same(bank(runs[0][0], w, v, bands(draw, channels, energies, weights), channels), *runs)


def test_filter_bank_whose_weights_are_computed():
    draw = Draw(3)
    limits = [Constant(t) for t in bands(draw, 4, 20, 10)]
    x, w, v = numbers(draw, 20), draw.int16((10,)), draw.int16((10,))
    assert_same(operator("SignalFilterBank", [x, w, v, *limits], [((4,), UINT64)], {"num_channels": 4}), (x, w, v), (x, v, w))


@pytest.mark.parametrize("slot, band, value, sentence", (
    (0, 1, 7, "its band 1 leads outside the spectrum or the weights"),  # in all of these TFLM reads out of bounds
    (0, 1, -1, "its band 1 leads outside the spectrum or the weights"),
    (1, 2, 5, "its band 2 leads outside the spectrum or the weights"),
    (1, 2, -1, "its band 2 leads outside the spectrum or the weights"),
    (2, 0, 9, "its band 0 leads outside the spectrum or the weights"),
    (2, 0, 32767, "its band 0 leads outside the spectrum or the weights"),
))
def test_filter_bank_with_a_band_outside(slot, band, value, sentence):
    limits = [np.array(t) for t in ([0, 1, 2], [0, 1, 2], [2, 2, 4])]
    limits[slot][band] = value
    assert sentence in refused(bank(np.zeros(8, UINT32), np.ones(6), np.ones(6), limits, 2))


def test_filter_bank_that_cannot_be():
    x, k, limits = np.zeros(8, UINT32), np.ones(6), [[0, 0, 0]] * 3
    assert "its input 5 has too few elements" in refused(bank(x, k, k, [*limits[:2], [1, 1]], 2))
    assert "output dimension 0 should be 2" in refused(bank(x, k, k, limits, 2, y=3))
    assert "its option 0 is out of range" in refused(bank(x, k, k, limits, 0, y=1))
    assert "its option 0 is out of range" in refused(bank(x, k, k, limits, -1, y=1))
    limit = np.zeros(3, INT16)
    assert_refused("an input 3 that is not constant is not supported", "SignalFilterBank",
                   [x, *[Constant(np.zeros(6, INT16))] * 2, limit, Constant(limit), Constant(limit)], [((2,), UINT64)], {"num_channels": 2})
    assert_needs_its_options("SignalFilterBank", [x, *[Constant(np.zeros(6, INT16))] * 2, *[Constant(limit)] * 3],
                             [((2,), UINT64)], {"num_channels": 2})


def root(count, bits=None):
    slot = np.int32(0) if bits is None else Constant(np.int32(bits))
    return operator("SignalFilterBankSquareRoot", [np.zeros(count, UINT64), slot], [((count,), UINT32)])


@pytest.mark.parametrize("seed", range(40))
def test_square_root(seed):
    draw = Draw(seed)
    count = draw.size(1, 60)
    runs = [(numbers(draw, count, UINT64), np.int32(draw.size(0, 31))) for _ in range(4)]
    assert_same(root(count), *runs)
    assert_same(root(count, draw.size(0, 15)), *[(x,) for x, _ in runs])


def test_square_root_around_every_bit():
    """2^n and its neighbours, squares and theirs, and half way between two squares."""
    roots = np.array([2**n + d for n in range(1, 32) for d in (-1, 0, 1)] + [3, 1000, 65535, 65536, 2**32 - 2, 2**32 - 1], dtype=object)
    x = {int(v) + d for r in roots for v in (r, r * r, r * r + r) for d in (-1, 0, 1)} | {0, 2**64 - 1}
    x = np.array(sorted(v for v in x if 0 <= v < 2**64), UINT64)
    assert_same(root(x.size), (x, np.int32(0)))


@pytest.mark.parametrize("bits", (-1, 32, 2**31 - 1))
def test_square_root_shifted_by_more_than_a_word(bits):
    """What TFLM makes of that depends on the machine; here the run stops."""
    model = engine.Model(root(2))
    with pytest.raises(ToolError, match=f"SignalFilterBankSquareRoot #0: a shift by {bits} bits is not supported"):
        model(np.zeros(2, UINT64), np.int32(bits))


@pytest.mark.parametrize("x, bits, y, sentence", (
    (np.zeros(4, UINT64), np.int32(0), ((3,), UINT32), "output dimension 0 should be 4"),
    (np.zeros(4, UINT64), np.zeros(1, np.int32), ((4,), UINT32), "scale bits of 1 dimensions are not supported"),
    (np.zeros(4, UINT64), np.int16(0), ((4,), UINT32), "its input 1 cannot be int16"),
    (np.zeros(4, UINT32), np.int32(0), ((4,), UINT32), "its input 0 cannot be uint32"),
    (np.zeros(4, UINT64), np.int32(0), ((4,), UINT64), "its output 0 cannot be uint64"),
    (np.zeros((2, 2), UINT64), np.int32(0), ((4,), UINT32), "a tensor that has not 1 dimensions is not supported"),
))
def test_square_root_that_cannot_be(x, bits, y, sentence):
    assert_refused(sentence, "SignalFilterBankSquareRoot", [x, bits], [y])


def subtraction_options(draw, channels):
    bits = draw.pick(0, 10, 14, 16, 31, 40)
    part = lambda: draw.size(0, 2 ** min(bits, 31) - 1) if draw.rng.random() < 0.8 else draw.pick(-1, 0, 2**31 - 1, -(2**31))  # noqa: E731
    return {"alternate_one_minus_smoothing": part(), "alternate_smoothing": part(), "clamping": draw.rng.random() < 0.5,
            "min_signal_remaining": part(), "num_channels": channels, "one_minus_smoothing": part(), "smoothing": part(),
            "smoothing_bits": draw.pick(0, 6, 10, 31), "spectral_subtraction_bits": bits}


def subtraction(channels, options):
    return operator("SignalFilterBankSpectralSubtraction", [np.zeros(channels, UINT32)], [((channels,), UINT32)] * 2, options)


@pytest.mark.parametrize("seed", range(60))
def test_spectral_subtraction_goes_on_from_run_to_run(seed):
    draw = Draw(seed)
    channels = draw.size(1, 20)
    runs = [(numbers(draw, channels),) for _ in range(8)]
    assert_same(subtraction(channels, subtraction_options(draw, channels)), *runs, RESET, *runs[4:])


def test_spectral_subtraction_keeps_a_number_a_channel():
    options = subtraction_options(Draw(0), 7)
    one, two = (engine.measure(subtraction(n, {**options, "num_channels": n}))[1] for n in (1, 7))
    assert two - one == 4 * (8 - 2)  # rounded up to 8 bytes


@pytest.mark.parametrize("change, sentence", (
    (dict(num_channels=3), "its option 4 is out of range"),
    (dict(num_channels=5), "its option 4 is out of range"),
    (dict(smoothing_bits=32), "its option 7 is out of range"),
    (dict(smoothing_bits=-1), "its option 7 is out of range"),
    (dict(spectral_subtraction_bits=64), "its option 8 is out of range"),
    (dict(spectral_subtraction_bits=-1), "its option 8 is out of range"),
))
def test_spectral_subtraction_that_cannot_be(change, sentence):
    assert sentence in refused(subtraction(4, {**subtraction_options(Draw(0), 4), **change}))


def test_spectral_subtraction_needs_its_options():
    assert_needs_its_options("SignalFilterBankSpectralSubtraction", [np.zeros(4, UINT32)], [((4,), UINT32)] * 2, subtraction_options(Draw(1), 4))


def pcan(channels, gain, shift):
    x = np.zeros(channels, UINT32)
    return operator("SignalPCAN", [x, x, gain if isinstance(gain, Constant) else Constant(gain)], [((channels,), UINT32)], {"snr_shift": shift})


@pytest.mark.parametrize("seed", range(60))
def test_pcan(seed):
    draw = Draw(seed)
    channels, gain = draw.size(1, 40), draw.int16((125 + draw.pick(0, 2),))
    if draw.rng.random() < 0.5:
        gain >>= 6
    assert_same(pcan(channels, gain, draw.pick(0, 1, 6, 12, 32, 63)), *[(numbers(draw, channels), numbers(draw, channels)) for _ in range(4)])


def test_pcan_of_every_number_of_bits():
    noise = np.array([0, 1, 2, *(2**n + d for n in range(2, 32) for d in (-1, 0, 1)), 2**32 - 1], UINT32)
    gain = np.arange(125 * 100, step=100).astype(INT16)
    assert_same(pcan(noise.size, gain, 6), (np.arange(noise.size).astype(UINT32) << 4, noise))


@pytest.mark.parametrize("inputs, y, shift, sentence", (
    ((4, 3, 125), 4, 6, "noise and gains should have 4 and 125 elements"),  # TFLM reads out of bounds
    ((4, 4, 124), 4, 6, "noise and gains should have 4 and 125 elements"),
    ((4, 4, 125), 3, 6, "output dimension 0 should be 4"),
    ((4, 4, 125), 4, -1, "its option 0 is out of range"),
    ((4, 4, 125), 4, 64, "its option 0 is out of range"),
))
def test_pcan_that_cannot_be(inputs, y, shift, sentence):
    x, noise, gain = (np.zeros(n, dtype) for n, dtype in zip(inputs, (UINT32, UINT32, INT16)))
    assert_refused(sentence, "SignalPCAN", [x, noise, Constant(gain)], [((y,), UINT32)], {"snr_shift": shift})


def test_pcan_needs_its_options():
    x, gain = np.zeros(4, UINT32), Constant(np.zeros(125, INT16))
    assert_needs_its_options("SignalPCAN", [x, x, gain], [((4,), UINT32)], {"snr_shift": 6})


def log(count, up, scale):
    return operator("SignalFilterBankLog", [np.zeros(count, UINT32)], [((count,), INT16)], {"input_correction_bits": up, "output_scale": scale})


@pytest.mark.parametrize("seed", range(40))
def test_log(seed):
    draw = Draw(seed)
    count = draw.size(1, 300)
    data = log(count, draw.pick(0, 1, 3, 16, 31), draw.pick(0, 1, 64, 1000, 1600, 65536, 2**31 - 1, -1, draw.size(1, 5000)))
    assert_same(data, *[(numbers(draw, count),) for _ in range(3)])


def test_log_of_every_entry_of_its_table():
    """Each 512th of an octave, its neighbours, and each power of 2; beside NumPy's logarithm."""
    x = np.array([(512 + i) * 2**20 // 512 + d for i in range(512) for d in (-1, 0, 1)] + [2**n for n in range(32)], UINT32)
    assert_same(log(x.size, 0, 1600), (x,))
    y = assert_same(log(x.size, 0, 64), (x,))[0]
    np.testing.assert_allclose(y, 64 * np.log(x.astype(float)), rtol=0, atol=0.7)  # half for rounding, the rest for the table


@pytest.mark.parametrize("up", (-1, 32))
def test_log_that_cannot_be(up):
    assert "its option 0 is out of range" in refused(log(4, up, 64))


def test_log_needs_its_options():
    assert_needs_its_options("SignalFilterBankLog", [np.zeros(4, UINT32)], [((4,), INT16)], {"input_correction_bits": 3, "output_scale": 64})
