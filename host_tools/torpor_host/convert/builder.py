# SPDX-License-Identifier: MIT
"""Networks made by hand, with NumPy weights: for tests, for models that were trained elsewhere, for filters and rules.

    net = Builder("edges")
    x = net.input("x", (1, 1, 8, 8))
    y = net.relu(net.conv2d(x, weights, bias, padding=1))      # weights [4, 1, 3, 3], bias [4]: y is [1, 4, 8, 8]
    y = net.linear(net.flatten(net.max_pool2d(y, 2), 1), k, b)  # k [3, 64], b [3]: y is [1, 3]
    source = net.finish(net.softmax(y, 1))
    data = run.convert(source, source.stored([samples])).data   # samples [n, 1, 8, 8]; without them it stays float32
"""

import functools
import inspect

import numpy as np

from torpor_host import engine
from torpor_host.convert import ops, tflite
from torpor_host.convert.layout import Value
from torpor_host.convert.net import Net, Unsupported
from torpor_host.convert.source import Source, of_net
from torpor_host.convert.unsupported import Layer, fail
from torpor_host.errors import ToolError


class Builder:
    """A float32 network that grows layer by layer; each layer is a method that takes values and gives one.

    Layers are those of ops/, and are called as in torch.nn.functional: `dir(net)` lists them, `help(net.conv2d)` shows their
    arguments. A value has a `shape`, whose first dimension is 1: an image [1, channels, height, width], a sequence
    [1, channels, length], a row [1, n]. Weights are arrays of numbers, taken as float32: of conv2d [out, in / groups, height, width],
    conv1d [out, in / groups, length], linear [out, in]; a bias is [out]. The second operand of add, sub and mul may be an array or
    a number. The model has its images with channels last, as Source.stored() lays them out.
    """

    def __init__(self, description: str = ""):
        """description: what the file says of itself."""
        ops.load()
        self._net, self._description, self._count, self._shapes = Net(), description, 0, {}

    def input(self, name: str, shape) -> Value:
        """An input of the network, float32. shape: with the 1 in front. Raises ToolError: another shape, a name that is taken."""
        shape = tuple(int(n) for n in shape)
        if not 2 <= len(shape) <= 5 or shape[0] != 1 or min(shape) < 1:
            raise ToolError(f"The input {name} cannot have the shape {list(shape)}.", "give 2 to 5 dimensions of 1 and more, the first 1")
        if name in (tensor.name for tensor in self._shapes):
            raise ToolError(f"There are two inputs {name}.", "give each a name of its own")
        value = self._net.input(name, shape)
        self._shapes[value.tensor] = shape
        return value

    def finish(self, *outputs: Value, names=()) -> Source:
        """What run.convert() takes, and what a function of FILE.py:FUNCTION may return. names: of the outputs, in their order.

        Raises ToolError: no output, one that no layer computes, or a network that the engine refuses.
        """
        if not outputs or not all(isinstance(value, Value) for value in outputs):
            raise ToolError("The network has no outputs.", "give finish() the values that the layers return")
        for i, value in enumerate(outputs):
            self._net.output(value, names[i] if i < len(names) else "output" if len(outputs) == 1 else f"output_{i}")
        source = of_net("NumPy", self._net, self._shapes)
        source.model.description = self._description or source.model.description
        engine.measure(tflite.write(source.model))
        return source

    def __getattr__(self, name):
        function = ops.TORCH.get(name)
        if function is None or name.startswith("_"):
            raise AttributeError(f"there is no layer {name}; there are {', '.join(self._layers())}")

        @functools.wraps(function)
        def layer(*arguments, **options):
            return self._layer(name, function, arguments, options)

        layer.__signature__ = inspect.signature(functools.partial(function, self._net))
        return layer

    def __dir__(self):
        return [*super().__dir__(), *self._layers()]

    @staticmethod
    def _layers():
        return sorted(name for name in ops.TORCH if not name.startswith("_"))

    def _layer(self, name, function, arguments, options):
        """Adds a layer, called by its kind and number in the network's order."""
        self._net.place, self._count = f"{name}_{self._count}", self._count + 1
        try:
            return function(self._net, *map(_floats, arguments), **{key: _floats(x) for key, x in options.items()})
        except Unsupported as error:
            fail([Layer(self._net.place, name, str(error), error.instead)])
        except (ValueError, IndexError) as error:  # shapes that do not fit
            raise ToolError(f"{self._net.place}: {error}.", f"help(Builder().{name}) says which shapes fit") from None


def _floats(x):
    return x.astype(np.float32) if isinstance(x, np.ndarray) else x
