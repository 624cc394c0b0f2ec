# SPDX-License-Identifier: MIT
"""What surrounds speech: rooms, microphones and noises, all made from random numbers, at 16 kHz."""

import numpy as np
from scipy import signal

RATE = 16000
_NOISES = ("white", "pink", "brown", "coloured", "hum", "music", "clicks", "wind", "babble", "bursts")


def level(x, dbfs) -> np.ndarray:
    """x scaled to an RMS of `dbfs`."""
    rms = np.sqrt(np.mean(np.square(x)))
    return x * (10 ** (dbfs / 20) / max(rms, 1e-9))


def resample(x, ratio) -> np.ndarray:
    """x with `ratio` times as many samples; the ends are padded, so that the spectrum does not wrap."""
    padded = np.pad(x, 200)
    size = max(16, round(len(padded) * ratio))
    return signal.resample(np.pad(padded, (0, -len(padded) % 64)), round(size + (-len(padded) % 64) * ratio))[:size]


def equalise(rng, x, depth_db=10) -> np.ndarray:
    """A random smooth response: six points over frequency, a tilt, now and then band limits."""
    spectrum = np.fft.rfft(x)
    hz = np.linspace(1, RATE / 2, spectrum.size)
    points = np.geomspace(60, 8000, 6)
    gain = np.interp(np.log(hz), np.log(points), rng.normal(0, depth_db / 2, 6))
    gain += rng.uniform(-4, 4) * np.log2(hz / 1000)
    if rng.random() < 0.5:
        gain -= 12 * np.maximum(0, np.log2(rng.uniform(60, 350) / hz))
    if rng.random() < 0.4:
        gain -= 24 * np.maximum(0, np.log2(hz / rng.uniform(2800, 7000)))
    return np.fft.irfft(spectrum * 10 ** (np.clip(gain, -70, 30) / 20), x.size)


def room(rng, x) -> np.ndarray:
    """x heard in a random room: a direct path, few early echoes, a decaying tail; same length."""
    decay = rng.uniform(0.05, 0.5)
    n = int(RATE * decay)
    tail = rng.normal(size=n) * 10 ** (-3 * np.arange(n) / n)
    tail *= 10 ** (-rng.uniform(3, 25) / 20) / np.sqrt(np.sum(tail**2))
    tail[0] = 1
    tail[rng.integers(20, min(n, 500), 5)] += rng.normal(0, 0.3, 5)
    return signal.fftconvolve(x, tail)[: x.size]


def noise(rng, n, voices) -> np.ndarray:
    """n samples of a random noise; `voices()` gives spoken words (16 kHz), which babble is mixed from."""
    kind = rng.choice(_NOISES)
    return level(globals()[f"_{kind}"](rng, n, voices), -20)


def _shaped(rng, n, exponent):
    spectrum = np.fft.rfft(rng.normal(size=n))
    return np.fft.irfft(spectrum / np.maximum(np.arange(spectrum.size), 20) ** exponent, n)


def _white(rng, n, _voices):
    return rng.normal(size=n)


def _pink(rng, n, _voices):
    return _shaped(rng, n, 0.5)


def _brown(rng, n, _voices):
    return _shaped(rng, n, 1.0)


def _coloured(rng, n, _voices):
    return equalise(rng, _shaped(rng, n, rng.uniform(0, 1)), 25)


def _wave(rng, n, hz, harmonics):
    t = np.arange(n) / RATE
    powers = rng.uniform(0.3, 1.5)
    return sum(np.sin(2 * np.pi * (hz * k * t + rng.random())) / k**powers for k in range(1, harmonics + 1))


def _hum(rng, n, _voices):
    hz = rng.choice([50, 60, 100, 120, rng.uniform(80, 400)])
    return _wave(rng, n, hz, int(rng.integers(3, 15))) + rng.uniform(0.02, 0.5) * _shaped(rng, n, 0.5) * n**0.5


def _music(rng, n, _voices):
    """Notes of random pitch and length, with harmonics and a decay."""
    out = np.zeros(n)
    for _ in range(rng.integers(4, 16)):
        start, length = rng.integers(0, n), int(rng.integers(2000, 14000))
        note = _wave(rng, length, 55 * 2 ** (rng.integers(0, 48) / 12), int(rng.integers(1, 9)))
        note *= np.exp(-np.arange(length) / rng.uniform(1000, 12000)) * np.minimum(1, np.arange(length) / 100)
        out[start : start + length] += note[: n - start]
    return out + 1e-4 * rng.normal(size=n)


def _clicks(rng, n, _voices):
    """Knocks, taps and clatter: short decaying resonances."""
    out = 1e-3 * rng.normal(size=n)
    for _ in range(rng.integers(1, 14)):
        start, length = rng.integers(0, n), int(rng.integers(80, 3000))
        t = np.arange(length)
        hit = np.sin(2 * np.pi * rng.uniform(80, 5000) / RATE * t) + rng.uniform(0, 2) * rng.normal(size=length)
        out[start : start + length] += (rng.uniform(0.1, 1) * hit * np.exp(-6 * t / length))[: n - start]
    return out


def _wind(rng, n, _voices):
    gusts = np.interp(np.arange(n), np.linspace(0, n, 12), rng.uniform(0.05, 1, 12))
    return _shaped(rng, n, rng.uniform(0.7, 1.3)) * gusts


def _bursts(rng, n, _voices):
    """Broadband noise that comes and goes: breath, rustling, a tap, a passing car."""
    gate = np.interp(np.arange(n), np.sort(rng.uniform(0, n, 24)), rng.choice([0.01, 0.1, 1], 24))
    return _coloured(rng, n, None) * gate


def _babble(rng, n, voices):
    out, words = np.zeros(n), voices()
    for _ in range(rng.integers(8, 30)):
        word = words[rng.integers(len(words))][: n - 1]
        start = rng.integers(-word.size // 2, n - word.size // 2)
        low, high = max(start, 0), min(start + word.size, n)
        out[low:high] += level(word, rng.uniform(-30, -15))[low - start : high - start]
    return room(rng, out) + 1e-5 * rng.normal(size=n)
