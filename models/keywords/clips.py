# SPDX-License-Identifier: MIT
"""The data set: two-second clips as the device's features, kept under build/keywords.

A clip holds one spoken word in its middle (or one noise), so that training can look at it through a
window of one second at any place. Features are those of the device: torpor_host.dsp, 1/256 log2.
"""

import hashlib
import multiprocessing
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import sound
import speech
import words
from torpor_host.dsp import LogMel

FEATURES = dict(rate=16000, window=480, hop=320, fft=512, bands=32, low_hz=100, high_hz=7500)
FRAMES = 49  # what the model sees: one second
CLIP_FRAMES = 99
CLIP_SAMPLES = (CLIP_FRAMES - 1) * FEATURES["hop"] + FEATURES["window"]
LEVEL = -20  # dBFS of a spoken word before it is made into features


@dataclass
class Clips:
    """features: int16[n, CLIP_FRAMES, bands]; label[n]; begin, end: frames between which the word is heard."""

    features: np.ndarray
    label: np.ndarray
    begin: np.ndarray
    end: np.ndarray


def front_end() -> LogMel:
    return LogMel(**{key: value for key, value in FEATURES.items() if key != "hop"})


def place(rng, spoken) -> tuple[np.ndarray, float, float]:
    """A spoken word (22,050 Hz) in the middle of a clip: float samples, first and last second of it.

    Its speed, pitch and vocal tract change together by up to 18 %; espeak-ng's own speed and pitch vary as well.
    """
    ratio = sound.RATE / speech.RATE * np.exp(rng.uniform(-0.17, 0.17))
    word = sound.level(sound.resample(spoken, ratio), LEVEL)[-CLIP_SAMPLES:]
    begin = (CLIP_SAMPLES - word.size) // 2
    clip = np.zeros(CLIP_SAMPLES)
    clip[begin : begin + word.size] = word
    edge = 200 * ratio
    return clip, (begin + edge) / sound.RATE, (begin + word.size - edge) / sound.RATE


def to_int16(x) -> np.ndarray:
    return np.clip(np.round(x * 32768), -32768, 32767).astype(np.int16)


def frame_of(seconds) -> float:
    """The frame whose middle is at this time."""
    return (seconds * FEATURES["rate"] - FEATURES["window"] / 2) / FEATURES["hop"]


def _speech_clip(task):
    seed, spoken = task
    rng = np.random.default_rng(seed)
    samples = speech.say(spoken)
    if not 0.08 * speech.RATE < samples.size < speech.LONGEST * speech.RATE:
        return None
    clip, begin, end = place(rng, samples)
    if rng.random() < 0.3:
        clip = np.tanh(clip * rng.uniform(1, 8)) / 4
    if rng.random() < 0.7:
        clip = sound.room(rng, clip)
    return front_end().clip(to_int16(clip), FEATURES["hop"]), spoken.label, frame_of(begin), frame_of(end)


def voices(scripts) -> list[np.ndarray]:
    """The utterances at 16 kHz."""
    return [sound.resample(speech.say(s), sound.RATE / speech.RATE) for s in scripts]


def _noise_clip(task):
    seed, scripts = task
    rng = np.random.default_rng(seed)
    clip = sound.noise(rng, CLIP_SAMPLES, lambda: voices(scripts))
    return front_end().clip(to_int16(clip), FEATURES["hop"]), words.SILENCE, 0.0, float(CLIP_FRAMES)


def _collect(name, function, tasks, cache) -> Clips:
    """Runs the tasks on all cores with a progress line; the result is read from `cache` if it is there."""
    key = hashlib.sha256(repr(tasks).encode() + _sources()).hexdigest()[:16]
    path = cache / f"{name}-{key}.npz"
    if path.exists():
        return Clips(**np.load(path))
    start, made = time.monotonic(), []
    with multiprocessing.Pool() as pool:
        for clip in pool.imap(function, tasks, chunksize=32):
            made.append(clip)
            if len(made) % 512 == 0 or len(made) == len(tasks):
                print(f"[{time.monotonic() - start:4.0f}s] {name}: {len(made)} of {len(tasks)} clips", file=sys.stderr)
    columns = list(zip(*(clip for clip in made if clip is not None)))
    clips = Clips(*(np.array(column) for column in columns))
    cache.mkdir(parents=True, exist_ok=True)
    np.savez(path, **vars(clips))
    return clips


def _sources() -> bytes:
    """What the clips depend on besides the tasks."""
    return b"".join(Path(module.__file__).read_bytes() for module in (sound, speech, words, sys.modules[__name__]))


def spoken(name, script, seed, cache) -> Clips:
    """Clips of the utterances of `script`."""
    return _collect(name, _speech_clip, [([seed, i], s) for i, s in enumerate(script)], cache)


def noises(name, count, seed, pool, cache) -> Clips:
    """Clips of noise; babble takes its voices from the script `pool`."""
    rng = np.random.default_rng(seed)
    tasks = [([seed, i], [pool[k] for k in rng.integers(0, len(pool), 6)]) for i in range(count)]
    return _collect(name, _noise_clip, tasks, cache)
