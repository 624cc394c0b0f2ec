# SPDX-License-Identifier: MIT
"""What a quantised network means: the same network over real numbers, as a float32 model.

Weights and biases are the numbers that the integers stand for, and activations are not rounded or cut off. So the
difference to the quantised network is what quantising its activations costs; what rounding its weights cost is in neither.
"""

import numpy as np
from tflite_micro.tensorflow.lite.micro.python import schema_py_generated as schema

from torpor_host.convert.graph import INT4, Graph, Model, Op, Tensor, type_of
from torpor_host.errors import ToolError
from torpor_host.optimize.interpreter import changed

_FLOAT = type_of(np.float32)
_QUANTISED = {np.dtype(np.int8), np.dtype(np.uint8), np.dtype(np.int16)}
_WEIGHTS_AXIS = {"CONV_2D": 0, "DEPTHWISE_CONV_2D": 3, "FULLY_CONNECTED": 0}
_RELU, _NONE = schema.ActivationFunctionType.RELU, schema.ActivationFunctionType.NONE


class Floats:
    """model: the network over real numbers. of: {tensor of the quantised one: its tensor}, of the main graph.

    Raises ToolError for a model of several subgraphs.
    """

    def __init__(self, quantised: Model):
        if len(quantised.graphs) != 1:
            raise ToolError("A model of several subgraphs has no float copy.", "check its parts")
        graph = quantised.main
        self.of: dict[Tensor, Tensor] = {t: _real(t) for t in graph.used()}
        self._biases(graph)
        ops = [self._op(op) for op in graph.ops]
        self.model = Model([Graph(self._all(graph.inputs), self._all(graph.outputs), ops)])

    def apart(self, taps: list[Tensor]) -> tuple[Model, list[Tensor]]:
        """Each operator for itself: what it reads is an input of the model, and `taps` of the quantised one are the outputs.

        Returns the quantised one's tensors that are to be given, too.
        """
        graph = self.model.main
        back = {real: t for t, real in self.of.items()}
        read = [t for t in dict.fromkeys(t for op in graph.ops for t in op.reads()) if t.data is None and not t.variable]
        fresh = {t: t.copy() for op in graph.ops for t in op.outputs}
        ops = [Op(op.name, op.inputs, [fresh[t] for t in op.outputs], op.options, op.version, op.custom_code, op.custom)
               for op in graph.ops]
        return Model([Graph(read, [fresh[self.of[t]] for t in taps], ops)]), [back[t] for t in read]

    def _all(self, tensors):
        return [t and self.of[t] for t in tensors]

    def _biases(self, graph):
        """Converters may leave out a bias's scale: it is that of the input times those of the weights."""
        for op in graph.ops:
            if op.name in _WEIGHTS_AXIS and len(op.inputs) > 2 and op.inputs[2] is not None:
                x, k, b = op.inputs[:3]
                if x.scales.size and b.data is not None and b.dtype.kind == "i":
                    self.of[b] = _constant(b, b.values() * (x.scales.astype(np.float64) * k.scales))

    def _op(self, op: Op) -> Op:
        inputs, outputs = self._all(op.inputs), self._all(op.outputs)
        if op.name in ("QUANTIZE", "DEQUANTIZE"):  # nothing is left of them
            return Op("RESHAPE", inputs, outputs)
        return Op(op.name, inputs, outputs, _options(op), op.version, op.custom_code, op.custom, op.custom_format,
                  intermediates=self._all(op.intermediates))


def _options(op: Op):
    """An output that has no numbers below zero is where a converter may have left a ReLU to the saturation."""
    y = op.outputs[0] if op.outputs else None
    cut = y is not None and _quantised(y) and y.zero_point == np.iinfo(y.dtype).min
    if cut and getattr(op.options, "fusedActivationFunction", None) == _NONE:
        return changed(op.options, fusedActivationFunction=_RELU)
    return op.options


def _quantised(t: Tensor) -> bool:
    return bool(t.scales.size) and (t.dtype == INT4 or t.dtype in _QUANTISED)


def _real(t: Tensor) -> Tensor:
    """The tensor over real numbers; itself if it is of whole numbers, or real already."""
    if not _quantised(t):
        return t.copy()
    if t.data is None:
        return t.copy(type=_FLOAT, quantization=None)
    return _constant(t, (t.values().astype(np.float64) - along(t, t.zero_points)) * along(t, t.scales))


def _constant(t: Tensor, values) -> Tensor:
    return t.copy(type=_FLOAT, quantization=None, data=values.astype("<f4").tobytes())


def along(t: Tensor, numbers: np.ndarray) -> np.ndarray:
    """One number for all, or one for each index of the quantised dimension, so that they fit the tensor."""
    if numbers.size <= 1:
        return numbers.astype(np.float64).sum()
    shape = [1] * len(t.shape)
    shape[t.axis] = -1
    return numbers.astype(np.float64).reshape(shape)
