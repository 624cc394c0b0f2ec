# SPDX-License-Identifier: MIT
"""Post-training quantisation of a float graph, as TensorFlow Lite's specification has it and TFLM wants it.

Weights are symmetric, activations have the ranges that calibration showed, biases the scale of input times weights (Jacob et
al. 2018, "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference"). An operator computes in
int8 or in int16; between operators of both kinds there is a QUANTIZE.
"""

import numpy as np
from tflite_micro.tensorflow.lite.micro.python import schema_py_generated as schema

from torpor_host.convert import loop, rules
from torpor_host.convert.graph import Graph, Model, Op, Signature, Tensor
from torpor_host.convert.scales import Scales, ends
from torpor_host.convert.scheme import INT8, INT16, Plan, Scheme
from torpor_host.convert.unsupported import Layer, fail
from torpor_host.convert.weights import bias_of, bias_tensor, quantised
from torpor_host.convert.writer import INT4_VERSION
from torpor_host.errors import ToolError

_FLOAT32 = schema.TensorType.FLOAT32


def check(model: Model, scheme: Scheme) -> None:
    """Raises ToolError if a float model cannot be quantised: it has several subgraphs, or operators without such a form."""
    if not all(map(loop.compares, model.graphs[1:])):
        raise ToolError("A model of several subgraphs cannot be quantised.", "give --quantize float")
    bad = [(i, op, _reason(op, scheme)) for i, op in enumerate(model.main.ops)]
    instead = "--quantize int8, or another layer" if scheme is INT16 else "--quantize float, or another layer"
    fail([Layer(f"#{i} {op.outputs and op.outputs[0].name or ''}".strip(), op.name, reason, instead)
          for i, op, reason in bad if reason], "quantised")


def quantise(model: Model, plan: Plan, float_ends: bool = False) -> Model:
    """The integer twin of a float model that check() let pass.

    float_ends: inputs and outputs stay float32, behind QUANTIZE and DEQUANTIZE.
    """
    return _Quantizer(model, plan).model(float_ends)


def _reason(op, scheme):
    """Why an operator cannot be quantised; None if it can, or has nothing to quantise."""
    if not scheme.has(op):
        return f"no {scheme.name} form"
    if op.name == "WHILE" and sum(t.dtype == np.float32 for t in op.inputs) > 1:
        return "carries several floats"
    layer = rules.LAYERS.get(op.name)
    parts = [] if layer is None else [op.inputs[i] for i in (layer.weights, layer.bias) if i < len(op.inputs)]
    return "computed weights or bias" if any(t is not None and t.data is None for t in parts) else None


class _Quantizer:
    def __init__(self, model, plan):
        self._source, self._graph, self._plan = model, model.main, plan
        self._scales = {scheme: Scales(model, scheme, ranges) for scheme, ranges in plan.ranges.items()}
        self._parts = list(model.graphs[1:])
        self._new, self._ops = {}, []  # (tensor, scale, zero point and scheme): its twin

    def model(self, float_ends) -> Model:
        for op in self._graph.ops:
            self._op(op)
        inputs, outputs = ([self._twin(t) for t in side] for side in (self._graph.inputs, self._graph.outputs))
        if float_ends:
            inputs, outputs = self._float_ends(inputs, outputs)
        graph = Graph(inputs, outputs, self._ops, name=self._graph.name)
        met = dict(zip([*self._graph.inputs, *self._graph.outputs], [*inputs, *outputs]))
        signatures = [Signature(s.key, graph, *([(name, met[t]) for name, t in side] for side in (s.inputs, s.outputs)))
                      for s in self._source.signatures]
        return Model([graph, *self._parts], self._source.description, self._source.metadata, signatures, self._source.version)

    def _op(self, op):
        scheme = self._plan.scheme(op)
        if op.name in rules.LAYERS:
            inputs = self._layer(op, scheme)
        else:
            inputs = [self._input(op, i, t, scheme) for i, t in enumerate(op.inputs)]
        if op.name == "WHILE":
            self._loop(op, scheme)
        int4 = any(t is not None and t.type == schema.TensorType.INT4 for t in inputs)
        version = max(op.version, (INT4_VERSION if int4 else scheme.versions).get(op.name, 1))
        self._ops.append(Op(op.name, inputs, [self._twin(t) for t in op.outputs], scheme.options(op), version))

    def _loop(self, op, scheme):
        scales = [self._scales[scheme].of(t) for t in op.inputs if t.dtype == np.float32]
        for part in loop.called(self._source, op) if scales else ():
            self._parts[self._source.graphs.index(part) - 1] = loop.quantised(part, *scales[0])

    def _input(self, op, i, tensor, scheme):
        if tensor is None or tensor.dtype != np.float32:
            return tensor
        scales = self._scales[scheme]
        if tensor.data is None:
            return self._as(tensor, scheme, scales.of(op.outputs[0] if (op, i) in scales.rescaled else tensor))
        scheme = INT8 if (op.name, i) in rules.NARROW else scheme
        scale = scales.of(op.outputs[0]) if op.name in rules.TIED else scheme.scale(*ends(tensor))
        return scheme.tensor(tensor, *scale, tensor.values())

    def _layer(self, op, scheme):
        layer, inputs, bias = rules.LAYERS[op.name], list(op.inputs), bias_of(op, self._plan)
        scale = self._scales[scheme].of(inputs[layer.x])
        weights = quantised(op, self._plan, scale[0])
        inputs[layer.x] = self._as(inputs[layer.x], scheme, scale)
        inputs[layer.weights] = weights.tensor(inputs[layer.weights])
        if bias is not None:
            inputs += [None] * (layer.bias + 1 - len(inputs))
            name = inputs[layer.bias].name if inputs[layer.bias] else f"{op.outputs[0].name}/bias"
            inputs[layer.bias] = bias_tensor(bias, name, scheme, scale[0], weights.scales)
        return inputs

    def _home(self, tensor):
        """The scheme that a tensor is written in; an input of the model is wide for a reader that is."""
        writer = self._graph.writer(tensor)
        ops = self._graph.readers(tensor) if writer is None else [writer]
        return INT16 if any(self._plan.scheme(op) is INT16 for op in ops) else INT8

    def _twin(self, tensor):
        """A tensor as it is written."""
        if tensor.dtype != np.float32:
            return tensor
        home = self._home(tensor)
        scale = self._scales[home].of(tensor)
        return self._new.setdefault((tensor, scale, home), home.tensor(tensor, *scale))

    def _as(self, tensor, scheme, scale):
        """A tensor as an operator wants it, behind a QUANTIZE if it is written otherwise."""
        x = self._twin(tensor)
        if (tensor, scale, scheme) not in self._new:
            y = self._new[tensor, scale, scheme] = scheme.tensor(tensor, *scale)
            self._ops.append(Op("QUANTIZE", [x], [y], schema.QuantizeOptionsT(), scheme.versions.get("QUANTIZE", 1)))
        return self._new[tensor, scale, scheme]

    def _float_ends(self, inputs, outputs):
        def twin(t):
            return Tensor(t.name, t.shape, _FLOAT32) if t.scales.size else t

        before, after = [(twin(t), t) for t in inputs], [(t, twin(t)) for t in outputs]
        self._ops[:0] = [Op("QUANTIZE", [x], [y], schema.QuantizeOptionsT()) for x, y in before if x is not y]
        self._ops += [Op("DEQUANTIZE", [x], [y], schema.DequantizeOptionsT(), 2) for x, y in after if x is not y]
        return [x for x, _ in before], [y for _, y in after]
