# SPDX-License-Identifier: MIT
"""The official interpreter as a source of truth: whole models, single operators, single numbers.

What a pass has to know of an operator's arithmetic (a rescaled sum, a clamp, a table) it asks the interpreter for;
no formula is written down a second time.
"""

import copy

import numpy as np
from tflite_micro import runtime
from tflite_micro.tensorflow.lite.micro.python import schema_py_generated as schema

from torpor_host.convert import tflite
from torpor_host.convert.graph import Graph, Model, Op, Tensor


_ARENA_SPARE = 1 << 20  # bytes beyond twice all tensors: the interpreter's own tables


class Interpreter:
    """An open model: arrays in, arrays out. Raises RuntimeError if the interpreter cannot run it.

    data: the model's file, if there is one.
    """

    def __init__(self, model: Model, data: bytes | None = None):
        tensors = [t for graph in model.graphs for t in graph.used()]
        arena = 2 * sum(t.nbytes + 256 for t in tensors) + _ARENA_SPARE
        self._interpreter = runtime.Interpreter.from_bytes(data or tflite.write(model), arena_size=arena)
        self._outputs = model.main.outputs

    def __call__(self, inputs) -> list[np.ndarray]:
        """Runs once; variables keep what they held. RuntimeError if it fails, or stops because it waits for more."""
        for i, values in enumerate(inputs):
            self._interpreter.set_input(values, i)
        if self._interpreter.invoke():
            raise RuntimeError("stopped")
        return [np.array(self._interpreter.get_output(i)).reshape(t.shape) for i, t in enumerate(self._outputs)]


def evaluate(op: Op, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """The outputs of one operator; one array for each of its inputs that is not constant.

    Raises RuntimeError if the interpreter cannot run it.
    """
    graph = Graph([t for t in dict.fromkeys(op.reads()) if t.data is None], op.outputs, [op])
    return Interpreter(Model([graph]))(inputs)


def table(op: Op) -> np.ndarray:
    """int8[256]: what an operator on single int8 elements makes of -128..127."""
    x, y = op.inputs[0].copy(shape=(1, 256)), op.outputs[0].copy(shape=(1, 256))
    (values,) = evaluate(Op(op.name, [x], [y], op.options, op.version), [np.arange(-128, 128, dtype=np.int8).reshape(1, 256)])
    return values[0]


def clamp(activation: int, y: Tensor) -> tuple[int, int]:
    """The least and greatest int8 value that an operator with this fused activation writes to y."""
    ends = np.array([-(1 << 20), 1 << 20], np.int32)
    one = schema.QuantizationParametersT(scale=np.ones(1, np.float32), zeroPoint=np.zeros(1, np.int64))
    same = schema.QuantizationParametersT(scale=y.scales, zeroPoint=np.zeros(1, np.int64))
    x = Tensor("x", (1, 1, 1, 1), schema.TensorType.INT8, quantization=one)
    k = Tensor("k", (2, 1, 1, 1), schema.TensorType.INT8, bytes(2), quantization=same)
    b = Tensor("b", (2,), schema.TensorType.INT32, ends.tobytes(), quantization=same)
    options = schema.Conv2DOptionsT(strideW=1, strideH=1, fusedActivationFunction=activation)
    op = Op("CONV_2D", [x, k, b], [y.copy(shape=(1, 1, 1, 2))], options, 3)
    low, high = evaluate(op, [np.zeros((1, 1, 1, 1), np.int8)])[0].ravel()
    return int(low), int(high)


def changed(options, **fields):
    """A copy of an options table with other values."""
    options = copy.copy(options)
    for name, value in fields.items():
        setattr(options, name, value)
    return options
