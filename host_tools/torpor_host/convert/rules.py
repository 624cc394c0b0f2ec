# SPDX-License-Identifier: MIT
"""How TFLM wants each operator's int8 tensors scaled: what is not in one of these tables stays float, or is refused."""

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

# Outputs whose scale and zero point are prescribed.
FIXED = {
    "SOFTMAX": (1 / 256, -128), "LOGISTIC": (1 / 256, -128), "TANH": (1 / 128, 0), "LOG_SOFTMAX": (16 / 256, 127),
    "L2_NORMALIZATION": (1 / 128, 0),
}

# They copy or compare integers: inputs and outputs have one scale. For WHILE see loop.py.
TIED = {
    "AVERAGE_POOL_2D", "BATCH_TO_SPACE_ND", "CONCATENATION", "DEPTH_TO_SPACE", "EXPAND_DIMS", "GATHER", "GATHER_ND", "MAXIMUM",
    "MAX_POOL_2D", "MINIMUM", "MIRROR_PAD", "PACK", "PAD", "PADV2", "REDUCE_MAX", "REDUCE_MIN", "RESHAPE", "RESIZE_BILINEAR",
    "RESIZE_NEAREST_NEIGHBOR", "REVERSE_V2", "SLICE", "SPACE_TO_BATCH_ND", "SPACE_TO_DEPTH", "SPLIT", "SPLIT_V", "SQUEEZE",
    "STRIDED_SLICE", "TRANSPOSE", "UNPACK", "WHILE"}

CLAMPS = {"MAXIMUM", "MINIMUM"}  # with a constant, what they cut off needs no place in the range

# They rescale: every tensor has a scale of its own.
FREE = {
    "ABS", "ADD", "ARG_MAX", "ARG_MIN", "BATCH_MATMUL", "ELU", "HARD_SWISH", "LEAKY_RELU", "MEAN", "MUL", "PRELU", "RELU", "RELU6",
    "SQUARED_DIFFERENCE", "SUB", "SUM"}
