# SPDX-License-Identifier: MIT
"""Drops what a device never reads: names, descriptions, signatures, ranges of calibration, quantisation of biases.

Kept are the names of the model's inputs and outputs, which are its interface, and the metadata entry "torpor" (labels and
feature settings). Proof: no kernel reads the rest. A convolution's bias has the scales of its input and weights multiplied;
FULLY_CONNECTED compares them with what the bias says, and keeps that.
"""

from torpor_host.convert.graph import Model, Tensor
from torpor_host.optimize.interpreter import changed

METADATA = "torpor"
_CONVOLUTIONS = {"CONV_2D", "DEPTHWISE_CONV_2D"}


def strip(model: Model) -> int:
    """Returns how many names, entries and tables went."""
    before = _weight(model)
    model.description, model.signatures = None, []
    model.metadata = [(name, data) for name, data in model.metadata if name == METADATA]
    ends = {*model.main.inputs, *model.main.outputs}
    for graph in model.graphs:
        graph.name = None
        for tensor in graph.all_tensors():
            tensor.name = tensor.name if tensor in ends else None
            tensor.shape_signature, tensor.has_rank = (), False
            _strip_quantization(tensor)
        _strip_biases(graph)
    return before - _weight(model)


def _weight(model):
    """How much there is to strip."""
    tensors = [t for graph in model.graphs for t in graph.all_tensors()]
    named = sum(bool(part.name) for part in (*tensors, *model.graphs)) + bool(model.description)
    tables = sum((t.quantization is not None) + bool(t.shape_signature) for t in tensors)
    return named + tables + len(model.metadata) + len(model.signatures)


def _strip_quantization(tensor: Tensor):
    q = tensor.quantization
    if q is None or q.details:
        return
    if tensor.scales.size == 0 or tensor.zero_points.size == 0:
        tensor.quantization = None  # read as not quantised
    else:
        tensor.quantization = changed(q, min=None, max=None)


def _strip_biases(graph):
    for op in graph.ops:
        if op.name in _CONVOLUTIONS and len(op.inputs) > 2 and op.inputs[2] and op.inputs[2].quantization:
            bias = op.inputs[2]
            op.inputs[2] = bias.copy(quantization=None)
