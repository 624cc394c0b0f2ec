# SPDX-License-Identifier: MIT
"""Whole models made by others, against the recorded outputs and the official interpreter."""

import json
import wave

import numpy as np
import pytest

from oracle import ours, wheel
from signals import both
from torpor_host import engine

# TFLM with CMSIS-NN, bytes of its arena on a 32-bit MCU, times what we allow ourselves.
MEMORY = {"kws_ref_model": 18256, "vww_96_int8": 60400, "pretrainedResnet_quant": 52200, "ad01_int8": 2064}
INT8 = (*MEMORY, "hello_world_int8", "micro_speech_quantized")
FLOAT = ("hello_world_float", "ad01_fp32")
PREPROCESSOR, HOP = "audio_preprocessor_int8", 320  # int16[1, 480] -> int8[40]; a window begins every 20 ms
WORDS = {"silence": 0, "noise": 0, "yes": 2, "no": 3}  # outputs of micro_speech: silence, unknown, yes, no


def xorshift(count, x=0x12345678):
    """Bytes of the 32-bit xorshift generator that the recorded outputs belong to."""
    out = np.empty(count, np.uint8)
    for i in range(count):
        x ^= x << 13 & 0xFFFFFFFF
        x ^= x >> 17
        x ^= x << 5 & 0xFFFFFFFF
        out[i] = x >> 24
    return out


def fnv(data):
    """FNV-1a, 32 bits, as 8 hex digits."""
    h = 0x811C9DC5
    for byte in data:
        h = (h ^ byte) * 0x01000193 & 0xFFFFFFFF
    return f"{h:08x}"


def _input(model):
    tensor = model.inputs[0]
    values = xorshift(tensor.array.size).view(np.int8).reshape(tensor.shape)
    return values if tensor.dtype == np.int8 else (values / 128).astype(np.float32)


@pytest.mark.parametrize("name", INT8 + FLOAT)
def test_model_gives_the_recorded_bytes(peer_models, name):
    data = (peer_models / f"{name}.tflite").read_bytes()
    golden = json.loads((peer_models / "golden_xorshift.json").read_text())[name]["wheel"]
    (y,) = ours(data, _input(engine.Model(data)))
    assert fnv(y.tobytes()) == golden["fnv"]


@pytest.mark.parametrize("name", INT8)
def test_model_gives_the_official_interpreters_bytes(peer_models, name):
    data = (peer_models / f"{name}.tflite").read_bytes()
    shape = engine.Model(data).inputs[0].shape
    for seed in range(3):
        x = np.random.default_rng(seed).integers(-128, 128, shape).astype(np.int8)
        np.testing.assert_array_equal(ours(data, x)[0], wheel(data, x)[0])


@pytest.mark.parametrize("name", FLOAT)
def test_float_model_adds_in_the_official_interpreters_order(peer_models, name):
    data = (peer_models / f"{name}.tflite").read_bytes()
    x = np.random.default_rng(1).normal(0, 1, engine.Model(data).inputs[0].shape).astype(np.float32)
    np.testing.assert_array_equal(ours(data, x)[0], wheel(data, x)[0])


@pytest.mark.parametrize("name", MEMORY)
def test_model_memory(peer_models, name):
    arena, state = engine.measure((peer_models / f"{name}.tflite").read_bytes())
    assert arena + state <= MEMORY[name]


@pytest.mark.parametrize("name, macs", (("kws_ref_model", 2656768), ("vww_96_int8", 7489664), ("ad01_int8", 264192),
                                        ("pretrainedResnet_quant", 12501632), ("micro_speech_quantized", 336000)))
def test_model_multiply_accumulates(peer_models, name, macs):
    assert engine.Model((peer_models / f"{name}.tflite").read_bytes()).macs == macs


def _windows(path):
    """int16[1, 480] after each other, of a second of sound."""
    with wave.open(str(path)) as sound:
        samples = np.frombuffer(sound.readframes(sound.getnframes()), "<i2")
    return [samples[at : at + 480].reshape(1, 480) for at in range(0, samples.size - 479, HOP)]


def test_preprocessor_gives_the_recorded_bytes(peer_models):
    data = (peer_models / f"{PREPROCESSOR}.tflite").read_bytes()
    golden = json.loads((peer_models / "golden_xorshift.json").read_text())[PREPROCESSOR]["wheel"]
    (y,) = engine.Model(data)(xorshift(960).view("<i2").reshape(1, 480))
    assert fnv(y.tobytes()) == golden["fnv"]


@pytest.mark.parametrize("word", WORDS)
def test_preprocessor_and_keyword_model_hear_a_word(peer_models, peer_data, word):
    """Every feature of a second of sound, and the scores, are the official interpreter's; and the word is right."""
    windows = _windows(peer_data / f"{word}_1000ms.wav")
    features = []
    for (own,), (theirs,) in both((peer_models / f"{PREPROCESSOR}.tflite").read_bytes(), [(x,) for x in windows]):
        np.testing.assert_array_equal(own, theirs)
        features.append(own)
    model, x = (peer_models / "micro_speech_quantized.tflite").read_bytes(), np.array(features).reshape(1, 1960)
    (scores,) = ours(model, x)
    np.testing.assert_array_equal(scores, wheel(model, x)[0])
    assert scores.argmax() == WORDS[word]


def test_preprocessor_memory(peer_models):
    """TFLM's arena is 10,224 bytes on x86-64; state for 64-bit pointers here."""
    arena, state = engine.measure((peer_models / f"{PREPROCESSOR}.tflite").read_bytes())
    assert arena <= 2016 and state <= 3000
