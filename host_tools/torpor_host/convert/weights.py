# SPDX-License-Identifier: MIT
"""A layer's weights and bias as integers."""

from dataclasses import dataclass

import numpy as np

from torpor_host.convert import rules
from torpor_host.convert.graph import INT4, Op, Tensor, type_of
from torpor_host.convert.scheme import INT8, Plan, Scheme
from torpor_host.convert.writer import INT4_VERSION, quantization

_FRACTIONS = np.linspace(0.3, 1, 29)  # of the greatest weight that are tried as the limit of 4 bits


@dataclass(frozen=True)
class Weights:
    """values: int8 of the weights' shape, within -127..127, or -7..7 if int4. scales: float32, one, or one an output channel."""

    layer: rules.Layer
    int4: bool
    values: np.ndarray
    scales: np.ndarray

    def real(self) -> np.ndarray:
        """The numbers that the integers stand for, float32."""
        return (self.values * _along(self.scales, self.values.ndim, self.layer.axis)).astype(np.float32)

    def tensor(self, like: Tensor) -> Tensor:
        made = Tensor(like.name, like.shape, type_of(INT4 if self.int4 else np.int8), b"", quantization(self.scales, None, self.layer.axis))
        return made.with_values(self.values)


def bias_of(op: Op, plan: Plan) -> np.ndarray | None:
    """A layer's real bias: the plan's, or its own; None if it has none."""
    slot = rules.LAYERS[op.name].bias
    own = op.inputs[slot] if slot < len(op.inputs) else None
    return plan.biases.get(op, None if own is None else own.values())


def quantised(op: Op, plan: Plan, x_scale: float) -> Weights:
    """A layer's weights, with scales wide enough for the bias to fit at a scale made of them and of the input's."""
    layer, scheme = rules.LAYERS[op.name], plan.scheme(op)
    values, int4 = op.inputs[layer.weights].values().astype(np.float64), plan.int4 and scheme is INT8 and op.name in INT4_VERSION
    flat = values[None] if layer.axis is None else values
    axis = layer.axis or 0
    integers, scales = _weights_s4(flat, axis) if int4 else weights_s8(flat, axis)
    bias = bias_of(op, plan)
    least = np.zeros(1) if bias is None else np.abs(bias) / (x_scale * scheme.bias_limit)
    wider = np.maximum(scales, least.max() if layer.axis is None else least).astype(np.float32)
    if (wider > scales).any():
        most = 7 if int4 else 127
        integers, scales = np.clip(np.rint(flat / _along(wider, flat.ndim, axis)), -most, most).astype(np.int8), wider
    return Weights(layer, int4, integers.reshape(values.shape), scales)


def bias_tensor(bias: np.ndarray, like: str, scheme: Scheme, x_scale: float, scales: np.ndarray) -> Tensor:
    """At the scale of the products that it is added to."""
    values, scales = bias_integers(bias, x_scale, scales, scheme.bias.newbyteorder("<"))
    return Tensor(like, bias.shape, type_of(scheme.bias), values.tobytes(), quantization(scales, None, 0))


def bias_integers(bias: np.ndarray, x_scale: float, scales: np.ndarray, dtype) -> tuple[np.ndarray, np.ndarray]:
    """A real bias -> integers of that type, and their scales: the input's times the weights'."""
    scales = np.float32(x_scale) * scales
    return np.rint(bias.astype(np.float64) / scales).astype(dtype), scales


def weights_s8(weights, axis) -> tuple[np.ndarray, np.ndarray]:
    """Float weights -> int8 in -127..127 and one float32 scale for each index of `axis`."""
    others = tuple(i for i in range(weights.ndim) if i != axis)
    largest = np.abs(weights).max(axis=others, keepdims=True)
    scale = (np.where(largest > 0, largest, 1) / 127).astype(np.float32)
    return np.clip(np.rint(weights / scale), -127, 127).astype(np.int8), scale.ravel()


def _weights_s4(values, axis):
    """int8 in -7..7 and scales: of each index of `axis` the limit is sought that has the least square error."""
    others = tuple(i for i in range(values.ndim) if i != axis)
    largest = np.abs(values).max(axis=others, keepdims=True)
    whole = np.where(largest > 0, largest, 1) / 7
    best, error = whole, np.full(whole.shape, np.inf)
    for fraction in _FRACTIONS:
        scale = whole * fraction
        found = np.square(np.clip(np.rint(values / scale), -7, 7) * scale - values).sum(axis=others, keepdims=True)
        best, error = np.where(found < error, scale, best), np.minimum(found, error)
    best = best.astype(np.float32)
    return np.clip(np.rint(values / best), -7, 7).astype(np.int8), best.ravel()


def _along(scales, rank, axis):
    return scales.reshape([-1 if d == axis else 1 for d in range(rank)]) if axis is not None else scales
