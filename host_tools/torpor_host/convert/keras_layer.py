# SPDX-License-Identifier: MIT
"""A layer of Keras as the files in ops/ take it, and how Keras lays out its values.

A value of four dimensions is an image, and is handed from layer to layer as the other front ends have it, [1, c, h, w];
it is stored with channels last, as Keras has it. All other values are in Keras's own order: a sequence is [1, steps, c].
"""

from dataclasses import dataclass, replace

import numpy as np

from torpor_host.convert.layout import Value, order
from torpor_host.convert.net import Unsupported
from torpor_host.errors import ToolError

# What a layer over sequences lacks, to be one over images of height 1.
_HEIGHT = {
    "kernel_size": 1, "pool_size": 1, "strides": 1, "dilation_rate": 1, "size": 1, "output_padding": 0, "padding": (0, 0), "cropping": (0, 0)}


@dataclass(frozen=True)
class KerasLayer:
    """place: in the user's model, such as "block/conv". kind: its class. config: what Keras says of it, by name.

    weights: in Keras's order, first what is trained. version: of the Keras that wrote it, 2 or 3.
    """

    place: str
    kind: str
    config: dict
    weights: tuple[np.ndarray, ...] = ()
    version: int = 3

    def take(self, *wanted: bool) -> list[np.ndarray | None]:
        """Its weights, None in the place of each that it does not have. Raises ToolError if the file has others."""
        if len(self.weights) != sum(wanted):
            raise ToolError(f"The file has {len(self.weights)} weights for {self.place} ({self.kind}), not {sum(wanted)}.",
                            "save the model again with model.save()")
        left = iter(self.weights)
        return [next(left) if present else None for present in wanted]

    def over_images(self) -> "KerasLayer":
        """A layer over sequences as one over images of height 1; its weights are still those of sequences."""
        wider = {name: _wider(self.config[name], height) for name, height in _HEIGHT.items() if name in self.config}
        return replace(self, config={**self.config, **wider})


def _wider(numbers, height):
    if numbers is None or isinstance(numbers, str):
        return numbers  # padding "same"
    if isinstance(height, tuple):
        return height, (numbers, numbers) if np.isscalar(numbers) else tuple(numbers)
    return height, int(np.ravel(numbers)[0])


def over_sequences(function):
    """The function of a layer over images, for its twin over sequences."""

    def run(net, layer, x):
        image = x.reshaped((1, *x.shape)).permuted((0, 3, 1, 2))  # [1, c, 1, steps]
        y = keras_order(function(net, layer.over_images(), image))
        return y if len(y.shape) < 4 else y.reshaped(y.shape[1:])

    return run


def keras_order(x: Value) -> Value:
    """A value with its dimensions as Keras has them."""
    return x.permuted(order(len(x.shape)))


def image_first(x: Value) -> Value:
    """The reverse: an image as it is handed on."""
    return x.permuted(np.argsort(order(len(x.shape))))


def axis(x: Value, number: int) -> int:
    """Keras's dimension, as a value handed on has it."""
    rank = len(x.shape)
    return order(rank)[number % rank]


def broadcast(x: Value, numbers: np.ndarray) -> np.ndarray:
    """Numbers that Keras broadcasts over x, as x is handed on."""
    if numbers.ndim > len(x.shape):
        raise Unsupported("its numbers have more dimensions than the input", "numbers of the input's shape")
    numbers = numbers.reshape([1] * (len(x.shape) - numbers.ndim) + list(numbers.shape))
    return numbers.transpose(np.argsort(order(numbers.ndim)))


def pads(layer: KerasLayer, name: str) -> tuple[tuple[int, int], tuple[int, int]]:
    """((top, bottom), (left, right)) from one number, a number a dimension, or all four."""
    given = layer.config[name]
    given = (given, given) if np.isscalar(given) else given
    return tuple((int(n), int(n)) if np.isscalar(n) else tuple(int(m) for m in n) for n in given)
