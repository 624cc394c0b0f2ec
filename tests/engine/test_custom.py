# SPDX-License-Identifier: MIT
"""Custom operators: found by their names, with options in FlexBuffers."""

import ctypes

import numpy as np
import pytest
from flatbuffers import flexbuffers

from torpor_host import engine
from torpor_host.convert.writer import Writer
from torpor_host.native import library


class Map(ctypes.Structure):
    """te_map_t."""

    _fields_ = [("data", ctypes.c_void_p), ("len", ctypes.c_uint32), ("values", ctypes.c_uint32),
                ("keys", ctypes.c_uint32), ("n", ctypes.c_uint32), ("width", ctypes.c_uint8), ("key_width", ctypes.c_uint8)]


def opened(data):
    """The map, and the bytes that it reads, in a block of exactly their size; None if it is refused."""
    block = (ctypes.c_uint8 * len(data))(*data)
    library().te_map_open.restype = ctypes.c_bool
    made = Map()
    return (made, block) if library().te_map_open(ctypes.byref(made), block, ctypes.c_uint32(len(data))) else None


def value(opened_map, key, kind):
    """The value of a key as ctypes has that kind; None if there is none of that kind."""
    made, _ = opened_map
    i = library().te_map_find(ctypes.byref(made), key.encode())
    read = library().te_map_integer if kind is ctypes.c_int32 else library().te_map_float
    read.restype = ctypes.c_bool
    v = kind()
    return v.value if i >= 0 and read(ctypes.byref(made), i, ctypes.byref(v)) else None


def integer(opened_map, key):
    return value(opened_map, key, ctypes.c_int32)


def real(opened_map, key):
    return value(opened_map, key, ctypes.c_float)


def written(values):
    builder = flexbuffers.Builder()
    with builder.Map():
        for key, v in values.items():
            builder.Key(key)
            builder.Float(v, 8) if isinstance(v, float) else builder.Add(v)
    return bytes(builder.Finish())


@pytest.mark.parametrize("seed", range(40))
def test_integers_of_every_width(seed):
    rng = np.random.default_rng(seed)
    most = 2 ** int(rng.choice((7, 15, 31)))
    values = {f"k{i:02d}" * int(rng.integers(1, 8)): int(rng.integers(-most, most)) for i in range(rng.integers(1, 32))}
    made = opened(written(values))
    assert {key: integer(made, key) for key in values} == values
    assert {key: real(made, key) for key in values} == {key: float(np.float32(v)) for key, v in values.items()}
    assert integer(made, "k") is None and integer(made, "zz") is None


@pytest.mark.parametrize("seed", range(40))
def test_doubles_become_the_nearest_floats(seed):
    rng = np.random.default_rng(seed)
    values = {f"k{i}": float(rng.normal() * 10.0 ** rng.uniform(-37, 37)) for i in range(8)}
    values |= {"zero": 0.0, "minus": -0.0, "tie": 1 + 2.0**-24, "above": 1 + 2.0**-24 + 2.0**-52, "carry": 2 - 2.0**-25}
    made = opened(written(values))
    assert {key: real(made, key) for key in values} == {key: float(np.float32(v)) for key, v in values.items()}
    assert integer(made, "tie") is None


def test_floats_and_flags():
    made = opened(written({"half": 0.5, "yes": True, "no": False}))
    assert (real(made, "half"), integer(made, "yes"), integer(made, "no")) == (0.5, 1, 0)
    assert real(made, "yes") is None and integer(made, "half") is None


def test_doubles_beyond_float_are_refused():
    made = opened(written({"large": 1e39, "small": 1e-39, "infinite": float("inf")}))
    assert [real(made, key) for key in ("large", "small", "infinite")] == [None] * 3


@pytest.mark.parametrize("data", (
    b"", b"\x00", b"\x01\x04\x01", flexbuffers.Dumps(3), flexbuffers.Dumps([1, 2]), flexbuffers.Dumps({}), written({"a": 1})[:-1],
    written({"a" * 64: 1}), written({f"{i:02d}": i for i in range(33)}), b"\xff" * 40,
), ids=range(10))
def test_what_is_no_map_of_options_is_refused(data):
    assert opened(data) is None


def test_keys_out_of_order_are_refused():
    data = written({"first": 1, "other": 2})
    assert opened(data) and opened(data.replace(b"first", b"zirst")) is None
    assert opened(data.replace(b"first", b"other")) is None


def test_a_damaged_map_is_refused_or_read_inside_its_bytes():
    """Every byte changed and every length: what is accepted has its keys and values where the bytes are."""
    data, accepted = written({"a": 1, "bcd": 300, "x": 0.25}), 0
    damaged = [data[:i] + bytes([b]) + data[i + 1 :] for i in range(len(data)) for b in range(256)]
    for bytes_ in damaged + [data[:n] for n in range(len(data))] + [data[n:] for n in range(1, len(data))]:
        made = opened(bytes_)
        if made:
            accepted += 1
            m, _ = made
            assert m.values + m.n * (m.width + 1) <= m.len and m.keys + m.n * m.key_width <= m.len
            integer(made, "bcd")
    assert 256 < accepted < len(damaged)


def model(name, options=None):
    w = Writer()
    x, y = w.tensor("x", (4,), np.int16), w.tensor("y", (4,), np.int16)
    w.custom(name, [x], [y], options)
    return w.finish([x], [y])


@pytest.mark.parametrize("name, called", (
    ("SignalNothing", "SignalNothing"), ("Signal Two\n", "Signal?Two?"), ("", "custom"), ("ADD", "ADD"),
    ("longer" * 10, ("longer" * 10)[:40]), ("größe", "gr????e"),
))
def test_an_unknown_custom_operator_is_named(name, called):
    with pytest.raises(engine.ToolError) as error:
        engine.measure(model(name))
    assert str(error.value) == f"{called} #0: this operator is not supported."
