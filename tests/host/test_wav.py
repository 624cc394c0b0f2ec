# SPDX-License-Identifier: MIT
"""Recordings: what the microphone plays is accepted, everything else is one sentence and a hint."""

import wave

import numpy as np
import pytest
from torpor_host import wav
from torpor_host.errors import ToolError


def record(path, samples=np.zeros(160, "<i2"), rate=16000, channels=1, width=2):
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, width, rate, 0, "NONE", ""))
        file.writeframes(samples.tobytes())
    return path


def test_samples_come_as_they_are(tmp_path):
    samples = np.array([0, 1, -1, 32767, -32768], "<i2")
    np.testing.assert_array_equal(wav.read(record(tmp_path / "a.wav", samples)), samples)


@pytest.mark.parametrize("kind, words", [
    ({"rate": 44100}, "44100 Hz"), ({"rate": 8000}, "8000 Hz"), ({"channels": 2}, "2 channels"), ({"width": 1}, "8 bit")])
def test_another_format_is_named_and_the_hint_converts_it(tmp_path, kind, words):
    with pytest.raises(ToolError, match=words) as caught:
        wav.read(record(tmp_path / "a.wav", **kind))
    assert "sox" in caught.value.hint and "16000" in caught.value.hint


@pytest.mark.parametrize("content", [b"", b"RIFF", b"ID3\x03" + bytes(100), b"RIFF\x04\x00\x00\x00WAVE"])
def test_what_is_no_wav_is_refused(tmp_path, content):
    (tmp_path / "a.wav").write_bytes(content)
    with pytest.raises(ToolError, match="not a PCM WAV"):
        wav.read(tmp_path / "a.wav")


def test_a_wav_without_samples_is_refused(tmp_path):
    with pytest.raises(ToolError, match="no samples"):
        wav.read(record(tmp_path / "a.wav", np.zeros(0, "<i2")))


def test_a_truncated_wav_is_refused(tmp_path):
    path = record(tmp_path / "a.wav")
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(ToolError, match="less than its header says"):
        wav.read(path)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(ToolError, match="No such file"):
        wav.read(tmp_path / "none.wav")
