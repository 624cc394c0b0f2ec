# SPDX-License-Identifier: MIT
"""Quantisation-aware training: a module that computes as its int8 model will, and learns to be good at that.

    prepared = prepare(network, samples)      # a trained network, some hundred of its inputs
    ... train `prepared` for some epochs, at a tenth of the first learning rate ...
    Path("model.tflite").write_bytes(prepared.tflite())

It is the very graph that `convert` would quantise, so batch normalisation is folded, with its running statistics; scales.py says what
shares a scale; and the ranges that were learnt are those of the model. Jacob et al. 2018, "Quantization and Training of Neural
Networks for Efficient Integer-Arithmetic-Only Inference".
"""

import numpy as np
import torch
from torch import nn

from torpor_host.convert import calibrate, integer, ranges, rules, tflite, weights
from torpor_host.convert.equalise import equalise
from torpor_host.convert.fold import fold
from torpor_host.convert.graph import Graph, Model, Op
from torpor_host.convert.scales import Scales, ends
from torpor_host.convert.scheme import INT8, Plan
from torpor_host.convert.source import Source
from torpor_host.convert.unsupported import Layer, fail
from torpor_host.errors import ToolError
from torpor_host.progress import SILENT, Silent
from torpor_host.train import operators, rounding
from torpor_host.train.ends import Ends, source

_BITS = (8, 4)


def check(bits: int) -> None:
    """Raises ToolError for weights of so many bits, if they are not known."""
    if bits not in _BITS:
        raise ToolError(f"Weights of {bits} bits are not known.", f"give one of {', '.join(map(str, _BITS))}")


def prepare(module: nn.Module, samples, bits: int = 8, progress: Silent = SILENT) -> "Prepared":
    """The twin, on its own weights, of the int8 model of a trained module, which stays as it is.

    samples: float32 [n, ...], some hundred inputs of the module; what they show of activations is where ranges begin to learn.
    bits: of weights, 8 or 4. Raises ToolError for layers that cannot be converted, quantised, or trained.
    """
    check(bits)
    made = source(module, samples)
    fold(made.model)
    integer.check(made.model, INT8)
    equalise(made.model)
    fail([Layer(f"#{i} {op.outputs[0].name}", op.name, "", "a layer that PyTorch has") for i, op in enumerate(made.model.main.ops)
          if op.name not in operators.KNOWN], "trained")
    seen = calibrate.observe(made.model, made.stored([np.asarray(samples, np.float32)]), progress)
    return Prepared(made, {t: ranges.least_error(at) for t, at in seen.items()}, bits)


class Prepared(nn.Module):
    """Takes and gives what the module did, rounded as int8 rounds. Parameters: folded weights and biases, and ranges.

    Weights are counted in the root mean square that those of their scale had at first, so one learning rate suits all channels.
    """

    def __init__(self, made: Source, found: dict, bits: int):
        super().__init__()
        self._model, self._int4, self._graph = made.model, bits == 4, made.model.main
        self._ends, self._scales = Ends(made), Scales(made.model, INT8, found)
        self._numbers, self._place, self._grids = nn.ParameterList(), {}, {}
        self._units: list[torch.Tensor] = []
        for op in self._graph.ops:
            if op.name in rules.LAYERS:
                self._layer(op, rules.LAYERS[op.name])
        self._group = {t: i for i, group in enumerate(self._scales.groups()) for t in group}
        self._ranges = nn.ModuleList(self._range(group[0]) for group in self._scales.groups())

    def forward(self, *inputs: torch.Tensor):
        """Inputs [n, ...] as the module takes them -> its output, or a tuple of outputs."""
        scales = [one.scale() for one in self._ranges]
        constants = {t: self._constant(t) for t in self._place}

        def one(*stored):
            return tuple(self._run(stored, constants, scales))

        return self._ends.given(torch.vmap(one)(*self._ends.stored(inputs)))

    def tflite(self, float_ends: bool = False) -> bytes:
        """The int8 model that the module now is the twin of."""
        with torch.no_grad():
            values = {t: t.with_values(self._constant(t).numpy()) for t in self._place}
        ops = [Op(**{**vars(op), "inputs": [values.get(t, t) for t in op.inputs]}) for op in self._graph.ops]
        graph = Graph(self._graph.inputs, self._graph.outputs, ops, name=self._graph.name)
        found = {t: tuple(self._ranges[i].ends().tolist()) for t, i in self._group.items()}
        plan = Plan({INT8: found}, int4=self._int4)
        return tflite.write(integer.quantise(Model([graph], self._model.description), plan, float_ends))

    def _layer(self, op, layer):
        """Makes parameters of a layer's weights and bias."""
        k, bias = op.inputs[layer.weights], (*op.inputs, None)[layer.bias]
        if k not in self._place:
            values = torch.from_numpy(k.values().copy())
            made = weights.quantised(op, Plan({}, int4=self._int4), self._scales.of(op.inputs[layer.x])[0])
            self._grids[k] = rounding.Grid(values, layer.axis, 4 if made.int4 else 8, made.scales)
            self._parameter(k, values, self._grids[k].over(values.square(), torch.mean).sqrt().clamp_min(1e-12))
        if bias is not None and bias not in self._place:
            self._parameter(bias, torch.from_numpy(bias.values().copy()), torch.ones(()))

    def _parameter(self, tensor, values, unit):
        self._place[tensor] = len(self._numbers)
        self._numbers.append(nn.Parameter(values / unit))
        self._units.append(unit)

    def _range(self, tensor):
        scale, zero = self._scales.of(tensor)
        return rounding.Range((-128 - zero) * scale, (127 - zero) * scale, not self._scales.settled(tensor))

    def _constant(self, tensor):
        """A layer's weights on their grid, or its bias."""
        values = self._numbers[self._place[tensor]] * self._units[self._place[tensor]]
        return self._grids[tensor].rounded(values) if tensor in self._grids else values

    def _run(self, inputs, constants, scales):
        """One inference."""
        def rounded(tensor, x):
            return rounding.activation(x, *scales[self._group[tensor]]) if tensor.dtype == np.float32 else x

        values = {t: rounded(t, x) for t, x in zip(self._graph.inputs, inputs)}
        for op in self._graph.ops:
            given = [None if t is None else values[t] if t in values else constants[t] if t in constants else self._operand(op, t, scales)
                     for t in op.inputs]
            values[op.outputs[0]] = rounded(op.outputs[0], operators.run(op, *given))
        return [values[t] for t in self._graph.outputs]

    def _operand(self, op, tensor, scales):
        """A constant that is no layer's: integers as they are, real numbers rounded at the scale that `convert` gives them."""
        if tensor.dtype != np.float32:
            return tensor.values()
        values = torch.from_numpy(tensor.values().copy())
        if op.name in rules.TIED:
            return rounding.activation(values, *(x.detach() for x in scales[self._group[op.outputs[0]]]))
        return rounding.activation(values, *map(torch.tensor, INT8.scale(*ends(tensor))))
