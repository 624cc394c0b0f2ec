# SPDX-License-Identifier: MIT
"""The two ways in which TFLM computes with integers, and what of them a model uses."""

from dataclasses import dataclass, field

import numpy as np

from torpor_host.check.operators import operators
from torpor_host.convert import rules
from torpor_host.convert.graph import Op, Tensor, type_of
from torpor_host.convert.writer import INT8_VERSION, INT16_VERSION, quantization
from torpor_host.optimize.interpreter import changed


@dataclass(frozen=True)
class Scheme:
    """How activations are stored; weights are int8 in all.

    low, high: of the integers. symmetric: zero points are 0. bias: the type of a layer's bias; it stays below bias_limit, which
    leaves room for the sum of products. fixed: {operator: scale and zero point of its output}. versions: of operators, 1 elsewhere.
    """

    name: str
    dtype: np.dtype
    low: int
    high: int
    symmetric: bool
    bias: np.dtype
    bias_limit: int
    fixed: dict[str, tuple[float, int]] = field(hash=False)
    versions: dict[str, int] = field(hash=False)

    def scale(self, low: float, high: float) -> tuple[float, int]:
        """Scale and zero point that cover low..high, and zero."""
        if self.symmetric:
            return float(np.float32(max(-low, high, 1e-6) / self.high)), 0
        low, high = min(low, 0.0), max(high, 0.0, 1e-6)
        scale = np.float32((high - low) / (self.high - self.low))
        return float(scale), int(np.clip(np.rint(self.low - low / scale), self.low, self.high))

    def integers(self, values: np.ndarray, scale: float, zero: int) -> np.ndarray:
        """Real values, rounded and saturated."""
        return np.clip(np.rint(values.astype(np.float64) / scale) + zero, self.low, self.high).astype(self.dtype)

    def tensor(self, like: Tensor, scale: float, zero: int, values: np.ndarray | None = None) -> Tensor:
        """The integer twin of an activation, or with real values of a constant."""
        data = None if values is None else self.integers(values, scale, zero).astype(self.dtype.newbyteorder("<")).tobytes()
        return Tensor(like.name, like.shape, type_of(self.dtype), data, quantization(scale, zero))

    def has(self, op: Op) -> bool:
        """Whether the engine, and so TFLM, has an operator in this form; also if it computes with nothing real."""
        if not any(t.dtype == np.float32 for t in (*op.reads(), *op.outputs)):
            return True
        if op.name in rules.BYTES and self.dtype != np.int8:
            return False
        row, layer = operators().get(op.name), rules.LAYERS.get(op.name)
        special = {layer.weights: "int8", layer.bias: self.bias.name} if layer else {i: "int8" for name, i in rules.NARROW if name == op.name}
        slots = [None if t is None else self._type(t, special.get(i)) for i, t in enumerate(op.inputs)]
        known = op.name in rules.LAYERS or op.name in self.fixed or op.name in rules.TIED or op.name in rules.FREE
        return known and row is not None and row.takes(slots, [self._type(t, None) for t in op.outputs])

    def _type(self, tensor, special):
        return (special or self.dtype.name) if tensor.dtype == np.float32 else np.dtype(tensor.dtype).name

    def options(self, op: Op):
        """An operator's options: int16 sums have scales that are no powers of two."""
        if not self.symmetric or not hasattr(op.options, "potScaleInt16"):
            return op.options
        return changed(op.options, potScaleInt16=False)


INT8 = Scheme(
    "int8", np.dtype(np.int8), -128, 127, False, np.dtype(np.int32), 1 << 30, {
        "SOFTMAX": (1 / 256, -128), "LOGISTIC": (1 / 256, -128), "TANH": (1 / 128, 0), "LOG_SOFTMAX": (16 / 256, 127),
        "L2_NORMALIZATION": (1 / 128, 0)}, INT8_VERSION)
INT16 = Scheme(
    "int16", np.dtype(np.int16), -32768, 32767, True, np.dtype(np.int64), 1 << 45,
    {name: (1 / 32768, 0) for name in ("SOFTMAX", "LOGISTIC", "TANH")}, INT16_VERSION)


@dataclass(frozen=True)
class Plan:
    """What becomes of a float graph.

    ranges: for each scheme, of every float activation. wide: operators that compute in int16; the others do in int8.
    int4: CONV_2D and FULLY_CONNECTED have weights of 4 bits where they compute in int8. biases: of layers that get another.
    """

    ranges: dict[Scheme, dict[Tensor, tuple[float, float]]]
    wide: frozenset[Op] = frozenset()
    int4: bool = False
    biases: dict[Op, np.ndarray] = field(default_factory=dict)

    def scheme(self, op: Op) -> Scheme:
        return INT16 if op in self.wide else INT8
