# SPDX-License-Identifier: MIT
"""Spoken words from espeak-ng, trimmed, at 22,050 Hz: the only source of speech."""

import io
import subprocess
import wave
from typing import NamedTuple

import numpy as np
import words

RATE = 22050  # espeak-ng's own
LONGEST = 1.0  # seconds; a slower word does not fit the model's window


class Spoken(NamedTuple):
    """How one utterance is spoken; fields as espeak-ng's options and SSML's prosody take them."""

    text: str
    label: int
    voice: str
    speed: int
    pitch: int
    range: str
    emphasis: str


def say(spoken: Spoken) -> np.ndarray:
    """float32[n] in -1..1, silence at both ends removed."""
    text = f'<prosody range="{spoken.range}">{spoken.text}{spoken.emphasis}</prosody>'
    options = ["-v", spoken.voice, "-s", str(spoken.speed), "-p", str(spoken.pitch), "-m", "--stdout"]
    said = subprocess.run(["espeak-ng", *options, text], capture_output=True, check=True)
    with wave.open(io.BytesIO(said.stdout)) as file:
        assert file.getframerate() == RATE
        samples = np.frombuffer(file.readframes(-1), np.int16)
    return trim(samples.astype(np.float32) / 32768)


def trim(x) -> np.ndarray:
    """Cuts what is more than 40 dB below the peak at both ends."""
    loud = np.flatnonzero(np.abs(x) > 0.01 * np.abs(x).max())
    return x[loud[0] : loud[-1] + 1] if loud.size else x[:0]


def times(pronunciations, count) -> list[tuple[str, int]]:
    """(text, label) `count` times for each keyword, its pronunciations in turn."""
    return [(pronunciations[word][i % len(pronunciations[word])], words.LABELS.index(word))
            for word in words.KEYWORDS for i in range(count)]


def unknown(vocabulary, count) -> list[tuple[str, int]]:
    """(text, label) `count` times for each word that is no keyword."""
    return [(word, words.UNKNOWN) for word in vocabulary for _ in range(count)]


def script(seed, wanted, accents, variants) -> list[Spoken]:
    """Each wanted (text, label) in a random voice, speed, pitch and intonation."""
    rng = np.random.default_rng(seed)
    return [_spoken(rng, text, label, accents, variants) for text, label in wanted]


def _spoken(rng, text, label, accents, variants) -> Spoken:
    accent, variant = rng.choice(accents), rng.choice(variants)
    return Spoken(
        text=text, label=label, voice=f"{accent}+{variant}" if variant else str(accent),
        speed=int(rng.triangular(85, 150, 260)), pitch=int(rng.integers(0, 100)),
        range=str(rng.choice(["x-low", "low", "medium", "high", "x-high"])),
        emphasis=str(rng.choice(["", ".", "!", "?", ","])))
