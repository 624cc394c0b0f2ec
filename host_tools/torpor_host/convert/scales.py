# SPDX-License-Identifier: MIT
"""Which tensors of a float graph share a scale, and which scale each has in a scheme."""

import numpy as np

from torpor_host.convert import loop, rules
from torpor_host.convert.graph import Model, Op, Tensor
from torpor_host.convert.scheme import Scheme
from torpor_host.optimize.rewire import sole_reader

_LOWEST = float(np.finfo(np.float32).min)  # the border of a MAX_POOL_2D, which no maximum takes: the least integer will do


class Scales:
    """rescaled: (operator, input) of what has a prescribed scale that is not its operator's."""

    def __init__(self, model: Model, scheme: Scheme, ranges: dict[Tensor, tuple[float, float]]):
        self._model, self._graph, self._scheme, self._ranges, self._parent, self._fixed = model, model.main, scheme, ranges, {}, {}
        self.rescaled: set[tuple[Op, int]] = set()
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
        found = [self._ranges[t] for t in [t for t in members if t not in self._cut] or members]
        found += [c for c, owner in self._constants if self._root(owner) is root]
        return self._scheme.scale(min(low for low, _ in found), max(high for _, high in found))

    def groups(self) -> list[list[Tensor]]:
        """Activations that share a scale, in the order in which they are computed."""
        return list(self._members.values())

    def settled(self, tensor: Tensor) -> bool:
        """Whether something else than the activations' ranges has a say in the scale: the operator, or a constant."""
        root = self._root(tensor)
        return root in self._fixed or any(self._root(owner) is root for _, owner in self._constants)

    def _visit(self, op):
        if op.name in self._scheme.fixed:
            self._fixed[self._root(op.outputs[0])] = self._scheme.fixed[op.name]
        if op.name not in rules.TIED:
            return
        floats = [(i, t) for i, t in enumerate(op.inputs) if t is not None and t.dtype == np.float32]
        for i, tensor in floats:
            if tensor.data is not None:
                if op.name not in rules.CLAMPS and ends(tensor)[0] > _LOWEST:
                    self._constants.append((ends(tensor), op.outputs[0]))
            elif len(floats) > 1 and self._root(tensor) in self._fixed:
                self.rescaled.add((op, i))
            else:
                for y in op.outputs:
                    self._tie(tensor, y)
                if op.name == "WHILE":
                    self._constants += [(found, tensor) for found in [loop.thresholds(loop.called(self._model, op))] if found]
        if op.name == "PADV2":
            self._cut.add(op.outputs[0])  # its border counts as a constant
        if op.name == "RELU6" or op.name in rules.CLAMPS and any(t.data is not None for _, t in floats):
            self._cut |= {t for _, t in floats if t.data is None and sole_reader(self._graph, t) is op}

    def _tie(self, a, b):
        a, b = self._root(a), self._root(b)
        if a is not b:
            self._parent[b] = a

    def _root(self, tensor):
        while tensor in self._parent:
            tensor = self._parent[tensor]
        return tensor


def ends(constant: Tensor) -> tuple[float, float]:
    """The least and the greatest value of a constant."""
    values = constant.values()
    return float(values.min()), float(values.max())
