# SPDX-License-Identifier: MIT
"""DEPTHWISE_CONV_2D: a convolution with as many groups as input channels."""


def arguments(weights, channels):
    """weights [channels * multiplier, 1, kh, kw] -> the operator's, [1, kh, kw, channels * multiplier], and its options."""
    return weights.transpose(1, 2, 3, 0), {"depthMultiplier": len(weights) // channels}
