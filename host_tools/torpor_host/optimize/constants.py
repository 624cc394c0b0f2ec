# SPDX-License-Identifier: MIT
"""Computes what does not depend on the inputs, and keeps equal constants once.

Proof: the official interpreter computed it. Nothing is folded that takes more bytes than what it is made of.
"""

import numpy as np

from torpor_host.convert.graph import Graph, Model, Op, Tensor
from torpor_host.optimize.interpreter import evaluate
from torpor_host.optimize.rewire import EFFECTS

_SPARE = 64  # bytes that a folded operator may add to a file: it was larger itself


def fold_constants(model: Model) -> int:
    """Returns how many operators went."""
    return sum(_fold(graph, op) for graph in model.graphs for op in list(graph.ops))


def _fold(graph: Graph, op: Op) -> bool:
    free = [t for t in op.reads() if t.data is None]
    if op.name in EFFECTS or op.intermediates or any(t in graph.outputs or t.data is not None for t in op.outputs):
        return False
    if (free and op.name != "SHAPE") or sum(t.nbytes for t in op.outputs) > _bytes(op) + _SPARE:
        return False
    try:
        results = evaluate(op, [np.zeros(t.shape, t.dtype) for t in free])
    except RuntimeError:
        return False
    for tensor, values in zip(op.outputs, results):
        graph.replace(tensor, tensor.with_values(values))
    graph.ops.remove(op)
    return True


def _bytes(op):
    """Of the constants that it reads."""
    return sum(len(t.data or b"") for t in op.reads())


def merge_constants(model: Model) -> int:
    """One tensor for all constants of equal type, shape, values and quantisation; returns how many went."""
    return sum(_merge(graph) for graph in model.graphs)


def _merge(graph):
    first, count = {}, 0
    for tensor in graph.used():
        if tensor.data is None or tensor.variable or tensor in graph.inputs or tensor in graph.outputs:
            continue
        kept = first.setdefault(_key(tensor), tensor)
        if kept is not tensor:
            graph.replace(tensor, kept)
            count += 1
    return count


def _key(tensor: Tensor):
    q = tensor.quantization
    special = id(tensor) if tensor.sparsity or (q and q.details) else None
    return (tensor.type, tensor.shape, tensor.data, tensor.scales.tobytes(), tensor.zero_points.tobytes(), tensor.axis, special)
