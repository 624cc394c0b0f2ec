#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Trains the keyword model: speech from espeak-ng, rooms and noises from random numbers, PyTorch on the CPU.

    .venv/bin/pip install -e .[train] && .venv/bin/python models/keywords/train.py

Writes model.tflite, golden.npz and card.md beside itself. Clips are kept under build/keywords, so that a
second run starts with the training.
"""

import argparse
import os
import shutil
import sys
import time
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # before torch: threads that wait leave the cores to others

import augment
import clips
import report
import speech
import torch
import words
from network import Network, to_tflite
from torpor_host.paths import BUILD

HERE = Path(__file__).resolve().parent
CACHE = BUILD / "keywords"

# int8 input: 40/256 log2 (0.47 dB) a step, 0 in the middle of what speech at usual levels gives.
OFFSET, STEP = 7424, 40
INPUT_SCALE = 1 / 32
METADATA = {
    "labels": list(words.LABELS),
    "features": {"kind": "logmel", **clips.FEATURES, "frames": clips.FRAMES, "offset": OFFSET,
                 "multiplier": round(65536 / STEP)},
}


def quantized(log2_power):
    """Log2 band power -> what the model's int8 input holds, as its float values."""
    return torch.clamp(torch.round((log2_power * 256 - OFFSET) / STEP), -128, 127) * INPUT_SCALE


def data(share):
    """Spoken and noise clips for training; `share` of the full amount."""
    def many(count):
        return round(count * share)

    english = speech.times(words.PRONUNCIATIONS, many(2200)) + speech.unknown(words.SIMILAR, many(60))
    foreign = speech.times(words.FOREIGN_PRONUNCIATIONS, many(900)) + speech.unknown(words.OTHER, many(8))
    other = speech.unknown(words.OTHER, many(24))
    script = speech.script(1, english + other, words.ACCENTS, words.TRAIN_VARIANTS)
    script += speech.script(2, foreign, words.LANGUAGES, words.TRAIN_VARIANTS)
    babble = speech.script(3, speech.unknown(words.OTHER, 1), words.ACCENTS, words.TRAIN_VARIANTS)
    return clips.spoken("words", script, 4, CACHE), clips.noises("noises", many(3000), 5, babble, CACHE)


def train(spoken, noise, steps) -> Network:
    """Trains for so many steps of 256 windows, with a progress line each 100."""
    batches = augment.Batches(spoken, noise, 256, seed=4)
    network = Network(len(words.LABELS)).to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(network.parameters(), lr=0, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=steps, pct_start=0.2)
    start, loss_sum, right = time.monotonic(), 0.0, 0
    for step in range(1, steps + 1):
        x, label = batches.draw()
        logits = network(quantized(x))
        loss = torch.nn.functional.cross_entropy(logits, label, label_smoothing=0.02)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        loss_sum += loss.item()
        right += (logits.argmax(1) == label).float().mean().item()
        if step % 100 == 0:
            print(f"[{time.monotonic() - start:4.0f}s] step {step} of {steps}: loss {loss_sum / 100:.3f}, "
                  f"right {right:.1f} %", file=sys.stderr)
            loss_sum, right = 0.0, 0
    return network.eval()


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--steps", type=int, default=5000, help="training steps of 256 windows")
    arguments.add_argument("--share", type=float, default=1.0, help="of the data, less for a quick look")
    arguments.add_argument("--out", type=Path, default=HERE, help="folder for what it writes")
    arguments.add_argument("--recordings", type=Path, help="folder of human recordings to try the model on")
    options = arguments.parse_args()
    if shutil.which("espeak-ng") is None:
        sys.exit("error: espeak-ng is not installed.\nhint:  apt-get install espeak-ng")
    torch.manual_seed(0)
    torch.set_num_threads(2)
    torch.use_deterministic_algorithms(True)
    torch.utils.deterministic.fill_uninitialized_memory = False
    spoken, noise = data(options.share)
    start = time.monotonic()
    network = train(spoken, noise, options.steps)
    calibration = torch.cat([augment.Batches(spoken, noise, 256, seed=s).draw()[0] for s in range(5, 9)])
    model = to_tflite(network, quantized(calibration), INPUT_SCALE, METADATA)
    (options.out / "model.tflite").write_bytes(model)
    seconds = time.monotonic() - start
    report.write(options.out, network, INPUT_SCALE, model, METADATA, options.recordings, seconds)


if __name__ == "__main__":
    main()
