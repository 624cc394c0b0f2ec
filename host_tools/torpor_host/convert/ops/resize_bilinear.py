# SPDX-License-Identifier: MIT
"""RESIZE_BILINEAR: images whose pixels are interpolated."""

import numpy as np

from torpor_host.convert.net import Unsupported
from torpor_host.convert.ops import torch


@torch("upsample_bilinear2d")
def upsample_bilinear2d(net, x, size, align_corners, *factors):
    return bilinear(net, x, sized(x, size, factors), align_corners)


def sized(x, size, factors):
    """[height, width] from torch's size, or from its factors, which must give whole numbers."""
    if size is not None:
        return [int(n) for n in size]
    (factors,) = factors if len(factors) == 1 else (factors,)
    size = [n * f for n, f in zip(x.shape[2:], factors)]
    if any(n != round(n) for n in size):
        raise Unsupported("its factor does not give a whole size", "a size, or another factor")
    return [round(n) for n in size]


def bilinear(net, x, size, align_corners=False):
    """size: [height, width]. Pixels' centres correspond, or the corners' do."""
    return net.layer("RESIZE_BILINEAR", [net.stored(x), np.array(size, np.int32)], (*x.shape[:2], *size),
                     alignCorners=bool(align_corners), halfPixelCenters=not align_corners)
