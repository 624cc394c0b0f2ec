# SPDX-License-Identifier: MIT
"""Keras: Sequential and functional models, nested ones too, from a `.keras` or `.h5` of Keras 3 or 2."""

import tempfile
from pathlib import Path

import numpy as np

from torpor_host.convert import keras_file, layout, ops, tensorflow
from torpor_host.convert.keras_calls import Ref, call, ends, filled, first_uses, refs
from torpor_host.convert.keras_layer import KerasLayer, axis, image_first, keras_order
from torpor_host.convert.layout import Value
from torpor_host.convert.net import Net, Unsupported
from torpor_host.convert.source import Source, of_net
from torpor_host.convert.unsupported import Layer, fail
from torpor_host.errors import ToolError

_DAMAGED = "save the model again with model.save()"
# Activations by Keras's names, and functions of keras.ops and tf by theirs in small letters: what PyTorch calls them.
_ACTIVATIONS = {
    "relu": "relu", "relu6": "relu6", "sigmoid": "sigmoid", "tanh": "tanh", "silu": "silu", "swish": "silu", "elu": "elu",
    "hard_sigmoid": "hardsigmoid", "hardsigmoid": "hardsigmoid", "hard_silu": "hardswish", "hard_swish": "hardswish", "hardsilu": "hardswish"}
_FUNCTIONS = {
    "add": "add", "__operators__.add": "add", "subtract": "sub", "multiply": "mul", "truedivide": "div", "divide": "div", "negative": "neg"}
_USUAL = ("name", "function", "trainable", "dtype", "y", "x2")  # of the configuration of any function
_CODE = {"Lambda": "a layer of Keras", "SlicingOpLambda": "a Cropping layer"}
_FAULTS = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError)  # of configurations that are not as Keras writes them


def load(path: Path, shape: tuple[int, ...] | None = None) -> Source:
    """The model in a file. shape: of its input, without the batch, where the file leaves it open.

    Layers without counterpart are left to TensorFlow where it is installed. Raises ToolError: damaged, weights alone, open
    shapes, layers without counterpart.
    """
    ops.load()
    saved = keras_file.read(path)
    converter = _Converter(saved, shape)
    try:
        converter.walk()
    except (_Damaged, *_FAULTS) as error:
        reason = f": {error}" if isinstance(error, _Damaged) else ""
        raise ToolError(f"{path} is no whole model of Keras{reason}.", _DAMAGED) from None
    if converter.bad and tensorflow.installed() and not _foreign(saved.config):
        return tensorflow.of_keras(path, shape)
    fail(converter.bad)
    return converter.source()


def of_model(model, shape: tuple[int, ...] | None = None) -> Source:
    """A keras.Model, as its own .keras would be read. Raises ToolError as load() does."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        return load(path, shape)


class _Damaged(Exception):
    """What contradicts itself in a file."""


class _Converter:
    """Walks the layers. bad: those without counterpart."""

    def __init__(self, saved: keras_file.Saved, shape):
        self._saved, self._shape, self._net = saved, shape, Net()
        self._shapes: dict = {}
        self.bad: list[Layer] = []

    def walk(self) -> None:
        config = self._saved.config
        entries = keras_file.layers(config)
        if _sequential(config):
            given = [self._input("input", _first_shape(config, entries), 1)]
        else:
            by_name = {keras_file.name(entry): entry for entry in entries}
            names = [ref.layer for ref in ends(config["config"]["input_layers"])]
            given = [self._input(name, _shape_of(by_name[name]), len(names)) for name in names]
        for name, value in self._model(config, given, ""):
            if not self.bad:
                self._net.output(value, name)

    def source(self) -> Source:
        return of_net("Keras", self._net, self._shapes)

    def _input(self, name, shape, count):
        """shape: without the batch, None where it is open."""
        if self._shape and count == 1 and (shape is None or len(shape) == len(self._shape)):
            shape = self._shape
        if shape is None or None in shape:
            raise ToolError(f"The shape of the input {name} is open: {list(shape or [])}.",
                            "give --shape such as 28,28,1, without the batch")
        stored = (1, *shape)
        handed = [stored[d] for d in np.argsort(layout.order(len(stored)))]  # an image as [1, c, h, w]
        value = self._net.input(name, handed)
        self._net.indices[value.tensor] = layout.plain(stored)  # samples lie as Keras has them
        self._shapes[value.tensor] = stored
        return value

    def _model(self, config, given, place) -> list[tuple[str, Value]]:
        """The outputs of a model, or of one in it, with the names of the layers that give them."""
        entries = keras_file.layers(config)
        if _sequential(config):
            for entry in entries:
                if entry["class_name"] != "InputLayer":
                    given = self._apply(entry, given, {}, place)
            return [(keras_file.name(entries[-1]), given[0])]
        values = {ref: value for ref, value in zip(ends(config["config"]["input_layers"]), given, strict=True)}
        outputs = ends(config["config"]["output_layers"])
        uses = [(entry, i, call(node)) for entry in entries if entry["class_name"] != "InputLayer"
                for i, node in enumerate(entry["inbound_nodes"])]
        first = first_uses([*refs([read for _, _, read in uses]), *outputs])
        while uses:
            waiting = []
            for entry, i, read in uses:
                if any(ref not in values for ref in refs(read)):
                    waiting.append((entry, i, read))
                    continue
                name = keras_file.name(entry)
                results = self._apply(entry, *filled(read, values), place)
                values.update({Ref(name, first.get(name, 0) + i, k): value for k, value in enumerate(results)})
            if len(waiting) == len(uses):
                raise _Damaged(f"the inputs of {keras_file.name(uses[0][0])} are not there")
            uses = waiting
        return [(ref.layer, values[ref]) for ref in outputs]

    def _apply(self, entry, args, options, place) -> list[Value]:
        """What a layer gives: the values of args, which may stand in one list."""
        at = place + keras_file.name(entry)
        if keras_file.is_model(entry):
            return [value for _, value in self._model(entry, _values(args), f"{at}/")]
        self._net.place = at
        try:
            return [self._layer(entry, at, args, options)]
        except Unsupported as error:
            self.bad.append(Layer(at, str(entry["class_name"]), str(error), error.instead))
        except _FAULTS:  # shapes that do not fit
            if not self.bad:  # else they are those of a stand-in
                raise _Damaged(f"{at} contradicts the shapes of its inputs") from None
        return _values(args)[:1]  # most layers keep their input's shape

    def _layer(self, entry, place, args, options):
        kind, config = entry["class_name"], entry["config"]
        if kind == "TFOpLambda" or keras_file.is_function(entry):
            return self._function(entry, args, options)
        if kind in _CODE:
            raise Unsupported("it holds code, which is not run", _CODE[kind])
        if kind == "TimeDistributed":
            return self._distributed(entry, place, args)
        known = ops.KERAS.get(kind)
        if known is None and kind != "Activation":
            raise Unsupported("", "")
        if config.get("data_format") == "channels_first":
            raise Unsupported("it has channels first", "data_format=\"channels_last\"")
        inputs = _aligned(_values(args))
        if not inputs or any(isinstance(a, (int, float)) for a in args):
            raise Unsupported("a constant operand is not supported", "a Rescaling layer")
        layer = KerasLayer(place, kind, config, self._saved.weights.get(place, ()), self._saved.version)
        y = known(self._net, layer, *inputs) if known else inputs[0]
        return self._activated(y, config["activation"]) if "activation" in config else y

    def _distributed(self, entry, place, args):
        """A layer that looks at one value or at the channels may as well see all steps at once."""
        inner = entry["config"]["layer"]
        if inner["class_name"] not in ("Dense", "Activation", "ReLU", "Dropout"):
            raise Unsupported(f"{inner['class_name']} over steps is not supported", "a layer over images or sequences")
        return self._layer(inner, place, args, {})

    def _activated(self, x, activation):
        if isinstance(activation, dict) and activation.get("class_name") in ops.KERAS:
            return self._layer(activation, self._net.place, [x], {})
        name = str(activation.get("config") if isinstance(activation, dict) else activation)
        if activation is None or name == "linear":
            return x
        if name in ("softmax", "log_softmax"):
            return ops.TORCH[name](self._net, x, axis(x, -1))
        if name == "leaky_relu":
            return ops.TORCH[name](self._net, x, 0.2)
        if name == "hard_sigmoid" and self._saved.version < 3:
            return ops.ONNX["HardSigmoid"](self._net, [x])  # of slope 0.2 until Keras 3
        if name not in _ACTIVATIONS:
            raise Unsupported(f"activation {name}", "relu, hard_silu or silu")
        return ops.TORCH[_ACTIVATIONS[name]](self._net, x)

    def _function(self, entry, args, options):
        """keras.ops, or an operator of tf on symbols: sums and products, also with numbers, and activations."""
        name = str(entry["config"].get("function", entry["class_name"])).lower()
        name = name.removeprefix("math.").removeprefix("nn.")
        operands = [*args, *(options[key] for key in ("y", "x2") if key in options)]
        more = {key: value for key, value in {**entry["config"], **options}.items() if key not in _USUAL and value is not None}
        if any(value != {"axis": -1, "alpha": 1}.get(key) for key, value in more.items()):
            raise Unsupported(f"the function {name} with {', '.join(more)}", "a layer of Keras")
        if name in _FUNCTIONS and all(isinstance(a, (Value, int, float)) for a in operands):
            return ops.TORCH[_FUNCTIONS[name]](self._net, *_aligned(operands))
        if name in ("softmax", *_ACTIVATIONS) and isinstance(operands[0], Value):
            return self._activated(operands[0], {"config": name})
        raise Unsupported(f"the function {name}", "a layer of Keras")


def _sequential(config):
    return config["class_name"] == "Sequential"


def _first_shape(config, entries):
    found = _shape_of(entries[0])
    if found is None and isinstance(config["config"], dict) and config["config"].get("build_input_shape"):
        return config["config"]["build_input_shape"][1:]
    return found


def _shape_of(entry):
    """Of an input's samples; None if the layer does not say."""
    shape = entry["config"].get("batch_shape") or entry["config"].get("batch_input_shape")
    return None if shape is None else tuple(shape[1:])


def _values(args):
    return [v for a in args for v in (a if isinstance(a, (list, tuple)) else [a]) if isinstance(v, Value)]


def _aligned(operands):
    """Values of fewer dimensions get ones behind the batch, as Keras has it, before images put channels first."""
    rank = max(len(v.shape) for v in operands if isinstance(v, Value))
    return [v if not isinstance(v, Value) or len(v.shape) == rank else
            image_first(keras_order(v).reshaped((1, *[1] * (rank - len(v.shape)), *keras_order(v).shape[1:]))) for v in operands]


def _foreign(config) -> bool:
    """Whether anything in a model is not Keras's own: TensorFlow would import it, or run it."""
    if isinstance(config, list):
        return any(_foreign(part) for part in config)
    if not isinstance(config, dict):
        return False
    module = config.get("module") or "keras"
    own = config.get("class_name") not in (*_CODE, "__lambda__") and module.split(".")[0] in ("keras", "builtins")
    return not own or any(_foreign(part) for part in config.values())
