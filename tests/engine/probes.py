# SPDX-License-Identifier: MIT
"""Models of one operator in given types, made of the fuzzer's seeds: what the table of operators is held against."""

import dataclasses
import os
import pickle

import numpy as np
import seeds

from oracle import wheel
from torpor_host.check.operators import operators
from torpor_host.convert.graph import INT4, type_of

DTYPES = {
    "int8": np.int8, "int16": np.int16, "int32": np.int32, "int64": np.int64, "uint8": np.uint8, "uint32": np.uint32,
    "uint64": np.uint64, "bool": np.bool_, "float32": np.float32, "int4": INT4,
}
NAMES = {dtype: name for name, dtype in DTYPES.items()}
_DEFAULT = {"int8": (0.05, -3), "int16": (0.001, 0), "uint8": (0.05, 120), "int4": (0.1, 0)}

# What the official interpreter computes with a parameter that nothing sets, now and then.
UNSET = {
    "SPACE_TO_BATCH_ND": "the zero point that int8 is padded with",
}

# How far a float may be off the official interpreter's, in units in the last place of the largest output; equal elsewhere.
# Our functions are off by what math.h states, the C library's by 1; where several come after one another, or the official
# interpreter computes in double precision, more.
ULPS = {
    "EXP": 2, "LOG": 2, "SIN": 3, "COS": 3, "TANH": 3, "ELU": 3, "LOGISTIC": 4, "SOFTMAX": 5, "LOG_SOFTMAX": 5,
    "UNIDIRECTIONAL_SEQUENCE_LSTM": 26, "TFLite_Detection_PostProcess": 26,
}

# What an output's scale and zero point have to be, by operator and the types of input and output.
_FIXED = {
    ("SOFTMAX", "int8", "int8"): (1 / 256, -128), ("SOFTMAX", "int8", "int16"): (1 / 65536, -32768),
    ("SOFTMAX", "int16", "int16"): (1 / 32768, 0), ("LOG_SOFTMAX", "int8", "int8"): (1 / 16, 127),
    ("LOGISTIC", "int8", "int8"): (1 / 256, -128), ("LOGISTIC", "int16", "int16"): (1 / 32768, 0),
    ("TANH", "int8", "int8"): (1 / 128, 0), ("TANH", "int16", "int16"): (1 / 32768, 0),
}


# Where activations, weights and bias stand: TFLM wants a bias whose scale is the product of theirs.
_LAYERS = {"CONV_2D": (0, 1, 2), "DEPTHWISE_CONV_2D": (0, 1, 2), "FULLY_CONNECTED": (0, 1, 2), "TRANSPOSE_CONV": (2, 1, 3)}


@dataclasses.dataclass(frozen=True)
class Probe:
    """An operator on tensors of certain types: as in seeds.OPERATORS, a name, inputs, outputs and options."""

    name: str
    inputs: tuple
    outputs: tuple
    options: dict

    @property
    def types(self):
        """The names of its inputs' types, None where there is no input, and those of its outputs."""
        return [None if t is None else NAMES[t.dtype] for t in self.inputs], [NAMES[t.dtype] for t in self.outputs]

    def model(self):
        return seeds.model(self.name, self.inputs, self.outputs, **self.options)

    def fed(self, seed=0):
        """Values for its inputs. Numbers that may be indices or sizes are 0 or 1."""
        rng = np.random.default_rng(seed)
        given = [t for t in self.inputs if t is not None and t.data is None and not t.variable]
        return [_values(rng, t, self.name) for t in given]


def _values(rng, t, name):
    if name == "RSQRT" and t.quantisation:
        return rng.integers(t.quantisation["zero_point"], np.iinfo(t.dtype).max, t.shape).astype(t.dtype)
    if np.dtype(t.dtype).kind == "f":
        return rng.uniform(0.1, 3, t.shape).astype(t.dtype)
    if t.dtype in (np.int32, np.int64) and name in ("BROADCAST_ARGS", "DIV"):
        return np.ones(t.shape, t.dtype)
    if t.dtype in (np.int32, np.int64, np.uint64, np.bool_):
        return rng.integers(0, 2, t.shape).astype(t.dtype)
    limits = np.iinfo(t.dtype).min, np.iinfo(t.dtype).max + 1
    return rng.integers(*limits, t.shape).astype(t.dtype)


def _data(t, dtype):
    """A constant's values in another type."""
    values = np.asarray(t.data)
    if values.dtype.kind == "f":
        values = values if dtype == np.float32 else np.round(values * 100)
    elif dtype == np.float32 and t.dtype in (np.int8, np.int16):
        values = values * 0.01
    if dtype in (np.int8, np.int16, np.uint8):
        values = values.clip(np.iinfo(dtype).min, np.iinfo(dtype).max)
    return values.astype(np.int8).clip(-8, 7) if dtype == INT4 else values.astype(dtype)


def retyped(t, name):
    """A tensor of another type, with the scale and zero point that such a tensor mostly has."""
    if t is None or NAMES[t.dtype] == name:
        return t
    scale, zero = _DEFAULT.get(name, (None, None))
    quantisation = {} if scale is None else dict(scale=scale, zero_point=0 if t.data is not None else zero)
    if t.data is not None and np.ndim(t.quantisation.get("scale")):  # a scale a channel
        quantisation = t.quantisation if name != "float32" else {}
    elif t.data is not None and name in ("int32", "int64"):
        quantisation = t.quantisation
    data = None if t.data is None else _data(t, DTYPES[name])
    return dataclasses.replace(t, dtype=DTYPES[name], data=data, quantisation=quantisation)


def retype(probe, inputs, outputs):
    """The same on tensors of these types; None if an input should be absent that is there."""
    if any(t is not None and name == "" for t, name in zip(probe.inputs, inputs)):
        return None
    ins = tuple(map(retyped, probe.inputs, inputs))
    outs = tuple(map(retyped, probe.outputs, outputs))
    first = next(NAMES[t.dtype] for t in ins if t is not None)
    fixed = _FIXED.get((probe.name, first, NAMES[outs[0].dtype]))
    if probe.name == "QUANTIZE":
        ins, outs = tuple(map(_with_scale, ins)), tuple(map(_with_scale, outs))
    if probe.name in _LAYERS:
        ins = _with_bias(ins, *_LAYERS[probe.name])
    if fixed:
        outs = (dataclasses.replace(outs[0], quantisation=dict(scale=fixed[0], zero_point=fixed[1])),)
    options = {**probe.options, "T": type_of(outs[0].dtype)} if "T" in probe.options else probe.options
    return dataclasses.replace(probe, inputs=ins, outputs=outs, options=options)


def _with_scale(t):
    """int32 that stands for real numbers."""
    return dataclasses.replace(t, quantisation=dict(scale=0.02, zero_point=0)) if t.dtype == np.int32 else t


def _with_bias(ins, x, k, bias):
    if len(ins) <= bias or ins[bias] is None or "scale" not in ins[x].quantisation or "scale" not in ins[k].quantisation:
        return ins
    scale = np.float32(ins[x].quantisation["scale"]) * np.float32(ins[k].quantisation["scale"])
    return *ins[:bias], dataclasses.replace(ins[bias], quantisation=dict(scale=scale, axis=0)), *ins[bias + 1 :]


def of_seeds(name):
    return [Probe(name, tuple(inputs), tuple(outputs), options) for own, inputs, outputs, options in seeds.OPERATORS if own == name]


def _spread(types, n):
    return [types[min(i, len(types) - 1)] for i in range(n)]


def of_types(name, inputs, outputs):
    """The operator's seeds in these types, those first that change least."""
    found = [(probe, retype(probe, _spread(inputs, len(probe.inputs)), _spread(outputs, len(probe.outputs))))
             for probe in of_seeds(name)]
    changed = [(sum(a is not b for a, b in zip(old.inputs + old.outputs, new.inputs + new.outputs)), i, new)
               for i, (old, new) in enumerate(found) if new]
    return [new for _, _, new in sorted(changed, key=lambda entry: entry[:2])]


def of_table(name):
    """[(types of inputs and outputs, probes that have them)] of all that the table says of an operator."""
    types = [types for signature in operators()[name].signatures for types in signature.each()]
    return [(pair, of_types(name, *pair)) for pair in types]


def close(own, theirs, name):
    """Whether outputs are equal, or floats as close as ULPS has it."""
    return all(_close(x, y, ULPS.get(name, 0)) for x, y in zip(own, theirs, strict=True))


def _close(x, y, ulps):
    most = np.abs(y).max() if y.dtype.kind == "f" and y.size else 0
    return np.allclose(x, y, rtol=0, atol=most * ulps * 2.0**-23)


def asked(probe, seed=0):
    """The official interpreter's outputs for probe.fed(seed); None if it refuses the model, or dies of it."""
    read, write = os.pipe()
    if os.fork() == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        try:
            answer = wheel(probe.model(), *probe.fed(seed), outputs=len(probe.outputs))
        except BaseException:
            answer = None
        with open(write, "wb") as pipe:
            pickle.dump(answer, pipe)
        os._exit(0)
    os.close(write)
    with open(read, "rb") as pipe:
        given = pipe.read()
    os.wait()
    return pickle.loads(given) if given else None
