# SPDX-License-Identifier: MIT
"""Hears voices that training never had, float and int8, and writes down the result: golden.npz and card.md."""

import json
import string
import wave
from pathlib import Path

import clips
import numpy as np
import sound
import speech
import torch
import words
from tflite_micro import runtime
from torpor_host import dsp

_CARD = Path(__file__).resolve().parent / "card.md.in"
_SECOND = sound.RATE
_SHIFTS = range(-10, 11, 2)  # hops of 20 ms
_GAINS = (-12, 0, 12)  # dB
_RATIOS = (20, 10)  # dB signal to noise
_USUAL, _NOISY = (10, 40), (0, 10)


class Heard:
    """A model behind the device's features: int16[16000] -> scores per label."""

    def __init__(self, network, model, metadata):
        self._features = metadata["features"]
        self._front = clips.front_end()
        self._network, self._model = network, runtime.Interpreter.from_bytes(model)

    def input(self, samples) -> np.ndarray:
        """int8[1, frames, bands, 1]."""
        f = self._features
        return dsp.quantize(self._front.clip(samples, f["hop"]), f["offset"], f["multiplier"], 0)[None, :, :, None]

    def output(self, x) -> np.ndarray:
        """int8[labels] of the official interpreter."""
        self._model.set_input(x, 0)
        self._model.invoke()
        return self._model.get_output(0)[0]

    def int8(self, samples) -> np.ndarray:
        return (self.output(self.input(samples)) + 128.0) / 256

    @torch.no_grad()
    def float(self, samples, input_scale) -> np.ndarray:
        x = torch.from_numpy(self.input(samples)[..., 0][None]).float() * input_scale
        return torch.softmax(self._network(x), 1)[0].numpy()


def held_out(ratio) -> list[tuple[np.ndarray, int]]:
    """(one second of int16, label): held-out voices whole, anywhere in the second, in rooms and noise; and noises.

    ratio: lowest and highest dB of signal to noise.
    """
    rng = np.random.default_rng(101)
    plain = {word: (word,) for word in words.KEYWORDS}
    wanted = speech.times(plain, 100) + speech.unknown(words.SIMILAR, 1) + speech.unknown(words.OTHER, 1)
    script = speech.script(102, wanted, words.HELD_OUT_ACCENTS, words.HELD_OUT_VARIANTS)
    others = [s for s in script if s.label == words.UNKNOWN]
    windows = [_window(rng, spoken, others, ratio) for spoken in script]
    windows += [(clips.to_int16(_background(rng, others, rng.uniform(-70, -12))), words.SILENCE) for _ in range(100)]
    return [window for window in windows if window is not None]


def _background(rng, others, dbfs):
    babble = [others[i] for i in rng.integers(0, len(others), 6)]
    return sound.level(sound.noise(rng, _SECOND, lambda: clips.voices(babble)), dbfs)


def _window(rng, spoken, others, ratio):
    word = sound.resample(speech.say(spoken), sound.RATE / speech.RATE)
    if not 0 < word.size < 0.97 * _SECOND:
        return None
    x, start = np.zeros(_SECOND), rng.integers(0, _SECOND - word.size + 1)
    x[start : start + word.size] = sound.level(word, -20)
    x = sound.equalise(rng, sound.room(rng, x) if rng.random() < 0.6 else x, 5)
    gain = rng.uniform(-20, 8)
    x = x * 10 ** (gain / 20) + _background(rng, others, gain - 20 - rng.uniform(*ratio))
    return clips.to_int16(x), spoken.label


def confusion(predict, windows) -> np.ndarray:
    """counts[said, heard]."""
    counts = np.zeros((len(words.LABELS),) * 2, int)
    for samples, label in windows:
        counts[label, int(np.argmax(predict(samples)))] += 1
    return counts


def recordings(heard, folder) -> str:
    """A table of what the model makes of human recordings <label>_1000ms.wav, altered in many ways."""
    if folder is None:
        return "Not heard in this run (`--recordings FOLDER`)."
    lines = ["| recording | heard | score | ±200 ms × −12, 0, +12 dB | in noise, 20 and 10 dB |", "|---" * 5 + "|"]
    for name, label in (("yes", "yes"), ("no", "no"), ("noise", "silence"), ("silence", "silence")):
        with wave.open(str(folder / f"{name}_1000ms.wav")) as file:
            samples = np.frombuffer(file.readframes(-1), np.int16)
        scores, want = heard.int8(samples), words.LABELS.index(label)
        altered = [_right(heard, some, want) for some in (_shifted(samples), _noisy(samples))]
        lines.append(f"| {name} | {words.LABELS[scores.argmax()]} | {scores.max():.2f} | {altered[0]} | {altered[1]} |")
    return "\n".join(lines)


def _right(heard, altered, want) -> str:
    right = [int(np.argmax(heard.int8(samples)) == want) for samples in altered]
    return f"{sum(right)} of {len(right)}"


def _shifted(samples):
    for shift in _SHIFTS:
        for gain in _GAINS:
            yield clips.to_int16(np.roll(samples, shift * clips.FEATURES["hop"]) / 32768 * 10 ** (gain / 20))


def _noisy(samples):
    rng = np.random.default_rng(103)
    loud = 20 * np.log10(np.std(samples / 32768.0) + 1e-9) + 4  # a word fills less than half of its second
    for ratio in _RATIOS:
        for _ in range(20):
            noise = sound.level(sound.equalise(rng, rng.normal(size=_SECOND)), loud - ratio)
            yield clips.to_int16(samples / 32768 + noise)


def golden(heard, windows) -> dict:
    """x[n, 1, frames, bands, 1] of every 20th window, y[n, labels] as the official interpreter answers."""
    x = np.stack([heard.input(samples) for samples, _ in windows[::20]])
    return {"x": x, "y": np.stack([heard.output(one) for one in x])}


def write(out, network, input_scale, model, metadata, folder, seconds) -> None:
    """golden.npz and card.md into `out`; `folder` has the human recordings, or is None."""
    heard, windows, noisy = Heard(network, model, metadata), held_out(_USUAL), held_out(_NOISY)
    np.savez_compressed(out / "golden.npz", **golden(heard, windows))
    as_float = confusion(lambda samples: heard.float(samples, input_scale), windows)
    as_int8 = confusion(heard.int8, windows)
    in_noise = confusion(heard.int8, noisy)
    (out / "card.md").write_text(string.Template(_CARD.read_text()).substitute(
        bytes=f"{len(model):,}", macs=f"{network.macs(clips.FRAMES, clips.FEATURES['bands']):,}",
        parameters=f"{network.parameter_count():,}",
        minutes=round(seconds / 60), windows=len(windows), table=_table(as_int8),
        right_float=f"{_share(as_float):.1f}", right_int8=f"{_share(as_int8):.1f}",
        right_noisy=f"{_share(in_noise):.1f}",
        recordings=recordings(heard, folder), features=json.dumps(metadata["features"])))


def _share(counts) -> float:
    return 100 * np.trace(counts) / counts.sum()


def _table(counts) -> str:
    lines = [f"| said \\ heard | {' | '.join(words.LABELS)} | right |", "|---" * (len(counts) + 2) + "|"]
    for i, row in enumerate(counts):
        lines.append(f"| {words.LABELS[i]} | {' | '.join(map(str, row))} | {100 * row[i] / row.sum():.0f} % |")
    return "\n".join(lines)
