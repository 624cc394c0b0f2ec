#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes samples/: a word a file, and demo.wav with demo.json, what is said in it. Held-out voices only.

    python models/keywords/samples.py

The truth of demo.json: {"events": [{"label", "start_s", "end_s"}]}, every spoken word.
"""

import json
import wave
from pathlib import Path

import clips
import numpy as np
import sound
import speech
import words

FOLDER = Path(__file__).resolve().parent / "samples"

# (start in seconds, text, voice, speed, pitch)
SINGLE = (
    ("yes", "en-gb+linda", 140, 55),
    ("no", "en-us+m3", 130, 40),
    ("stop", "en-gb-scotland+f4", 150, 60),
    ("go", "en-us+ed", 140, 45),
    ("banana", "en-gb-x-rp+Annie", 150, 50),
)
DEMO = (
    (1.2, "yes", "en-us+f4", 140, 50),
    (3.2, "no", "en-gb+m3", 130, 45),
    (5.0, "banana", "en-us+linda", 150, 50),
    (6.6, "stop", "en-us+Annie", 140, 55),
    (8.2, "go", "en-gb-x-gbcwmd+m3", 135, 50),
    (11.2, "yes", "en-gb-x-rp+travis", 145, 40),
)
DEMO_SECONDS = 13.2


def word(text, voice, speed, pitch):
    """The word at 16 kHz, RMS -20 dBFS."""
    said = speech.say(speech.Spoken(text, 0, voice, speed, pitch, "medium", "."))
    return sound.level(sound.resample(said, sound.RATE / speech.RATE), -20)


def label(text):
    return text if text in words.KEYWORDS else "unknown"


def write(name, x):
    FOLDER.mkdir(exist_ok=True)
    with wave.open(str(FOLDER / name), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(sound.RATE)
        file.writeframes(clips.to_int16(x).tobytes())


def place(background, start_s, spoken):
    """Adds `spoken` to the background; returns its end in seconds."""
    first = round(start_s * sound.RATE)
    background[first : first + spoken.size] += spoken
    return round(start_s + spoken.size / sound.RATE, 2)


def main():
    rng = np.random.default_rng(12)
    for text, *voice in SINGLE:
        x = sound.level(rng.normal(size=sound.RATE), -62)
        place(x, 0.3, word(text, *voice))
        write(f"{label(text)}.wav", x)
    x = sound.level(sound._pink(rng, round(DEMO_SECONDS * sound.RATE), None), -50)
    events = []
    for start_s, text, *voice in DEMO:
        end_s = place(x, start_s, word(text, *voice))
        events.append({"label": label(text), "start_s": start_s, "end_s": end_s})
    write("demo.wav", x)
    (FOLDER / "demo.json").write_text(json.dumps({"events": events}, indent=1) + "\n")


if __name__ == "__main__":
    main()
