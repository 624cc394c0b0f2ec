# SPDX-License-Identifier: MIT
"""Post-training quantisation of a float graph to int8, as TensorFlow Lite's specification has it and TFLM wants it.

Weights are symmetric, activations asymmetric with ranges that calibration showed, biases int32 at input scale times weight
scale (Jacob et al. 2018, "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference").
"""

import numpy as np
from tflite_micro.tensorflow.lite.micro.python import schema_py_generated as schema

from torpor_host.convert import loop, rules
from torpor_host.convert.graph import Graph, Model, Op, Signature, Tensor
from torpor_host.convert.quantize import activation_s8, bias_s32, weights_s8
from torpor_host.convert.unsupported import Layer, fail
from torpor_host.convert.writer import INT8_VERSION, quantization
from torpor_host.errors import ToolError
from torpor_host.optimize.rewire import sole_reader

_INT8, _INT32, _FLOAT32 = schema.TensorType.INT8, schema.TensorType.INT32, schema.TensorType.FLOAT32
_LOWEST = float(np.finfo(np.float32).min)  # the border of a MAX_POOL_2D, which no maximum takes: -128 will do
_BIAS_LIMIT = 1 << 30  # leaves as much for the sum


def check(model: Model) -> None:
    """Raises ToolError if a float model cannot be quantised: it has several subgraphs, or operators without an int8 form."""
    if not all(map(loop.compares, model.graphs[1:])):
        raise ToolError("A model of several subgraphs cannot be quantised.", "give --quantize float")
    bad = [(i, op, _reason(op)) for i, op in enumerate(model.main.ops)]
    fail([Layer(f"#{i} {op.outputs[0].name if op.outputs else ''}", op.name, reason, "--quantize float, or another layer")
          for i, op, reason in bad if reason], "quantised")


def quantise(model: Model, ranges: dict[Tensor, tuple[float, float]], float_ends: bool = False) -> Model:
    """The int8 twin of a float model that check() let pass. ranges: of every float activation.

    float_ends: inputs and outputs stay float32, behind QUANTIZE and DEQUANTIZE.
    """
    return _Quantizer(model, ranges).model(float_ends)


def _reason(op):
    """Why an operator cannot be quantised; None if it can, or has nothing to quantise."""
    if not any(t.dtype == np.float32 for t in (*op.reads(), *op.outputs)):
        return None
    if op.name not in {*rules.LAYERS, *rules.FIXED, *rules.TIED, *rules.FREE}:
        return "no int8 form"
    if op.name == "WHILE" and sum(t.dtype == np.float32 for t in op.inputs) > 1:
        return "carries several floats"
    layer = rules.LAYERS.get(op.name)
    parts = [] if layer is None else [op.inputs[i] for i in (layer.weights, layer.bias) if i < len(op.inputs)]
    return "computed weights or bias" if any(t is not None and t.data is None for t in parts) else None


class _Scales:
    """Which tensors share a scale, and which scale each has."""

    def __init__(self, model: Model, ranges):
        self._model, self._graph, self._ranges, self._parent, self._fixed = model, model.main, ranges, {}, {}
        self.rescaled: set[tuple[Op, int]] = set()  # inputs whose prescribed scale is not that of their operator
        self._cut: set[Tensor] = set()  # ranges that do not count
        self._constants: list[tuple[tuple[float, float], Tensor]] = []  # least and greatest, and who shares their scale
        for op in self._graph.ops:
            self._visit(op)
        self._members: dict[Tensor, list[Tensor]] = {}
        for tensor in ranges:
            self._members.setdefault(self._root(tensor), []).append(tensor)

    def of(self, tensor: Tensor) -> tuple[float, int]:
        """Scale and zero point."""
        root = self._root(tensor)
        if root in self._fixed:
            return self._fixed[root]
        members = self._members[root]
        ends = [self._ranges[t] for t in [t for t in members if t not in self._cut] or members]
        ends += [c for c, owner in self._constants if self._root(owner) is root]
        return activation_s8(np.array([min(low for low, _ in ends), max(high for _, high in ends)]))

    def _visit(self, op):
        if op.name in rules.FIXED:
            self._fixed[self._root(op.outputs[0])] = rules.FIXED[op.name]
        if op.name not in rules.TIED:
            return
        floats = [(i, t) for i, t in enumerate(op.inputs) if t is not None and t.dtype == np.float32]
        for i, tensor in floats:
            if tensor.data is not None:
                if op.name not in rules.CLAMPS and _ends(tensor)[0] > _LOWEST:
                    self._constants.append((_ends(tensor), op.outputs[0]))
            elif len(floats) > 1 and self._root(tensor) in self._fixed:
                self.rescaled.add((op, i))
            else:
                for y in op.outputs:
                    self._tie(tensor, y)
                if op.name == "WHILE":
                    self._constants += [(ends, tensor) for ends in [loop.thresholds(_called(self._model, op))] if ends]
        if op.name == "PADV2":
            self._cut.add(op.outputs[0])  # its border counts as a constant
        if op.name in rules.CLAMPS and any(t.data is not None for _, t in floats):
            self._cut |= {t for _, t in floats if t.data is None and sole_reader(self._graph, t) is op}

    def _tie(self, a, b):
        a, b = self._root(a), self._root(b)
        if a is not b:
            self._parent[b] = a

    def _root(self, tensor):
        while tensor in self._parent:
            tensor = self._parent[tensor]
        return tensor


class _Quantizer:
    def __init__(self, model, ranges):
        self._source, self._graph, self._ranges = model, model.main, ranges
        self._scales, self._new, self._ops = _Scales(model, ranges), {}, []
        self._parts = list(model.graphs[1:])

    def model(self, float_ends) -> Model:
        for op in self._graph.ops:
            self._op(op)
        inputs, outputs = ([self._activation(t) for t in side] for side in (self._graph.inputs, self._graph.outputs))
        if float_ends:
            inputs, outputs = self._float_ends(inputs, outputs)
        graph = Graph(inputs, outputs, self._ops, name=self._graph.name)
        ends = dict(zip([*self._graph.inputs, *self._graph.outputs], [*inputs, *outputs]))
        signatures = [Signature(s.key, graph, *([(name, ends[t]) for name, t in side] for side in (s.inputs, s.outputs)))
                      for s in self._source.signatures]
        return Model([graph, *self._parts], self._source.description, self._source.metadata, signatures, self._source.version)

    def _op(self, op):
        if op.name in rules.LAYERS:
            inputs = self._layer(op, rules.LAYERS[op.name])
        else:
            inputs = [self._input(op, i, t) for i, t in enumerate(op.inputs)]
        if op.name == "WHILE":
            self._loop(op)
        outputs = [self._activation(t) for t in op.outputs]
        self._ops.append(Op(op.name, inputs, outputs, op.options, max(op.version, INT8_VERSION.get(op.name, 1))))

    def _loop(self, op):
        scales = [self._scales.of(t) for t in op.inputs if t.dtype == np.float32]
        for part in _called(self._source, op) if scales else ():
            self._parts[self._source.graphs.index(part) - 1] = loop.quantised(part, *scales[0])

    def _input(self, op, i, tensor):
        if tensor is None or tensor.dtype != np.float32:
            return tensor
        if tensor.data is None:
            x = self._activation(tensor)
            return self._rescaled(x, op) if (op, i) in self._scales.rescaled else x
        scale, zero = self._scales.of(op.outputs[0]) if op.name in rules.TIED else activation_s8(np.array(_ends(tensor)))
        values = np.clip(np.rint(tensor.values().astype(np.float64) / scale) + zero, -128, 127).astype(np.int8)
        return Tensor(tensor.name, tensor.shape, _INT8, values.tobytes(), quantization(scale, zero))

    def _rescaled(self, x, op):
        """x at the scale of what an operator writes."""
        y = x.copy(quantization=quantization(*self._scales.of(op.outputs[0])))
        self._ops.append(Op("QUANTIZE", [x], [y], schema.QuantizeOptionsT()))
        return y

    def _layer(self, op, layer):
        inputs, k = list(op.inputs), op.inputs[layer.weights]
        bias = inputs[layer.bias] if layer.bias < len(inputs) else None
        x_scale, _ = self._scales.of(op.inputs[layer.x])
        kernel, scales = _weights(k.values(), layer.axis, None if bias is None else bias.values(), x_scale)
        inputs[layer.x] = self._activation(op.inputs[layer.x])
        inputs[layer.weights] = Tensor(k.name, k.shape, _INT8, kernel.tobytes(), quantization(scales, None, layer.axis))
        if bias is not None:
            values, scales = bias_s32(bias.values(), x_scale, scales)
            inputs[layer.bias] = Tensor(bias.name, bias.shape, _INT32, values.astype("<i4").tobytes(), quantization(scales, None, 0))
        return inputs

    def _activation(self, tensor):
        if tensor.dtype != np.float32:
            return tensor
        if tensor not in self._new:
            self._new[tensor] = Tensor(tensor.name, tensor.shape, _INT8, None, quantization(*self._scales.of(tensor)))
        return self._new[tensor]

    def _float_ends(self, inputs, outputs):
        def twin(t):
            return Tensor(t.name, t.shape, _FLOAT32) if t.dtype == np.int8 else t

        before, after = [(twin(t), t) for t in inputs], [(t, twin(t)) for t in outputs]
        self._ops[:0] = [Op("QUANTIZE", [x], [y], schema.QuantizeOptionsT()) for x, y in before if x is not y]
        self._ops += [Op("DEQUANTIZE", [x], [y], schema.DequantizeOptionsT(), 2) for x, y in after if x is not y]
        return [x for x, _ in before], [y for _, y in after]


def _called(model, op):
    """The subgraphs of a WHILE."""
    return [model.graphs[op.options.condSubgraphIndex], model.graphs[op.options.bodySubgraphIndex]]


def _ends(constant):
    values = constant.values()
    return float(values.min()), float(values.max())


def _weights(values, axis, bias, x_scale):
    """int8 weights and their scales, wide enough for the bias to fit at a scale made of them."""
    kernel, scales = weights_s8(values[None], 0) if axis is None else weights_s8(values, axis)
    least = np.zeros(1) if bias is None else np.abs(bias) / (x_scale * _BIAS_LIMIT)
    wider = np.maximum(scales, least.max() if axis is None else least).astype(np.float32)
    if (wider > scales).any():
        shape = [-1 if d == axis else 1 for d in range(values.ndim)]
        kernel = np.clip(np.rint(values / wider.reshape(shape if axis is not None else 1)), -127, 127).astype(np.int8)
        return kernel, wider
    return kernel.reshape(values.shape), scales
