# SPDX-License-Identifier: MIT
"""Where a framework's elements lie in a tensor: channels go last, and reshaping or permuting moves nothing.

A tensor's index has its shape; each entry is the place of that element in the framework's own order, counted through all
dimensions. So a flattened image knows how its elements lie, and the layer that reads it permutes its weights instead.
"""

from dataclasses import dataclass
from itertools import permutations

import numpy as np

from torpor_host.convert.graph import Tensor

_LAST = (0, 2, 3, 1)  # an image's dimensions [n, c, h, w] as they are stored


@dataclass(frozen=True, eq=False)
class Value:
    """What a layer gives. shape: as the framework has it, a batch of 1 first; index: of the tensor's own shape."""

    tensor: Tensor
    shape: tuple[int, ...]
    index: np.ndarray

    def reshaped(self, shape) -> "Value":
        """The same elements in another shape; -1 stands for what is left."""
        shape = np.empty(self.shape, np.bool_).reshape(shape).shape
        return Value(self.tensor, shape, self.index)

    def permuted(self, order) -> "Value":
        """The same elements with the framework's dimensions in another order."""
        count = self.index.size
        before = np.arange(count).reshape(self.shape).transpose(order)
        places = np.empty(count, np.int64)
        places[before.ravel()] = np.arange(count)
        return Value(self.tensor, before.shape, places[self.index])


def order(rank: int) -> tuple[int, ...]:
    """The framework's dimensions as they are stored: images with their channels last, all else as it is."""
    return _LAST if rank == 4 else tuple(range(rank))


def plain(shape) -> np.ndarray:
    """The index of elements in the framework's order."""
    return np.arange(int(np.prod(shape, dtype=np.int64))).reshape(shape)


def natural(shape) -> np.ndarray:
    """The index of elements as they are stored by default."""
    return plain(shape).transpose(order(len(shape)))


def permutation(index: np.ndarray, wanted: np.ndarray) -> tuple[int, ...] | None:
    """The order of dimensions in which the elements of one index lie as in another, whatever the shape; None if there is none."""
    orders = permutations(range(index.ndim)) if index.ndim <= 5 else ()
    return next((p for p in orders if np.array_equal(index.transpose(p).ravel(), wanted.ravel())), None)


def axes(value: Value, dims) -> tuple[int, ...] | None:
    """The tensor's dimensions, longer than 1, that run through some of the framework's and through no other; None if some mix."""
    places = np.unravel_index(value.index, value.shape)
    inside, found = [places[d] for d in dims], []
    outside = [place for d, place in enumerate(places) if d not in dims]
    for axis, size in enumerate(value.index.shape):
        moves = [any(np.ptp(place, axis=axis).any() for place in side) for side in (inside, outside)]
        if all(moves):
            return None
        if moves[0]:
            found.append(axis)
    return tuple(found)


def reduced(value: Value, dims, found) -> np.ndarray:
    """The index of what remains when the dimensions `found`, by axes(), become 1."""
    places = np.unravel_index(value.index, value.shape)
    shape = [1 if d in dims else size for d, size in enumerate(value.shape)]
    index = np.ravel_multi_index([place * (d not in dims) for d, place in enumerate(places)], shape)
    return index[tuple(slice(0, 1) if axis in found else slice(None) for axis in range(index.ndim))]


def joined(values: list[Value], dim: int, axis: int) -> np.ndarray:
    """The index of values one behind the other: along the framework's `dim`, and along the tensors' `axis`."""
    shape, start, parts = list(values[0].shape), 0, []
    shape[dim] = sum(v.shape[dim] for v in values)
    for value in values:
        places = list(np.unravel_index(value.index, value.shape))
        places[dim] = places[dim] + start
        parts.append(np.ravel_multi_index(places, shape))
        start += value.shape[dim]
    return np.concatenate(parts, axis=axis)
