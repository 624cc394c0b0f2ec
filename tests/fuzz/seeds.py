# SPDX-License-Identifier: MIT
"""Small models that fuzzing starts from: at least one for each operator, in each type it has.

A new operator needs one line in `OPERATORS`, or a place in one of the networks. One that the engine does not know yet
does no harm: its model is refused until the engine learns it.
"""

import dataclasses

import numpy as np

from torpor_host import engine
from torpor_host.convert.writer import RESOURCE, Writer
from torpor_host.errors import ToolError


@dataclasses.dataclass(frozen=True)
class Tensor:
    """A tensor of a seed: constant if it has data, else an activation."""

    shape: tuple
    dtype: type
    data: object = None
    quantisation: dict = dataclasses.field(default_factory=dict)
    variable: bool = False


def plain(dtype, *shape):
    """An activation without a scale."""
    return Tensor(shape, dtype)


def q8(*shape, scale=0.05, zero=-3):
    return Tensor(shape, np.int8, quantisation=dict(scale=scale, zero_point=zero))


def q16(*shape, scale=0.001, zero=0):
    return Tensor(shape, np.int16, quantisation=dict(scale=scale, zero_point=zero))


def f32(*shape):
    return Tensor(shape, np.float32)


def i32(*shape):
    return Tensor(shape, np.int32)


def flags(*shape):
    return Tensor(shape, np.bool_)


def state(tensor):
    """A tensor that keeps its values from run to run."""
    return dataclasses.replace(tensor, variable=True)


def const(values, dtype=np.int32):
    return Tensor(np.shape(values), dtype, values)


def weights(*shape, axis=None):
    """int8 weights: a scale along `axis`, or one for all."""
    data = np.resize(np.arange(-100, 113, 7), shape)
    scale = 0.01 if axis is None else np.linspace(0.01, 0.02, shape[axis])
    return Tensor(shape, np.int8, data, dict(scale=scale, axis=axis))


def reals(*shape):
    return Tensor(shape, np.float32, np.resize(np.linspace(-1, 1, 7), shape))


def bias(n, dtype=np.int32, scale=0.0005):
    return Tensor((n,), dtype, np.arange(n) * 100, dict(scale=scale))


def model(name, inputs, outputs, **options):
    """A file of one operator. An input of None is absent."""
    w = Writer()

    def add(t):
        return -1 if t is None else w.tensor("t", t.shape, t.dtype, t.data, variable=t.variable, **t.quantisation)

    slots, results = [add(t) for t in inputs], [add(t) for t in outputs]
    if name in CUSTOM:
        w.custom(name, slots, results, options or None)
    else:
        w.op(name, slots, results, **options)
    w.metadata("torpor", b"{}")
    return w.finish([i for i, t in zip(slots, inputs) if t is not None and t.data is None and not t.variable], results)


def _unary(types, *names, **options):
    return [(name, [t(2, 3)], [t(2, 3)], options) for name in names for t in types]


def _binary(types, *names, result=None, **options):
    return [(name, [t(2, 1, 3), t(2, 3)], [(result or t)(2, 2, 3)], options) for name in names for t in types]


def _windows():
    """What slides over an image, SAME and VALID."""
    same, valid = dict(padding="SAME", strideH=2, strideW=1), dict(padding="VALID", strideH=1, strideW=2)
    pool = dict(filterHeight=2, filterWidth=3)
    dilated = dict(dilationHFactor=2, dilationWFactor=2)
    x, y = q8(1, 5, 4, 2), q8(1, 3, 4, 5)
    return [
        ("CONV_2D", [x, weights(5, 3, 2, 2, axis=0), bias(5)], [y], dict(same, fusedActivationFunction="RELU")),
        ("CONV_2D", [x, weights(4, 3, 2, 2)], [q8(1, 3, 2, 4)], valid),
        ("CONV_2D", [x, weights(2, 2, 2, 2, axis=0)], [q8(1, 5, 4, 2)], dict(padding="SAME", strideH=1, strideW=1, **dilated)),
        ("CONV_2D", [x, weights(4, 1, 1, 1, axis=0)], [q8(1, 5, 4, 4)], dict(padding="SAME", strideH=1, strideW=1)),
        ("CONV_2D", [f32(2, 5, 4, 2), reals(3, 3, 2, 2), reals(3)], [f32(2, 3, 4, 3)], dict(same, fusedActivationFunction="RELU6")),
        ("CONV_2D", [q16(1, 5, 4, 2), weights(3, 3, 2, 2, axis=0), bias(3, np.int64)], [q16(1, 3, 4, 3)], same),
        ("DEPTHWISE_CONV_2D", [x, weights(1, 3, 2, 2, axis=3), bias(2)], [q8(1, 3, 4, 2)], dict(same, depthMultiplier=1)),
        ("DEPTHWISE_CONV_2D", [x, weights(1, 3, 2, 4, axis=3), bias(4)], [q8(1, 3, 2, 4)], dict(valid, depthMultiplier=2)),
        ("DEPTHWISE_CONV_2D", [q8(1, 5, 4, 5), weights(1, 3, 3, 5, axis=3)], [q8(1, 5, 4, 5)],
         dict(padding="SAME", strideH=1, strideW=1, depthMultiplier=1, **dilated)),
        ("DEPTHWISE_CONV_2D", [f32(1, 5, 4, 2), reals(1, 3, 2, 4), reals(4)], [f32(1, 3, 2, 4)], dict(valid, depthMultiplier=2)),
        ("DEPTHWISE_CONV_2D", [q16(1, 5, 4, 2), weights(1, 3, 2, 2, axis=3), bias(2, np.int64)], [q16(1, 3, 4, 2)],
         dict(same, depthMultiplier=1)),
        ("TRANSPOSE_CONV", [const([1, 6, 4, 3]), weights(3, 3, 2, 2, axis=0), q8(1, 3, 4, 2), bias(3)], [q8(1, 6, 4, 3)], same),
        ("TRANSPOSE_CONV", [const([1, 6, 4, 3]), reals(3, 3, 2, 2), f32(1, 3, 4, 2)], [f32(1, 6, 4, 3)], same),
        *[(name, [t(1, 5, 4, 2)], [t(1, 3, 4, 2)], dict(same, **pool))
          for name in ("AVERAGE_POOL_2D", "MAX_POOL_2D") for t in (q8, q16, f32)],
        ("L2_POOL_2D", [f32(1, 5, 4, 2)], [f32(1, 3, 4, 2)], dict(same, **pool)),
    ]


def _lstm(x, hidden, y, b):
    """Three units that see two inputs."""
    gates = [*[weights(3, 2)] * 4, *[weights(3, 3)] * 4, *[None] * 3, *[b] * 4]
    slots = [x, *gates, None, None, state(hidden), state(q16(2, 3, scale=2**-11)), *[None] * 4]
    return "UNIDIRECTIONAL_SEQUENCE_LSTM", slots, [y], dict(fusedActivationFunction="TANH", cellClip=10.0)


def _dense():
    relu = dict(fusedActivationFunction="RELU")
    return [
        ("FULLY_CONNECTED", [q8(2, 6), weights(5, 6), bias(5)], [q8(2, 5)], relu),
        ("FULLY_CONNECTED", [q8(2, 6), weights(5, 6, axis=0), None], [q8(2, 5)], {}),
        ("FULLY_CONNECTED", [f32(2, 6), reals(5, 6), reals(5)], [f32(2, 5)], {}),
        ("FULLY_CONNECTED", [q16(2, 6), weights(5, 6), bias(5, np.int64)], [q16(2, 5)], {}),
        ("BATCH_MATMUL", [q8(2, 3, 4), q8(2, 4, 5)], [q8(2, 3, 5)], {}),
        ("BATCH_MATMUL", [f32(2, 3, 4), f32(2, 5, 4)], [f32(2, 3, 5)], dict(adjY=True)),
        ("SVDF", [f32(1, 4), reals(6, 4), reals(6, 3), reals(3), state(f32(1, 18))], [f32(1, 3)], dict(rank=2)),
        ("SVDF", [q8(1, 4), weights(6, 4), weights(6, 3), bias(3), state(q8(1, 18))], [q8(1, 3)], dict(rank=2, **relu)),
        ("SVDF", [q8(1, 4), weights(6, 4), dataclasses.replace(weights(6, 3), dtype=np.int16), bias(3, scale=1e-5),
                  state(q16(1, 18))], [q8(1, 3)], dict(rank=2)),
        _lstm(q8(2, 3, 2), q8(2, 3, scale=1 / 128, zero=0), q8(2, 3, 3, scale=1 / 128, zero=0), bias(3)),
        _lstm(q16(2, 3, 2), q16(2, 3, scale=1 / 32768), q16(2, 3, 3, scale=1 / 32768), bias(3, np.int64)),
        ("EMBEDDING_LOOKUP", [const([1, 0]), weights(3, 4)], [f32(2, 4)], {}),
        ("EMBEDDING_LOOKUP", [const([1, 0]), reals(3, 4)], [f32(2, 4)], {}),
    ]


def _shapes():
    """What moves elements without changing them."""
    x = q8(1, 4, 4, 2)
    return [
        *[("RESHAPE", [t(2, 6), const([3, -1])], [t(3, 4)], dict(newShape=[3, 4])) for t in (q8, q16, f32)],
        ("EXPAND_DIMS", [x, const([1])], [q8(1, 1, 4, 4, 2)], {}),
        ("SQUEEZE", [q8(1, 4, 1, 2)], [q8(4, 2)], dict(squeezeDims=[0, 2])),
        ("PAD", [x, const([[0, 0], [1, 2], [0, 1], [0, 0]])], [q8(1, 7, 5, 2)], {}),
        ("PAD", [f32(2, 2), const([[1, 0], [0, 1]])], [f32(3, 3)], {}),
        ("PADV2", [x, const([[0, 0], [1, 2], [0, 1], [0, 0]]), q8(1)], [q8(1, 7, 5, 2)], {}),
        ("MIRROR_PAD", [f32(3, 3), const([[1, 1], [2, 0]])], [f32(5, 5)], dict(mode=0)),
        ("TRANSPOSE", [q8(2, 3, 4), const([2, 0, 1])], [q8(4, 2, 3)], {}),
        ("CONCATENATION", [q8(2, 3), q8(2, 1), q8(2, 2)], [q8(2, 6)], dict(axis=1)),
        ("CONCATENATION", [f32(2, 3), f32(1, 3)], [f32(3, 3)], dict(axis=-2)),
        ("PACK", [q8(2, 3), q8(2, 3)], [q8(2, 2, 3)], dict(axis=1, valuesCount=2)),
        ("UNPACK", [f32(2, 3)], [f32(2), f32(2), f32(2)], dict(axis=1, num=3)),
        ("SPLIT", [const([1]), q8(2, 6)], [q8(2, 3), q8(2, 3)], dict(numSplits=2)),
        ("SPLIT_V", [q8(2, 6), const([1, 5]), const([1])], [q8(2, 1), q8(2, 5)], dict(numSplits=2)),
        ("SLICE", [q8(3, 4), const([1, 0]), const([2, 3])], [q8(2, 3)], {}),
        ("SLICE", [q8(3, 4), i32(2), const([2, 3])], [q8(2, 3)], {}),
        ("STRIDED_SLICE", [q8(4, 5), const([0, 1]), const([4, 5]), const([2, 2])], [q8(2, 2)], {}),
        ("STRIDED_SLICE", [f32(4, 5), const([3, 1]), const([0, 2]), const([-1, 1])], [f32(3)], dict(shrinkAxisMask=2)),
        ("GATHER", [q8(3, 4), i32(2)], [q8(2, 4)], dict(axis=0)),
        ("GATHER", [f32(3, 4), const([3, 0])], [f32(3, 2)], dict(axis=1)),
        ("GATHER_ND", [f32(3, 4), i32(2, 1)], [f32(2, 4)], {}),
        ("DYNAMIC_UPDATE_SLICE", [f32(3, 4), f32(2, 2), i32(2)], [f32(3, 4)], {}),
        ("BATCH_TO_SPACE_ND", [q8(4, 2, 2, 1), const([2, 2]), const([[0, 0], [0, 1]])], [q8(1, 4, 3, 1)], {}),
        ("SPACE_TO_BATCH_ND", [q8(1, 4, 3, 1), const([2, 2]), const([[0, 0], [0, 1]])], [q8(4, 2, 2, 1)], {}),
        ("SPACE_TO_BATCH_ND", [q8(1, 4, 2), const([2]), const([[0, 0]])], [q8(2, 2, 2)], {}),
        ("DEPTH_TO_SPACE", [q8(1, 2, 2, 4)], [q8(1, 4, 4, 1)], dict(blockSize=2)),
        ("SPACE_TO_DEPTH", [q8(1, 4, 4, 1)], [q8(1, 2, 2, 4)], dict(blockSize=2)),
        ("REVERSE_V2", [f32(2, 3), const([1])], [f32(2, 3)], {}),
        ("RESIZE_BILINEAR", [x, const([5, 7])], [q8(1, 5, 7, 2)], dict(halfPixelCenters=True)),
        ("RESIZE_BILINEAR", [f32(1, 2, 2, 1), const([3, 3])], [f32(1, 3, 3, 1)], dict(alignCorners=True)),
        ("RESIZE_NEAREST_NEIGHBOR", [x, const([5, 7])], [q8(1, 5, 7, 2)], {}),
        ("BROADCAST_TO", [f32(2, 1), const([2, 3])], [f32(2, 3)], {}),
        ("BROADCAST_ARGS", [i32(2), i32(3)], [i32(3)], {}),
        ("SHAPE", [f32(2, 3)], [i32(2)], dict(outType="INT32")),
        ("FILL", [const([2, 3]), f32()], [f32(2, 3)], {}),
        ("ZEROS_LIKE", [f32(2, 3)], [f32(2, 3)], {}),
        ("SELECT_V2", [flags(2, 1), f32(2, 3), f32(1, 3)], [f32(2, 3)], {}),
    ]


def _reductions():
    """What makes one value of several."""
    keep = dict(keepDims=True)
    return [
        *[(name, [t(2, 3, 4), const([0, -1])], [t(3)], {}) for name in ("MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN")
          for t in (q8, q16, f32)],
        ("MEAN", [q8(1, 3, 4, 2), const([1, 2])], [q8(1, 1, 1, 2)], keep),
        ("REDUCE_ALL", [flags(2, 3), const([1])], [flags(2)], {}),
        ("ARG_MAX", [q8(2, 3), const([1])], [i32(2)], dict(outputType="INT32")),
        ("ARG_MIN", [f32(2, 3), const([-2])], [i32(3)], dict(outputType="INT32")),
        ("CUMSUM", [f32(2, 3), const([1])], [f32(2, 3)], dict(reverse=True)),
    ]


def _values():
    """What changes elements one by one."""
    every, unit = (q8, q16, f32), dict(scale=1 / 256, zero=-128)
    relu = dict(fusedActivationFunction="RELU")
    return [
        *_unary(every, "RELU", "RELU6", "ABS", "NEG", "SQUARE"),
        *_unary((q8, f32), "ELU", "HARD_SWISH", "RSQRT", "L2_NORMALIZATION"),
        *_unary(every, "LEAKY_RELU", alpha=0.1),
        *_unary((f32,), "CEIL", "FLOOR", "ROUND", "SQRT", "EXP", "LOG", "SIN", "COS"),
        *_unary((flags,), "LOGICAL_NOT"),
        *_binary(every, "ADD", "SUB", "MUL", **relu),
        *_binary(every, "MAXIMUM", "MINIMUM", "SQUARED_DIFFERENCE"),
        *_binary((q8, f32), "EQUAL", "NOT_EQUAL", "LESS", "LESS_EQUAL", "GREATER", "GREATER_EQUAL", result=flags),
        *_binary((f32,), "DIV", "FLOOR_DIV", "FLOOR_MOD"),
        *_binary((i32,), "ADD", "MUL", "FLOOR_DIV", "FLOOR_MOD"),
        *_binary((flags,), "LOGICAL_AND", "LOGICAL_OR"),
        ("ADD", [q8(2, 3), q8(2, 3)], [q8(2, 3)], {}),
        ("ADD", [f32(1, 2, 3), reals(3)], [f32(1, 2, 3)], relu),
        ("ADD_N", [f32(2, 3), f32(2, 3), f32(2, 3)], [f32(2, 3)], {}),
        ("PRELU", [q8(1, 2, 2, 3), weights(1, 1, 3)], [q8(1, 2, 2, 3)], {}),
        ("PRELU", [f32(1, 2, 2, 3), reals(1, 1, 3)], [f32(1, 2, 2, 3)], {}),
        ("SOFTMAX", [q8(2, 5)], [q8(2, 5, **unit)], dict(beta=1.0)),
        ("SOFTMAX", [q8(2, 5)], [q16(2, 5, scale=1 / 65536, zero=-32768)], dict(beta=1.0)),
        ("SOFTMAX", [q16(2, 5)], [q16(2, 5, scale=1 / 32768)], dict(beta=1.0)),
        ("SOFTMAX", [f32(2, 5)], [f32(2, 5)], dict(beta=0.5)),
        ("LOG_SOFTMAX", [q8(2, 5)], [q8(2, 5, scale=1 / 16, zero=127)], {}),
        ("LOG_SOFTMAX", [f32(2, 5)], [f32(2, 5)], {}),
        ("LOGISTIC", [q8(2, 5)], [q8(2, 5, **unit)], {}),
        ("LOGISTIC", [q16(2, 5)], [q16(2, 5, scale=1 / 32768)], {}),
        ("LOGISTIC", [f32(2, 5)], [f32(2, 5)], {}),
        ("TANH", [q8(2, 5)], [q8(2, 5, scale=1 / 128, zero=0)], {}),
        ("TANH", [q16(2, 5)], [q16(2, 5, scale=1 / 32768)], {}),
        ("TANH", [f32(2, 5)], [f32(2, 5)], {}),
        ("QUANTIZE", [f32(2, 3)], [q8(2, 3)], {}),
        ("QUANTIZE", [f32(2, 3)], [q16(2, 3)], {}),
        ("QUANTIZE", [q8(2, 3)], [q8(2, 3, scale=0.1, zero=5)], {}),
        ("QUANTIZE", [q16(2, 3)], [q8(2, 3, scale=0.1, zero=5)], {}),
        ("DEQUANTIZE", [q8(2, 3)], [f32(2, 3)], {}),
        ("DEQUANTIZE", [q16(2, 3)], [f32(2, 3)], {}),
        ("CAST", [q8(2, 3)], [f32(2, 3)], dict(inDataType="INT8", outDataType="FLOAT32")),
        ("CAST", [f32(2, 3)], [i32(2, 3)], dict(inDataType="FLOAT32", outDataType="INT32")),
    ]


def _spectra():
    """Samples to a spectrum and back, by both kinds of radix."""
    kinds = ((np.int16, 7), (np.int32, 2), (np.float32, 0))
    return [
        *[("SignalRfft", [plain(t, 2, 20)], [plain(t, 2, 26)], {"T": k, "fft_length": 24}) for t, k in kinds],
        *[("SignalIrfft", [plain(t, 42)], [plain(t, 40)], {"T": k, "fft_length": 40}) for t, k in kinds],
        ("SignalWindow", [plain(np.int16, 2, 6), const(range(6), np.int16)], [plain(np.int16, 2, 6)], {"shift": 3}),
        ("SignalFftAutoScale", [plain(np.int16, 6)], [plain(np.int16, 6), plain(np.int32)], {}),
        ("SignalEnergy", [plain(np.int16, 12)], [plain(np.uint32, 6)], {"end_index": 6, "start_index": 0}),  # TFLM leaves the others as they were
    ]


def _banks():
    """Energies to channels and their logarithms."""
    limits = [const(v, np.int16) for v in ([0, 2, 3], [0, 1, 2], [2, 3, 4])]
    subtraction = {"alternate_one_minus_smoothing": 15401, "alternate_smoothing": 983, "clamping": True,
                   "min_signal_remaining": 819, "num_channels": 4, "one_minus_smoothing": 15975, "smoothing": 409,
                   "smoothing_bits": 10, "spectral_subtraction_bits": 14}
    u32 = plain(np.uint32, 4)
    return [
        ("SignalFilterBank", [plain(np.uint32, 8), const(range(7), np.int16), const(range(7), np.int16), *limits],
         [plain(np.uint64, 2)], {"num_channels": 2}),
        ("SignalFilterBankSquareRoot", [plain(np.uint64, 4), const(3)], [u32], {}),
        ("SignalFilterBankSquareRoot", [plain(np.uint64, 4), plain(np.int32)], [u32], {}),
        ("SignalFilterBankSpectralSubtraction", [u32], [u32, u32], subtraction),
        ("SignalPCAN", [u32, u32, const(range(125), np.int16)], [u32], {"snr_shift": 6}),
        ("SignalFilterBankLog", [u32], [plain(np.int16, 4)], {"input_correction_bits": 3, "output_scale": 64}),
    ]


def _streams():
    """What keeps samples from run to run."""
    i16 = lambda *shape: plain(np.int16, *shape)  # noqa: E731
    valid = plain(np.bool_)
    stacker = {"num_channels": 2, "stacker_left_context": 1, "stacker_right_context": 0, "stacker_step": 2}
    return [
        ("SignalDelay", [i16(2, 4)], [i16(2, 4)], {"delay_length": 6}),
        ("SignalStacker", [i16(2)], [i16(4), valid], stacker),
        ("SignalFramer", [i16(2, 6)], [i16(2, 3, 5), valid], {"frame_size": 5, "frame_step": 2, "prefill": True}),
        ("SignalOverlapAdd", [i16(2, 5)], [i16(6)], {"T": 7, "frame_step": 3}),
        ("SignalOverlapAdd", [f32(2, 2, 5)], [f32(2, 6)], {"T": 0, "frame_step": 3}),
    ]


def _detections():
    """Boxes of two classes, each way to leave out those that overlap."""
    found = [f32(1, 3, 4), f32(1, 3), f32(1, 3), f32(1)]
    options = {"max_detections": 3, "max_classes_per_detection": 1, "nms_score_threshold": 0.1, "nms_iou_threshold": 0.5,
               "num_classes": 2, **{f"{side}_scale": 2.0 for side in "yxhw"}}
    inputs = [f32(1, 4, 4), f32(1, 4, 3), Tensor((4, 4), np.float32, np.linspace(0.1, 1, 16))]
    every = {**options, "nms_iou_threshold": 1.0}  # so many that TFLM leaves no output as it was
    return [("TFLite_Detection_PostProcess", inputs, found, every),
            ("TFLite_Detection_PostProcess", inputs, found, {**options, "use_regular_nms": True})]


_CUSTOM = [*_spectra(), *_banks(), *_streams(), *_detections()]
CUSTOM = {name for name, *_ in _CUSTOM}
OPERATORS = [*_windows(), *_dense(), *_shapes(), *_reductions(), *_values(), *_CUSTOM]


def chain():
    """int8: PAD, two convolutions, a join, a pool, RESHAPE, SOFTMAX: work for the planner."""
    w = Writer()

    def tensor(*shape, **kwargs):
        t = q8(*shape, **kwargs)
        return w.tensor("t", t.shape, t.dtype, **t.quantisation)

    def constant(t):
        return w.tensor("c", t.shape, t.dtype, t.data, **t.quantisation)

    x, padded, conv, deep = tensor(1, 3, 3, 2), tensor(1, 4, 4, 2), tensor(1, 2, 2, 3), tensor(1, 2, 2, 3)
    w.op("PAD", [x, constant(const([[0, 0], [0, 1], [1, 0], [0, 0]]))], [padded])
    w.op("CONV_2D", [padded, constant(weights(3, 3, 3, 2, axis=0))], [conv], padding="VALID", strideH=1, strideW=1)
    w.op("DEPTHWISE_CONV_2D", [conv, constant(weights(1, 2, 2, 3, axis=3))], [deep], padding="SAME", strideH=1, strideW=1,
         depthMultiplier=1)
    joined, pooled, flat = tensor(1, 2, 2, 3), tensor(1, 1, 2, 3), tensor(1, 6)
    w.op("ADD", [conv, deep], [joined])
    w.op("MAX_POOL_2D", [joined], [pooled], padding="VALID", strideH=2, strideW=1, filterHeight=2, filterWidth=1)
    w.op("RESHAPE", [pooled, constant(const([1, 6]))], [flat], newShape=[1, 6])
    scores = tensor(1, 6, scale=1 / 256, zero=-128)
    w.op("SOFTMAX", [flat], [scores], beta=1.0)
    return w.finish([x], [scores])


def streaming():
    """int8: a buffer that is a variable, every second run, and an operator behind it; the CIRCULAR_BUFFER of a real model."""
    w = Writer()
    kind = dict(dtype=np.int8, scale=0.5, zero_point=-3)
    x, y = w.tensor("x", (1, 1, 1, 2), **kind), w.tensor("y", (6,), **kind)
    last = w.tensor("last", (1, 3, 1, 2), variable=True, **kind)
    w.custom("CIRCULAR_BUFFER", [x], [last], {"cycles_max": 2})
    w.op("RESHAPE", [last, w.tensor("s", (1,), np.int32, [6])], [y], newShape=[6])
    return w.finish([x], [y])


def accumulator():
    """float32: a variable that is read, and written for the next run."""
    w = Writer()
    x, y = w.tensor("x", (3,), np.float32), w.tensor("y", (3,), np.float32)
    v, before = w.tensor("v", (3,), np.float32, variable=True), w.tensor("before", (3,), np.float32)
    w.op("RESHAPE", [v, w.tensor("s", (1,), np.int32, [3])], [before], newShape=[3])
    w.op("ADD", [x, before], [v])
    w.op("MUL", [v, v], [y])
    return w.finish([x], [y])


def dense():
    """int8: three fully connected layers, like TFLM's hello_world."""
    w = Writer()
    x = first = w.tensor("x", (1, 2), np.int8, scale=0.02, zero_point=3)
    for depth, channels in ((2, 3), (3, 4), (4, 1)):
        k, b = weights(channels, depth), bias(channels)
        y = w.tensor("y", (1, channels), np.int8, scale=0.02, zero_point=-5)
        w.op("FULLY_CONNECTED", [x, w.tensor("k", k.shape, k.dtype, k.data, **k.quantisation),
             w.tensor("b", b.shape, b.dtype, b.data, **b.quantisation)], [y], fusedActivationFunction="RELU")
        x = y
    return w.finish([first], [x])


def floats():
    """float32 in and out, int8 between."""
    w = Writer()
    x, q = w.tensor("x", (1, 3, 2, 2), np.float32), w.tensor("q", (1, 3, 2, 2), np.int8, scale=0.1, zero_point=0)
    r, y = w.tensor("r", (1, 3, 2, 2), np.float32), w.tensor("y", (1, 2), np.float32)
    a, k = w.tensor("a", (1, 2, 2, 2), np.float32), w.tensor("k", (3, 2), np.float32, reals(3, 2).data)
    z = w.tensor("z", (1, 3), np.float32)
    w.op("QUANTIZE", [x], [q])
    w.op("DEQUANTIZE", [q], [r])
    w.op("AVERAGE_POOL_2D", [r], [a], padding="VALID", strideH=1, strideW=1, filterHeight=2, filterWidth=1)
    w.op("MEAN", [a, w.tensor("axes", (2,), np.int32, [1, -2])], [y])
    w.op("FULLY_CONNECTED", [y, k], [z])
    return w.finish([x], [z])


def branch():
    """x + x or x * x, as a flag says; in the else branch another branch."""
    w = Writer()
    parts = [w.subgraph() for _ in range(3)]
    for name, part in zip(("ADD", "MUL"), parts):
        x, y = part.tensor("x", (2, 3), np.float32), part.tensor("y", (2, 3), np.float32)
        part.op(name, [x, x], [y])
        part.ends([x], [y])
    c, x, y = parts[2].tensor("c", (1,), np.bool_, [True]), parts[2].tensor("x", (2, 3), np.float32), parts[2].tensor("y", (2, 3), np.float32)
    parts[2].op("IF", [c, x], [y], thenSubgraphIndex=1, elseSubgraphIndex=2)
    parts[2].ends([x], [y])
    c, x, y = w.tensor("c", (), np.bool_), w.tensor("x", (2, 3), np.float32), w.tensor("y", (2, 3), np.float32)
    w.op("IF", [c, x], [y], thenSubgraphIndex=1, elseSubgraphIndex=3)
    return w.finish([c, x], [y])


def _counter(w, limit):
    """Subgraphs that say whether an int32 is below a limit, and add 1 to it; both take int8 [1, 4] besides."""
    condition, body = w.subgraph(), w.subgraph()
    kind = dict(dtype=np.int8, scale=0.05, zero_point=-3)
    for part in (condition, body):
        i, a = part.tensor("i", (1,), np.int32), part.tensor("a", (1, 4), **kind)
        n, b = part.tensor("n", (1,), np.int32, [1 if part is body else limit]), part.tensor("b", (1, 4), **kind)
        j, c = part.tensor("j", (1,), np.int32), part.tensor("c", (1,), np.bool_)
        part.op("ADD" if part is body else "LESS", [i, n], [j if part is body else c])
        if part is body:
            part.op("MUL", [a, a], [b])
        part.ends([i, a], [j, b] if part is body else [c])
    return dict(condSubgraphIndex=condition.number, bodySubgraphIndex=body.number)


def loop():
    """Two values that a loop carries."""
    w = Writer()
    kind = dict(dtype=np.int8, scale=0.05, zero_point=-3)
    i, a, j, b = w.tensor("i", (1,), np.int32), w.tensor("a", (1, 4), **kind), w.tensor("j", (1,), np.int32), w.tensor("b", (1, 4), **kind)
    w.op("WHILE", [i, a], [j, b], **_counter(w, 3))
    return w.finish([i, a], [j, b])


def memory():
    """A sum in a variable, whose first value another subgraph gives, and one that is only read before it is assigned."""
    w = Writer()

    def handle(part, name):
        h = part.tensor("h", (), RESOURCE)
        part.op("VAR_HANDLE", [], [h], sharedName=name, container="c")
        return h

    init = w.subgraph()
    init.op("ASSIGN_VARIABLE", [handle(init, "sum"), init.tensor("c", (1, 4), np.float32, [1, 2, 3, 4])], [])
    init.ends([], [])
    w.op("CALL_ONCE", [], [], initSubgraphIndex=init.number)
    x, old, new, last = (w.tensor(name, (1, 4), np.float32) for name in ("x", "old", "new", "last"))
    w.op("READ_VARIABLE", [handle(w, "sum")], [old])
    w.op("ADD", [old, x], [new])
    w.op("ASSIGN_VARIABLE", [handle(w, "sum"), new], [])
    w.op("READ_VARIABLE", [handle(w, "last")], [last])
    w.op("ASSIGN_VARIABLE", [handle(w, "last"), x], [])
    return w.finish([x], [new, last])


def networks():
    """{name: bytes} of the seeds of several operators."""
    return {make.__name__: make() for make in (chain, dense, floats, streaming, accumulator, branch, loop, memory)}


def all_seeds():
    """{name: bytes} of every seed."""
    made = networks()
    for i, (name, inputs, outputs, options) in enumerate(OPERATORS):
        made[f"{i:03d}_{name.lower()}"] = model(name, inputs, outputs, **options)
    return made


def runs(data):
    """Whether the engine accepts a file."""
    try:
        return bool(engine.measure(data))
    except ToolError:
        return False
