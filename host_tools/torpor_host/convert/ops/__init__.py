# SPDX-License-Identifier: MIT
"""What each layer of a framework becomes: one operator a file, called as its twin in firmware/engine/ops.

A file says it for every front end: `torch`, `onnx` and `keras` register a function by the framework's name of the layer. It
gets the net and the layer's arguments, values or NumPy arrays for what is constant, adds operators and returns a Value,
or an array. It raises Unsupported for what has no counterpart.
"""

import importlib
import pkgutil

TORCH: dict = {}
"""By the name of an ATen operator without overload: "conv2d"; called with the net and the operator's arguments."""
ONNX: dict = {}
"""By the operator's name: "Conv"; called with the net, the list of inputs and, by name, the attributes."""
KERAS: dict = {}
"""By the layer's class: "Conv2D"; called with the net, the layer (keras_layer.py) and its inputs."""


def torch(*names):
    return _register(TORCH, names)


def onnx(*names):
    return _register(ONNX, names)


def keras(*names):
    return _register(KERAS, names)


def _register(table, names):
    def register(function):
        table.update(dict.fromkeys(names, function))
        return function

    return register


def load() -> None:
    """Imports every operator's file, which fills the tables."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
