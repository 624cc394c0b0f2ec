# SPDX-License-Identifier: MIT
"""How TFLM wants each operator's integer tensors scaled, beside those outputs that scheme.py fixes; what is in no table is refused."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Layer:
    """Which inputs of a layer are its activation, weights and bias; axis: the weights' dimension that has a scale each.

    axis None is one scale for all: TFLM's kernels for Cortex-M know no other in FULLY_CONNECTED.
    """

    x: int
    weights: int
    bias: int
    axis: int | None


LAYERS = {
    "CONV_2D": Layer(0, 1, 2, 0),
    "DEPTHWISE_CONV_2D": Layer(0, 1, 2, 3),
    "FULLY_CONNECTED": Layer(0, 1, 2, None),
    "TRANSPOSE_CONV": Layer(2, 1, 3, 0),
}

# They copy or compare integers: inputs and outputs have one scale. For WHILE see loop.py.
TIED = {
    "AVERAGE_POOL_2D", "BATCH_TO_SPACE_ND", "CONCATENATION", "DEPTH_TO_SPACE", "EXPAND_DIMS", "GATHER", "GATHER_ND", "MAXIMUM",
    "MAX_POOL_2D", "MINIMUM", "MIRROR_PAD", "PACK", "PAD", "PADV2", "REDUCE_MAX", "REDUCE_MIN", "RELU6", "RESHAPE", "RESIZE_BILINEAR",
    "RESIZE_NEAREST_NEIGHBOR", "REVERSE_V2", "SLICE", "SPACE_TO_BATCH_ND", "SPACE_TO_DEPTH", "SPLIT", "SPLIT_V", "SQUEEZE",
    "STRIDED_SLICE", "TRANSPOSE", "UNPACK", "WHILE"}

CLAMPS = {"MAXIMUM", "MINIMUM"}  # with a constant, what they cut off needs no place in the range

# They rescale: every tensor has a scale of its own.
FREE = {
    "ABS", "ADD", "ARG_MAX", "ARG_MIN", "BATCH_MATMUL", "ELU", "HARD_SWISH", "LEAKY_RELU", "MEAN", "MUL", "PRELU", "RELU",
    "SQUARED_DIFFERENCE", "SUB", "SUM"}

BYTES = {"WHILE"}  # they have no form in int16: see loop.py
NARROW = {("PRELU", 1)}  # constant inputs that are int8 where the others are int16
