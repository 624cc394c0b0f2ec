# SPDX-License-Identifier: MIT
"""Lets layers read one of several equal channels, so that drop_channels() finds the others unread.

Channels are equal if they are computed by equal weights from equal channels, or are constant with equal values. Proof: then
a x + b x = (a + b) x in integers, whatever x is; a + b must still be a weight (-127..127, int4 -7..7).
"""

import numpy as np

from torpor_host.convert.graph import INT4, Graph, Model, Op
from torpor_host.optimize.bounds import bounds
from torpor_host.optimize.layers import Layer, layer
from torpor_host.optimize.ties import BROADCASTING, RESHAPING, mixing, ties


def merge_duplicates(model: Model) -> int:
    """Returns how many channels lost a reader."""
    if len(model.graphs) != 1:
        return 0
    names = _names(model.main)
    return sum(_merge(l, names[l.x]) for op in model.main.ops if (l := mixing(op)) and l.x in names)


def _names(graph: Graph) -> dict:
    """For each activation a name for each of its channels; equal names are equal channels of one tensor."""
    ranges = bounds(graph)
    names = {t: [(t, c) for c in range(t.shape[-1])] for t in graph.used() if t.data is None and t.shape}
    for op in graph.ops:
        y = op.outputs[0] if len(op.outputs) == 1 else None
        if y not in names:
            continue
        names[y] = _written(op, names) or names[y]
        if y in ranges:
            known = ranges[y].known.reshape(-1, y.shape[-1]).all(axis=0)
            values = ranges[y].low.reshape(-1, y.shape[-1])
            names[y] = [("constant", values[:, c].tobytes()) if known[c] else name for c, name in enumerate(names[y])]
    return names


def _written(op: Op, names):
    """The names of what an operator writes; None if nothing is known of it."""
    y, l = op.outputs[0], layer(op)
    if l and not l.depthwise:
        return [(op, key) for key in _weights(l)]
    tied = ties(op)
    if not tied or any(len(tie.y_channels) != y.shape[-1] or tie.x not in names for tie in tied):
        return None
    if op.name in RESHAPING and op.inputs[0].shape[-1] != y.shape[-1]:
        return None
    read = zip(*([names[tie.x][c] for c in tie.x_channels] for tie in tied))
    return [(op, own, channels) for own, channels in zip(_weights(l) if l else _constants(op, y.shape[-1]), read)]


def _weights(l: Layer):
    """What a layer does, for each output channel."""
    scales = np.broadcast_to(l.k.scales, l.channels)
    return [(row.tobytes(), int(bias), float(scale)) for row, bias, scale in zip(l.weights, l.bias, scales)]


def _constants(op, channels):
    """What the constants of another operator do to each channel."""
    constants = [t for t in op.reads() if op.name in BROADCASTING and t.data is not None]
    wide = [np.broadcast_to(t.values(), (*t.shape[:-1], channels)) for t in constants]
    return [tuple(values[..., c].tobytes() for values in wide) for c in range(channels)]


def _merge(l: Layer, names) -> int:
    """Moves weights from each channel to the first equal one that has room for them."""
    turn = np.arange(l.depth) // l.width  # a fully connected layer sees the same channel at several places
    weights, limit = l.k.values().astype(np.int64), 7 if l.k.dtype == INT4 else 127
    first, count = {}, 0
    for column in np.flatnonzero(l.weights.any(axis=(0, 1, 2))):
        kept = first.setdefault((names[column % l.width], turn[column]), column)
        both = weights[..., kept] + weights[..., column]
        if kept != column and np.abs(both).max() <= limit:
            weights[..., kept], weights[..., column] = both, 0
            count += 1
    if count:
        l.op.inputs[1] = l.k.with_values(weights)
    return count
