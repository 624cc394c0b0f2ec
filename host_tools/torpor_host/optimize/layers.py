# SPDX-License-Identifier: MIT
"""CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED over integers as sums of products that are rescaled.

    y[n, h, w, o] = rescale(bias[o] + sum of (x[n, h', w', i] - zero) * weights[o, ., ., i])
"""

import numpy as np
from tflite_micro.tensorflow.lite.micro.python import schema_py_generated as schema

from torpor_host.convert.graph import INT4, Op, Tensor, type_of
from torpor_host.optimize.interpreter import changed, evaluate

_SAME = schema.Padding.SAME
_ACTIVATIONS = np.dtype(np.int8), np.dtype(np.int16)
_SLOTS = {"CONV_2D": 0, "DEPTHWISE_CONV_2D": 3, "FULLY_CONNECTED": 0}  # the weights' dimension of output channels


class Layer:
    """One such operator. images: the shape of x as [n, h, w, i]; a fully connected layer's is [n, 1, 1, i].

    weights: int64 [o, kh, kw, i], of a depthwise convolution [o, kh, kw, 1]. bias: int64 [o].
    """

    def __init__(self, op: Op):
        self.op, self.x, self.k, self.y = op, op.inputs[0], op.inputs[1], op.outputs[0]
        self.b = op.inputs[2] if len(op.inputs) > 2 else None
        self.axis = _SLOTS[op.name]
        self.width = self.x.shape[-1]  # channels of x; a fully connected layer may see them several times
        self.depthwise = op.name == "DEPTHWISE_CONV_2D"
        self.weights = self._weights(self.k.values().astype(np.int64))
        self.channels, self.k_h, self.k_w, self.depth = self.weights.shape
        self.images = self.x.shape if op.name != "FULLY_CONNECTED" else (self.x.size // self.depth, 1, 1, self.depth)
        self.bias = np.zeros(self.channels, np.int64) if self.b is None else self.b.values().astype(np.int64)

    def _weights(self, k):
        if self.depthwise:
            return k[0].transpose(2, 0, 1)[..., None]
        return k if k.ndim == 4 else k[:, None, None]

    def sums(self, x: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """int64 [n, h, w, o] of products without the bias. x: [n, h, w, i], its zero point subtracted."""
        padded, (rows, columns) = self._padded(x.astype(np.float64))  # exact: far below 2^53
        weights = weights.astype(np.float64)
        total = 0
        for i in range(self.k_h):
            for j in range(self.k_w):
                part = padded[:, rows.at(i)][:, :, columns.at(j)]
                total = total + (part * weights[:, i, j, 0] if self.depthwise else part @ weights[:, i, j].T)
        return np.rint(total).astype(np.int64)

    def _padded(self, x):
        """x with zeros around it, as wide as its window reaches, and its taps along both dimensions."""
        o = self.op.options
        same = self.op.name != "FULLY_CONNECTED" and o.padding == _SAME
        stride = (1, 1) if self.op.name == "FULLY_CONNECTED" else (o.strideH, o.strideW)
        dilation = (1, 1) if self.op.name == "FULLY_CONNECTED" else (o.dilationHFactor, o.dilationWFactor)
        taps = [Taps(x.shape[1 + d], (self.k_h, self.k_w)[d], stride[d], dilation[d], same) for d in (0, 1)]
        x = np.pad(x, ((0, 0), *((t.before, t.after) for t in taps), (0, 0)))
        return np.repeat(x, self.channels // x.shape[3], axis=3) if self.depthwise else x, taps

    def safe(self) -> bool:
        """Whether no sum, in whatever order it is added, can leave the bias's type: then terms may move to the bias."""
        if self.b is None and self.x.dtype != np.int8:
            return False  # a bias would change how wide its sums are
        limit = np.iinfo(self.b.dtype if self.b is not None else np.int32).max
        type_range = np.iinfo(self.x.dtype)
        reach = max(self.x.zero_point - type_range.min, type_range.max - self.x.zero_point)
        greatest = np.abs(self.bias) + reach * np.abs(self.weights).sum(axis=(1, 2, 3))
        return bool((greatest <= min(limit, 1 << 46)).all())  # wider sums are rescaled with 48 bits

    def with_bias(self, bias: np.ndarray) -> Tensor:
        """The bias tensor with other values; a new one if there is none yet."""
        if self.b is not None:
            return self.b.with_values(bias)
        return Tensor(None, bias.shape, schema.TensorType.INT32, bias.astype("<i4").tobytes(), self._bias_quantization())

    def _bias_quantization(self):
        if self.b is not None:
            return self.b.quantization
        scales = self.x.scales[0] * self.k.scales
        return schema.QuantizationParametersT(scale=scales, zeroPoint=np.zeros(len(scales), np.int64))

    def rescaled(self, sums: np.ndarray) -> np.ndarray | None:
        """What the operator makes of sums [..., o] with the bias in them; None if the interpreter cannot be asked."""
        kind = self.b.dtype if self.b is not None else np.dtype(np.int32)
        limits = np.iinfo(kind)
        if (self.b is None and self.x.dtype != np.int8) or sums.min() < limits.min or sums.max() > limits.max:
            return None
        by_channel = np.moveaxis(sums, -1, 0).reshape(self.channels, -1)
        found = [np.unique(row, return_inverse=True) for row in by_channel]
        channel = np.repeat(np.arange(self.channels), [len(distinct) for distinct, _ in found])
        values = self._ask(channel, np.concatenate([distinct for distinct, _ in found]), kind)
        starts = np.searchsorted(channel, np.arange(self.channels))
        rows = [values[start + place.ravel()] for start, (_, place) in zip(starts, found)]
        return np.moveaxis(np.stack(rows).reshape(self.channels, *sums.shape[:-1]), 0, -1)

    def _ask(self, channel, sums, kind):
        """The interpreter's values for sums[i] in channel[i]."""
        # Never one alone: TFLM scales a single channel of a fully connected layer in another way.
        op = self._rescaler(np.append(channel, channel[0]), np.append(sums, sums[0]), kind)
        (values,) = evaluate(op, [np.zeros(op.inputs[0].shape, self.x.dtype)])
        return values.ravel()[:-1].astype(np.int64)

    def _rescaler(self, channel, sums, kind):
        """The same operator with weights of 0, so that the bias alone is its sum: output i has channel[i]'s scale."""
        count = len(sums)
        point = {"CONV_2D": (1, 1, 1, 1), "DEPTHWISE_CONV_2D": (1, 1, 1, count), "FULLY_CONNECTED": (1, 1)}[self.op.name]
        shape = point if self.depthwise else (count, *point[1:])
        k = Tensor("k", shape, schema.TensorType.INT8, bytes(count), take(self.k.quantization, channel))
        b = Tensor("b", (count,), type_of(kind), sums.astype(kind).tobytes(), take(self._bias_quantization(), channel))
        y = self.y.copy(shape=(1, count) if self.op.name == "FULLY_CONNECTED" else (1, 1, 1, count))
        options = changed(self.op.options, depthMultiplier=1) if self.depthwise else self.op.options
        return Op(self.op.name, [self.x.copy(shape=point), k, b], [y], options, self.op.version)


class Taps:
    """Where a window meets one dimension of an image: zeros before and after it, and the elements under one tap."""

    def __init__(self, size, kernel, stride, dilation, same):
        reach = (kernel - 1) * dilation + 1
        self.out = -(-size // stride) if same else (size - reach) // stride + 1
        total = max((self.out - 1) * stride + reach - size, 0) if same else 0
        self.before, self.after = total // 2, total - total // 2
        self._stride, self._dilation = stride, dilation

    def at(self, tap) -> slice:
        start = tap * self._dilation
        return slice(start, start + (self.out - 1) * self._stride + 1, self._stride)


def layer(op: Op) -> Layer | None:
    """The operator as a layer; None if it is another operator, or of types that are left alone."""
    if op.name not in _SLOTS or op.options is None or len(op.inputs) not in (2, 3) or None in op.inputs[:2]:
        return None
    x, k, y, b = *op.inputs[:2], op.outputs[0], (op.inputs + [None])[2]
    if not (x.shape and k.shape and y.shape):
        return None
    integers = x.dtype in _ACTIVATIONS and y.dtype == x.dtype and k.dtype in (np.int8, INT4)
    scaled = x.scales.size == y.scales.size == 1 and k.scales.size and not k.zero_points.any()
    constant = k.data is not None and (b is None or b.data is not None)
    return Layer(op) if integers and scaled and constant and _plain(op, x, k) else None


def _plain(op, x, k):
    """No shuffled weights, no groups, no scales along an unusual dimension."""
    if k.scales.size > 1 and (k.axis != _SLOTS[op.name] or k.scales.size != k.shape[_SLOTS[op.name]]):
        return False
    if op.name == "FULLY_CONNECTED":
        rows = len(k.shape) == 2 and k.shape[1] % x.shape[-1] == 0 and op.outputs[0].shape[-1] == k.shape[0]
        return rows and op.options.weightsFormat == 0
    depth = k.shape[3] if op.name == "CONV_2D" else k.shape[3] // op.options.depthMultiplier
    return len(x.shape) == 4 and depth == x.shape[3]


def take(quantization, indices):
    """Of scales and zero points, those of some channels; a single one stays. min and max, which nothing reads, go."""
    if quantization is None or quantization.scale is None or len(quantization.scale) == 1:
        return quantization
    points = quantization.zeroPoint
    points = points[indices] if points is not None and len(points) == len(quantization.scale) else points
    return changed(quantization, scale=quantization.scale[indices], zeroPoint=points, min=None, max=None)
