# SPDX-License-Identifier: MIT
"""Drops channels that a model can do without.

A channel goes if everyone who reads it can do without it: a layer whose weights for it are all zero, or to whose sums it
adds the same number at every place, because it is constant; then that number moves into the layer's bias. Between its writer
and such layers a channel may pass operators that work on each channel alone; there it goes, too. Where a window leaves the
image, sums have fewer terms: a constant other than the zero point then adds different numbers, and stays.

Proof: the other channels' sums lose terms that are 0, or exchange terms for their sum; the sums cannot overflow (Layer.safe).
Floats are left alone: 0 * x is not 0 for every x. So are models of several subgraphs.
"""

import numpy as np

from torpor_host.convert.graph import Graph, Model, Tensor
from torpor_host.optimize.bounds import Range, bounds
from torpor_host.optimize.layers import Layer
from torpor_host.optimize.ties import cut, cut_constants, mixing, ties


def drop_channels(model: Model) -> int:
    """Returns how many channels of all tensors went."""
    if len(model.graphs) != 1:
        return 0
    graph = model.main
    ranges = bounds(graph)
    kept = _kept(graph, ranges)
    _apply(graph, kept, ranges)
    return sum(int((~keep).sum()) for keep in kept.values())


def _kept(graph: Graph, ranges) -> dict[Tensor, np.ndarray]:
    """bool[channels] of each activation: the least set that is closed under what operators need and tie."""
    keep = {t: np.zeros(t.shape[-1], bool) for t in graph.used() if t.data is None and t.shape}
    for tensor in (*graph.inputs, *graph.outputs):
        _all(keep, tensor)
    found = []
    for op in graph.ops:
        tied, l = ties(op), mixing(op)
        for tensor in () if tied is not None else (*op.reads(), *op.outputs, *op.intermediates):
            _all(keep, tensor)
        if l:
            keep[l.x] |= _needed(l, ranges.get(l.x))
        found += tied or []
    _close(keep, found)
    for op in graph.ops:  # a tensor of no channels is none
        for tensor in op.outputs:
            if tensor in keep:
                missing = max(0, _least(op) - int(keep[tensor].sum()))
                keep[tensor][np.flatnonzero(~keep[tensor])[:missing]] = True
                _close(keep, found)
    return keep


def _all(keep, tensor):
    if tensor in keep:
        keep[tensor][:] = True


def _least(op):
    """Two, where one channel alone would be scaled in another way."""
    return 2 if op.name == "FULLY_CONNECTED" and op.inputs[1].scales.size > 1 else 1


def _close(keep, found):
    """Spreads what is kept along the ties until nothing changes."""
    before = -1
    while before != (before := sum(int(k.sum()) for k in keep.values())):
        for tie in found:
            ends = (tie.x, tie.x_channels), (tie.y, tie.y_channels)
            for (a, a_channels), (b, b_channels) in (ends, ends[::-1]):
                keep[b][b_channels[keep[a][a_channels]]] = True


def _needed(l: Layer, x: Range | None) -> np.ndarray:
    """bool[channels of x]: those that the layer cannot do without."""
    columns = l.weights.any(axis=(0, 1, 2))
    if x is not None and l.safe():
        constant = x.known.reshape(-1, l.depth).all(axis=0)
        for column in np.flatnonzero(columns & constant):
            columns[column] = not _uniform(_contribution(l, x, column))
    return columns.reshape(-1, l.width).any(axis=0)


def _contribution(l: Layer, x: Range, column) -> np.ndarray:
    """int64 [places, o]: what one constant input channel adds to the sums."""
    only = np.zeros(l.depth, np.int64)
    only[column] = 1
    return l.sums((x.low - l.x.zero_point).reshape(l.images) * only, l.weights * only).reshape(-1, l.channels)


def _uniform(places) -> bool:
    return bool((places == places[0]).all())


def _apply(graph, kept, ranges):
    """Cuts shapes, weights, biases and other constants."""
    kept = {t: np.flatnonzero(keep) for t, keep in kept.items() if not keep.all()}
    old = {t: t.shape[-1] for t in kept}
    layers = [l for op in graph.ops if (l := mixing(op)) and (l.x in kept or l.y in kept)]
    for tensor, indices in kept.items():
        tensor.shape, tensor.shape_signature = (*tensor.shape[:-1], len(indices)), ()
    for l in layers:
        _cut_layer(l, kept, ranges.get(l.x))
    for op in graph.ops:
        cut_constants(op, kept, old)


def _cut_layer(l: Layer, kept, x):
    k, b = l.k, l.b
    if l.x in kept:
        k, b = _cut_inputs(l, np.isin(np.arange(l.depth) % l.width, kept[l.x]), x)
    if l.y in kept:
        k, b = cut(k, kept[l.y], False), cut(b, kept[l.y], False)
    l.op.inputs = [l.x, k, *([b] if b else l.op.inputs[2:])]


def _cut_inputs(l: Layer, columns, x):
    """Weights of the columns that stay, and the bias with what the others add."""
    gone = np.flatnonzero(~columns & l.weights.any(axis=(0, 1, 2)))
    bias = l.bias + sum((_contribution(l, x, column)[0] for column in gone), np.zeros(l.channels, np.int64))
    k = l.k.with_values(l.k.values()[..., columns])
    return k, l.b if (bias == l.bias).all() else l.with_bias(bias)
