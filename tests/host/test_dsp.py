# SPDX-License-Identifier: MIT
"""Features and level against NumPy in double precision.

What the integers may cost, and therefore the tolerance of a feature:
  - 15-bit window weights add at most 1/4 sample step (rms) of noise at full scale, samples rounded to
    1/16 step a fiftieth: less than the converter's own 0.29. Four times NOISE = 0.3 steps bounds the error
    in a band's amplitude.
  - 12-bit triangle weights are off by half a step: 1/8192 of the unweighted power within a band.
  - the feature itself is rounded: 1/2, and 1/2 for the last bit of the logarithm: 1.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from torpor_host import dsp
from torpor_host.errors import ToolError

SPEECH = dict(rate=16000, window=480, fft=512, bands=40, low_hz=80, high_hz=7600)
CONFIGS = [
    SPEECH,
    dict(rate=16000, window=512, fft=512, bands=20, low_hz=0, high_hz=8000),
    dict(rate=44100, window=2048, fft=2048, bands=64, low_hz=60, high_hz=20000),
    dict(rate=8000, window=201, fft=256, bands=13, low_hz=100, high_hz=3800),
    dict(rate=1000, window=16, fft=32, bands=4, low_hz=0, high_hz=500),
]
NOISE = 0.3


def mel(hz):
    return 2595 * np.log10(1 + np.asarray(hz, float) / 700)


def reference(samples, rate, window, fft, bands, low_hz, high_hz):
    """The documented features in double precision, unrounded: the lowest and highest that rounding may give."""
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)
    power = np.abs(np.fft.rfft(samples[:window] * hann, fft)) ** 2
    edges = np.linspace(mel(low_hz), mel(high_hz), bands + 2)
    place = mel(np.arange(fft // 2 + 1) * rate / fft)
    triangles = np.stack([np.interp(place, edges[b : b + 3], [0, 1, 0]) for b in range(bands)])
    near = [(place > edges[b] - 1) & (place < edges[b + 2] + 1) for b in range(bands)]
    band, step = triangles @ power, np.stack(near) @ power / 8192
    noise = 4 * NOISE * np.sqrt(window * triangles.sum(axis=1))
    low = np.maximum(np.sqrt(np.maximum(band - step, 0)) - noise, 0)
    high = np.sqrt(band + step) + noise
    return tuple(256 * np.log2(np.maximum(amplitude**2, 1)) for amplitude in (low, high))


def assert_close(samples, config):
    got = dsp.LogMel(**config).frame(samples)
    low, high = reference(samples, **config)
    assert (got >= low - 1).all()
    assert (got <= high + 1).all()


@pytest.mark.parametrize("config", CONFIGS, ids=lambda c: f"{c['rate']}-{c['window']}-{c['fft']}-{c['bands']}")
@pytest.mark.parametrize("amplitude", [32767, 3000, 100])
def test_noise_equals_numpy(config, amplitude):
    rng = np.random.default_rng(amplitude)
    for _ in range(5):
        assert_close(rng.integers(-amplitude, amplitude + 1, 2048).astype(np.int16), config)


def test_rounding_has_no_bias():
    rng, front = np.random.default_rng(7), dsp.LogMel(**SPEECH)
    errors = []
    for _ in range(100):
        x = rng.integers(-9000, 9000, 480).astype(np.int16)
        errors.append(front.frame(x) - np.mean(reference(x, **SPEECH), axis=0))
    assert abs(np.mean(errors)) < 0.05


@pytest.mark.parametrize("config", CONFIGS, ids=lambda c: f"{c['rate']}-{c['window']}-{c['fft']}-{c['bands']}")
def test_extremes_neither_overflow_nor_deviate(config):
    n = np.arange(2048)
    square = np.where(n // 8 % 2, -32768, 32767)
    for x in (square, np.full(2048, -32768), np.full(2048, 32767), np.where(n % 2, -32768, 32767),
              np.where(n == config["window"] // 2, 32767, 0), 32767 * np.sin(n * 0.3)):
        assert_close(x.astype(np.int16), config)


@pytest.mark.parametrize("hz", [150, 1000, 3333, 7000])
def test_tone_peaks_in_its_band_and_twice_the_power_is_256_more(hz):
    tone = np.sin(2 * np.pi * hz * np.arange(480) / 16000)
    front = dsp.LogMel(**SPEECH)
    soft, loud = (front.frame(np.round(a * tone).astype(np.int16)).astype(int) for a in (10000, 10000 * 2**0.5))
    centres = np.linspace(mel(80), mel(7600), 42)[1:-1]
    best = np.argmax(soft)
    assert abs(best - np.argmin(abs(centres - mel(hz)))) <= 1
    assert abs(loud[best] - soft[best] - 256) <= 1


def test_silence_is_zero_everywhere():
    assert not dsp.LogMel(**SPEECH).frame(np.zeros(480, np.int16)).any()


def test_frame_is_stateless():
    rng = np.random.default_rng(5)
    front = dsp.LogMel(**SPEECH)
    x = rng.integers(-9000, 9000, 480).astype(np.int16)
    first = front.frame(x)
    front.frame(rng.integers(-32768, 32768, 480).astype(np.int16))
    np.testing.assert_array_equal(front.frame(x), first)


def test_clip_is_a_frame_each_hop():
    x = np.random.default_rng(6).integers(-9000, 9000, 16000).astype(np.int16)
    front = dsp.LogMel(**SPEECH)
    clip = front.clip(x, 320)
    assert clip.shape == (49, 40) and clip.dtype == np.int16
    np.testing.assert_array_equal(clip[7], front.frame(x[7 * 320 : 7 * 320 + 480]))
    assert front.clip(x[:479], 320).shape == (0, 40)


@settings(max_examples=60, deadline=None)
@given(
    fft=st.sampled_from([32, 64, 256, 1024, 2048]), fill=st.floats(0, 1), bands=st.integers(1, 128),
    rate=st.integers(1000, 96000), low=st.floats(0, 0.9), high=st.floats(0, 1), seed=st.integers(0, 99),
    loudness=st.integers(0, 15))
def test_any_configuration_equals_numpy(fft, fill, bands, rate, low, high, seed, loudness):
    window = int(16 + fill * (fft - 16))
    top = min(65535, rate // 2)
    low_hz = int(low * top)
    high_hz = int(low_hz + 1 + high * (top - low_hz - 1))
    amplitude = 2**loudness
    x = np.random.default_rng(seed).integers(-amplitude, amplitude, 2048).astype(np.int16)
    config = dict(rate=rate, window=window, fft=fft, bands=bands, low_hz=low_hz, high_hz=high_hz)
    several_bins_a_band = bands <= fft // 16 and high_hz - low_hz > rate / 4
    if several_bins_a_band:
        assert_close(x, config)
    features = dsp.LogMel(**config).frame(x)
    assert features.shape == (bands,) and (features >= 0).all()


@pytest.mark.parametrize("change", [
    dict(rate=999), dict(rate=96001), dict(window=15), dict(window=513), dict(fft=500), dict(fft=16), dict(fft=4096),
    dict(bands=0), dict(bands=129), dict(low_hz=7600), dict(high_hz=8001), dict(window=65536 + 480), dict(low_hz=-1)])
def test_configuration_out_of_range_is_refused(change):
    with pytest.raises(ToolError, match="no log-mel front end"):
        dsp.LogMel(**{**SPEECH, **change})


def test_wrong_samples_are_refused():
    front = dsp.LogMel(**SPEECH)
    with pytest.raises(TypeError, match="int16, not float64"):
        front.frame(np.zeros(480))
    with pytest.raises(ValueError, match="480 samples, not 479"):
        front.frame(np.zeros(479, np.int16))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(-32768, 32767), min_size=1), st.integers(-40000, 40000), st.integers(-(2**31), 2**31 - 1),
       st.integers(-128, 127))
def test_quantize_rounds_half_away_and_saturates(features, offset, multiplier, zero_point):
    def exact(f):
        product = abs((f - offset) * multiplier)
        rounded = (product + 32768) // 65536 * (1 if (f - offset) * multiplier >= 0 else -1)
        return min(127, max(-128, rounded + zero_point))

    q = dsp.quantize(np.array(features, np.int16), offset, multiplier, zero_point)
    assert q.tolist() == [exact(f) for f in features]


@pytest.mark.parametrize("n", [2, 320, 16001, 1 << 20])
@pytest.mark.parametrize("amplitude", [50, 1000, 32767])
def test_level_equals_numpy_within_a_hundredth_of_a_decibel(n, amplitude):
    x = (np.random.default_rng(n).integers(-amplitude, amplitude + 1, n) // 2 + amplitude // 2).astype(np.int16)
    assert dsp.level(x) == pytest.approx(1000 * np.log10(np.var(x.astype(float)) / 32768**2), abs=1)


def test_quantize_halves_go_away_from_zero():
    features = np.arange(-5, 6).astype(np.int16)
    assert dsp.quantize(features, 0, 32768, 0).tolist() == [-3, -2, -2, -1, -1, 0, 1, 1, 2, 2, 3]
    assert dsp.quantize(features, 0, -32768, 5).tolist() == [8, 7, 7, 6, 6, 5, 4, 4, 3, 3, 2]


def test_level_extremes():
    assert dsp.level(np.tile(np.array([32767, -32768], np.int16), 160)) == 0
    assert dsp.level(np.full(320, -32768, np.int16)) == -12000
    assert dsp.level(np.zeros(0, np.int16)) == -12000
    assert dsp.level(np.tile(np.array([32767, -32768], np.int16), 1 << 23)) == 0
