# SPDX-License-Identifier: MIT
"""Post-training quantisation of a chain of layers to int8, as TensorFlow Lite's specification has it.

Weights are symmetric per output channel, biases int32 at input scale times weight scale, activations
asymmetric with the range that a calibration set shows (Jacob et al. 2018, "Quantization and Training of
Neural Networks for Efficient Integer-Arithmetic-Only Inference").
"""

import numpy as np

from torpor_host.convert.scheme import INT8
from torpor_host.convert.weights import bias_integers, weights_s8
from torpor_host.convert.writer import Writer


def activation_s8(values, clip=0.0) -> tuple[float, int]:
    """Scale and zero point that cover `values`, but for the fraction `clip` at either end, and zero."""
    return INT8.scale(*map(float, np.quantile(values, [clip, 1 - clip])))


class Int8Chain:
    """Builds a model layer after layer. Every `values` is the layer's float output on the calibration set.

    shape: [height, width, channels] of the input, whose values are (q - zero_point) * scale.
    """

    CLIP = 1e-5  # of the calibration values at either end: a rare outlier does not cost everyone a bit

    def __init__(self, description, name, shape, scale, zero_point):
        self._writer = Writer(description)
        self._shape, self._scale, self._zero_point = (1, *shape), scale, zero_point
        self._input = self._at = self._writer.tensor(name, self._shape, np.int8, scale=scale, zero_point=zero_point)
        self._layer = 0

    def conv_2d(self, weights, bias, stride, values, activation="NONE"):
        """weights [out, kh, kw, in]; SAME padding."""
        self._convolve("CONV_2D", 0, weights, bias, stride, values, fusedActivationFunction=activation)

    def depthwise_conv_2d(self, weights, bias, stride, values, activation="NONE"):
        """weights [1, kh, kw, channels]; SAME padding."""
        self._convolve("DEPTHWISE_CONV_2D", 3, weights, bias, stride, values, fusedActivationFunction=activation,
                       depthMultiplier=1)

    def dense(self, weights, bias, values):
        """weights [out, in] over all values of one input; per-tensor weights, as TFLM's FULLY_CONNECTED wants them."""
        kernel, scale = weights_s8(weights[None], 0)
        inputs = [self._at, *self._constants(kernel[0], scale, None, bias)]
        self._activation((1, len(weights)), values)
        self._writer.op("FULLY_CONNECTED", inputs, [self._at], fusedActivationFunction="NONE")

    def global_average(self):
        """Mean over height and width; [1, channels] remain."""
        source, (_, height, width, channels) = self._at, self._shape
        self._tensor((1, 1, 1, channels))
        self._writer.op("AVERAGE_POOL_2D", [source], [self._at], padding="VALID", strideW=1, strideH=1,
                        filterWidth=width, filterHeight=height, fusedActivationFunction="NONE")
        source, shape = self._at, [1, channels]
        self._tensor(shape)
        target = self._writer.tensor("shape", (2,), np.int32, data=shape)
        self._writer.op("RESHAPE", [source, target], [self._at], newShape=shape)

    def softmax(self):
        """Probabilities at the scale and zero point that TFLite prescribes, 1/256 and -128."""
        source = self._at
        self._scale, self._zero_point = 1 / 256, -128
        self._tensor(self._shape, "scores")
        self._writer.op("SOFTMAX", [source], [self._at], beta=1.0)

    def metadata(self, name, data):
        self._writer.metadata(name, data)

    def finish(self) -> bytes:
        return self._writer.finish([self._input], [self._at])

    def _convolve(self, op, axis, weights, bias, stride, values, **options):
        source, (_, height, width, _channels) = self._at, self._shape
        kernel, scales = weights_s8(weights, axis)
        constants = self._constants(kernel, scales, axis, bias)
        self._activation((1, -(-height // stride[0]), -(-width // stride[1]), len(bias)), values)
        self._writer.op(op, [source, *constants], [self._at], padding="SAME", strideH=stride[0], strideW=stride[1],
                        **options)

    def _constants(self, kernel, scales, axis, bias):
        values, bias_scales = bias_integers(bias, self._scale, scales, np.int32)
        bias_axis = None if axis is None else 0
        return (self._writer.tensor(f"weights{self._layer}", kernel.shape, np.int8, kernel, scales, axis=axis),
                self._writer.tensor(f"bias{self._layer}", bias.shape, np.int32, values, bias_scales, axis=bias_axis))

    def _activation(self, shape, values):
        self._scale, self._zero_point = activation_s8(values, self.CLIP)
        self._tensor(shape)
        self._layer += 1

    def _tensor(self, shape, name=None):
        self._shape = tuple(shape)
        self._at = self._writer.tensor(
            name or f"layer{self._layer}", shape, np.int8, scale=self._scale, zero_point=self._zero_point)
