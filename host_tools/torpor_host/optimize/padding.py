# SPDX-License-Identifier: MIT
"""Fuses PAD into the convolutions after it, as SAME padding.

Proof: SAME lays as many zeros before the image as PAD does, and gives as many outputs; so each window lies where it lay. What
PAD writes is the zero point, which adds 0 to a sum. The order of the other terms stays. Float32 weights must be finite.
"""

import numpy as np
from tflite_micro.tensorflow.lite.micro.python import schema_py_generated as schema

from torpor_host.convert.graph import Graph, Model, Op
from torpor_host.optimize.layers import Taps
from torpor_host.optimize.rewire import same_numbers, set_options

_READERS = {"CONV_2D", "DEPTHWISE_CONV_2D"}
_SAME = schema.Padding.SAME


def fuse_padding(model: Model) -> int:
    """Returns how many operators went."""
    return sum(_fuse(graph, op) for graph in model.graphs for op in list(graph.ops) if op.name in ("PAD", "PADV2"))


def _fuse(graph: Graph, op: Op) -> bool:
    x, y = op.inputs[0], op.outputs[0]
    readers = graph.readers(y)
    if y in graph.outputs or not readers or not _zeros(op) or not all(_suits(op, reader) for reader in readers):
        return False
    for reader in readers:
        reader.inputs[0] = x
        set_options(reader, padding=_SAME)
    graph.ops.remove(op)
    return True


def _zeros(op):
    """Pads height and width alone, with zero points."""
    x, y = op.inputs[0], op.outputs[0]
    if len(x.shape) != 4 or x.data is not None or op.inputs[1].data is None or not same_numbers(x, y):
        return False
    pads = op.inputs[1].values().reshape(-1, 2)
    filling = op.inputs[2] if op.name == "PADV2" else None
    right = filling is None or (filling.data is not None and filling.values().ravel()[0] == y.zero_point)
    return right and not pads[[0, 3]].any() and (pads >= 0).all()


def _suits(op, reader):
    """SAME on the image alone is what the reader does on the padded one."""
    if reader.name not in _READERS:
        return False
    y, k = op.outputs[0], reader.inputs[1]
    if reader.inputs[0] is not y or sum(t is y for t in reader.inputs) != 1 or k.data is None:
        return False
    if k.dtype == np.float32 and not np.isfinite(k.values()).all():
        return False
    o, pads = reader.options, op.inputs[1].values().reshape(-1, 2)
    for axis, stride, dilation in ((1, o.strideH, o.dilationHFactor), (2, o.strideW, o.dilationWFactor)):
        now = Taps(y.shape[axis], k.shape[axis], stride, dilation, o.padding == _SAME)
        then = Taps(op.inputs[0].shape[axis], k.shape[axis], stride, dilation, True)
        if now.before or now.after or then.before != pads[axis][0] or then.out != now.out:
            return False
    return True
