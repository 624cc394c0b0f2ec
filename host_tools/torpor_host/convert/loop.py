# SPDX-License-Identifier: MIT
"""WHILE in int8, where its subgraphs only move floats and compare them with constants, as forest.py's do.

All that a loop carries of floats has one scale; in its subgraphs they are plain integers. x > t becomes q > floor(t / scale) + zero
point, which says of the quantised x exactly what x > t says of a float.
"""

import numpy as np
from tflite_micro.tensorflow.lite.micro.python import schema_py_generated as schema

from torpor_host.convert.graph import Graph, Model, Op, Tensor
from torpor_host.convert.writer import RAW


def called(model: Model, op: Op) -> list[Graph]:
    """The subgraphs of a WHILE."""
    return [model.graphs[op.options.condSubgraphIndex], model.graphs[op.options.bodySubgraphIndex]]


def compares(graph: Graph) -> bool:
    """Whether a subgraph does no more with floats than GATHER, and GREATER with a constant on its right side."""
    return all(_compares(graph, op) for op in graph.ops if any(_float(t) for t in (*op.reads(), *op.outputs)))


def _compares(graph, op):
    if op.name == "GATHER":
        return True
    return op.name == "GREATER" and not _constant(graph, op.inputs[0]) and _constant(graph, op.inputs[1])


def _constant(graph, tensor):
    """Whether a tensor is a constant, or elements of one."""
    writer = graph.writer(tensor)
    return tensor.data is not None if writer is None else writer.name == "GATHER" and _constant(graph, writer.inputs[0])


def thresholds(graphs: list[Graph]) -> tuple[float, float] | None:
    """Between which values the features must be told apart; None for no constants. Those that nothing exceeds do not count."""
    found = [t.values().ravel() for graph in graphs for t in graph.used() if _float(t) and t.data is not None]
    if not found:
        return None
    values = np.concatenate([*found, [0]])
    values = values[np.abs(values) < np.finfo(np.float32).max].astype(np.float64)
    low, high = float(values.min()), float(values.max())
    step = (high - low) / 254  # so that there is something above the greatest
    return low - step, high + step


def quantised(graph: Graph, scale: float, zero_point: int) -> Graph:
    """The subgraph in int8, for floats of that scale."""
    new = {t: _integers(t, scale, zero_point) for t in graph.used() if _float(t)}
    ops = [Op(op.name, [new.get(t, t) for t in op.inputs], [new.get(t, t) for t in op.outputs], op.options, op.version) for op in graph.ops]
    return Graph(*([new.get(t, t) for t in side] for side in (graph.inputs, graph.outputs)), ops, name=graph.name)


def _integers(tensor, scale, zero_point) -> Tensor:
    data = None
    if tensor.data is not None:
        below = np.floor(tensor.values().astype(np.float64) / scale) + zero_point
        data = np.clip(below, -128, 127).astype(np.int8).tobytes()
    return Tensor(tensor.name, tensor.shape, schema.TensorType.INT8, data, RAW)


def _float(tensor):
    return tensor is not None and tensor.dtype == np.float32
