# SPDX-License-Identifier: MIT
"""Bias correction: takes out of each layer's bias what quantising shifts its outputs by, on the mean of the data.

Nagel et al. 2019, "Data-Free Quantization Through Weight Equalization and Bias Correction", with measured means. A layer is
linear before its activation. So the mean shift of its outputs is what it makes, with integer weights, of the mean of its
rounded inputs, less what it makes, with real weights, of the mean of its real inputs: two runs on means are enough.
"""

import numpy as np

from torpor_host import engine
from torpor_host.convert import calibrate, rules, tflite
from torpor_host.convert.graph import Graph, Model, Op, Tensor
from torpor_host.convert.scales import Scales
from torpor_host.convert.scheme import Plan
from torpor_host.convert.weights import bias_of, quantised
from torpor_host.optimize.rewire import NONE, set_options


def biases(model: Model, plan: Plan, samples: list[np.ndarray]) -> dict[Op, np.ndarray]:
    """The corrected bias of each layer, float64 a channel; a layer that had none gets one."""
    layers = [op for op in model.main.ops if op.name in rules.LAYERS]
    if not layers:
        return {}
    scales = {scheme: Scales(model, scheme, ranges) for scheme, ranges in plan.ranges.items()}
    scale = {op: scales[plan.scheme(op)].of(_x(op)) for op in layers}
    means, rounded = _means(model, {op: (_x(op), plan.scheme(op), *scale[op]) for op in layers}, samples)
    real = _run(layers, [op.inputs[rules.LAYERS[op.name].weights].values() for op in layers], means)
    integer = _run(layers, [quantised(op, plan, scale[op][0]).real() for op in layers], rounded)
    return {op: _bias(op, plan, got - wanted) for op, got, wanted in zip(layers, integer, real)}


def _x(op) -> Tensor:
    return op.inputs[rules.LAYERS[op.name].x]


def _bias(op, plan, shift):
    per_channel = shift.reshape(-1, shift.shape[-1]).mean(axis=0)
    own = bias_of(op, plan)
    return (0 if own is None else own.astype(np.float64)) - per_channel


def _means(model, wanted, samples):
    """Over the samples, of each layer's real input, and of that rounded to its integers."""
    graph = model.main
    inner = list(dict.fromkeys(x for x, *_ in wanted.values() if graph.writer(x) is not None))
    probe = engine.Model(tflite.write(Model([Graph(graph.inputs, inner or graph.outputs, graph.ops), *model.graphs[1:]])))
    sums = [np.zeros((2, *x.shape)) for x, *_ in wanted.values()]
    for row in zip(*samples):
        calibrate.run(probe, row)
        values = {**dict(zip(graph.inputs, row)), **{t: y.array for t, y in zip(inner, probe.outputs)}}
        for total, (x, scheme, scale, zero) in zip(sums, wanted.values()):
            real = values[x].reshape(x.shape).astype(np.float64)
            total += real, (scheme.integers(real, scale, zero) - float(zero)) * scale
    return zip(*(total / len(samples[0]) for total in sums))


def _run(layers, weights, inputs):
    """Outputs of layers side by side, without bias and activation."""
    ops = [_bare(op, k) for op, k in zip(layers, weights)]
    model = engine.Model(tflite.write(Model([Graph([_x(op) for op in ops], [op.outputs[0] for op in ops], ops)])))
    for tensor, values in zip(model.inputs, inputs):
        tensor.array[...] = values
    model.run()
    return [y.array.astype(np.float64) for y in model.outputs]


def _bare(op, weights):
    layer = rules.LAYERS[op.name]
    inputs = list(op.inputs[: layer.bias])
    inputs[layer.x] = _x(op).copy()
    inputs[layer.weights] = inputs[layer.weights].with_values(weights)
    bare = Op(op.name, inputs, [op.outputs[0].copy()], op.options, op.version)
    set_options(bare, fusedActivationFunction=NONE)
    return bare
