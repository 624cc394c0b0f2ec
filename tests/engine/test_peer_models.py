# SPDX-License-Identifier: MIT
"""Whole models made by others, against the recorded outputs and the official interpreter."""

import json

import numpy as np
import pytest

from oracle import ours, wheel
from torpor_host import engine

# TFLM with CMSIS-NN, bytes of its arena on a 32-bit MCU, times what we allow ourselves.
MEMORY = {"kws_ref_model": 18256, "vww_96_int8": 60400, "pretrainedResnet_quant": 52200, "ad01_int8": 2064}
INT8 = (*MEMORY, "hello_world_int8", "micro_speech_quantized")
FLOAT = ("hello_world_float", "ad01_fp32")


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
