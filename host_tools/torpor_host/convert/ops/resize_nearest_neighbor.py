# SPDX-License-Identifier: MIT
"""RESIZE_NEAREST_NEIGHBOR: images whose pixels are repeated; the modes of ONNX's Resize."""

import numpy as np

from torpor_host.convert.keras_layer import over_sequences
from torpor_host.convert.net import Unsupported
from torpor_host.convert.ops import keras, onnx, torch
from torpor_host.convert.ops.resize_bilinear import bilinear, sized

_WHOLE = "only whole multiples of the size are supported"


@torch("upsample_nearest2d")
def upsample_nearest2d(net, x, size, *factors):
    return nearest(net, x, sized(x, size, factors))


@onnx("Resize")
def onnx_resize(net, inputs, mode="nearest", coordinate_transformation_mode="half_pixel", nearest_mode="round_prefer_floor", **attributes):
    x, _, factors, size = (*inputs, None, None, None)[:4]
    if attributes.get("axes") is not None or attributes.get("antialias"):
        raise Unsupported("axes and antialias are not supported", "all dimensions, without antialias")
    size = [round(float(n * f)) for n, f in zip(x.shape, factors)] if size is None or not len(size) else [int(n) for n in size]
    if len(size) != 4 or tuple(size[:2]) != x.shape[:2]:
        raise Unsupported("only height and width can be resized", "images [n, c, h, w]")
    if mode == "linear" and coordinate_transformation_mode in ("half_pixel", "pytorch_half_pixel", "align_corners"):
        return bilinear(net, x, size[2:], coordinate_transformation_mode == "align_corners")
    # Of whole multiples, both give the pixel that an output pixel lies in.
    if mode == "nearest" and (coordinate_transformation_mode, nearest_mode[:5]) in (("asymmetric", "floor"), ("half_pixel", "round")):
        return nearest(net, x, size[2:])
    raise Unsupported(f"{mode} with {coordinate_transformation_mode} is not supported", "nearest with asymmetric and floor, or linear with half_pixel")


@keras("UpSampling2D")
def keras_upsampling(net, layer, x):
    size = [n * int(f) for n, f in zip(x.shape[2:], layer.config["size"])]
    how = layer.config.get("interpolation", "nearest")
    if how not in ("nearest", "bilinear"):
        raise Unsupported(f"{how} interpolation is not supported", "nearest or bilinear")
    return nearest(net, x, size) if how == "nearest" else bilinear(net, x, size)


keras("UpSampling1D")(over_sequences(keras_upsampling))


def nearest(net, x, size):
    """size: [height, width], whole multiples of x's."""
    if any(n % m for n, m in zip(size, x.shape[2:])):
        raise Unsupported(_WHOLE, "a whole factor, or bilinear")
    return net.layer("RESIZE_NEAREST_NEIGHBOR", [net.stored(x), np.array(size, np.int32)], (*x.shape[:2], *size))
