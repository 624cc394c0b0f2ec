# SPDX-License-Identifier: MIT
"""Models that the writer makes: read by the official interpreter, right by NumPy."""

import numpy as np
import pytest
from tflite_micro import runtime
from tflite_micro.tensorflow.lite.micro.python import schema_py_generated as schema
from torpor_host.convert.tflite import BUFFER_ALIGN
from torpor_host.convert.writer import Writer


def run(model, x):
    interpreter = runtime.Interpreter.from_bytes(model)
    interpreter.set_input(x, 0)
    interpreter.invoke()
    return interpreter.get_output(0)


def dense(kernel, bias, activation="NONE"):
    """y[1, out] = x[1, in] kernel[out, in]^T + bias, float32."""
    w = Writer("dense")
    x = w.tensor("x", (1, kernel.shape[1]), np.float32)
    k = w.tensor("k", kernel.shape, np.float32, data=kernel)
    b = -1 if bias is None else w.tensor("b", bias.shape, np.float32, data=bias)
    y = w.tensor("y", (1, kernel.shape[0]), np.float32)
    w.op("FULLY_CONNECTED", inputs=[x, k, b], outputs=[y], fusedActivationFunction=activation)
    w.metadata("torpor", b"{}")
    return w.finish(inputs=[x], outputs=[y])


def test_float_dense_layer_equals_numpy():
    rng = np.random.default_rng(1)
    kernel, bias = rng.normal(size=(3, 5)).astype(np.float32), rng.normal(size=3).astype(np.float32)
    x = rng.normal(size=(1, 5)).astype(np.float32)
    np.testing.assert_allclose(run(dense(kernel, bias), x), x @ kernel.T + bias, rtol=1e-5)


def test_absent_bias_and_activation_by_name():
    kernel = np.array([[1, 2], [-3, 1]], np.float32)
    y = run(dense(kernel, None, "RELU"), np.array([[1, 1]], np.float32))
    np.testing.assert_array_equal(y, [[3, 0]])


def test_int8_convolution_with_per_channel_scales_is_within_half_a_step_of_numpy():
    rng = np.random.default_rng(2)
    kernel = rng.integers(-127, 128, (4, 1, 1, 3))
    x = rng.integers(-128, 128, (1, 2, 2, 3))
    scales, x_scale, y_scale = [0.01, 0.02, 0.03, 0.04], 0.1, 3.0
    w = Writer()
    i = w.tensor("x", x.shape, np.int8, scale=x_scale, zero_point=-5)
    k = w.tensor("k", kernel.shape, np.int8, data=kernel, scale=scales, axis=0)
    b = w.tensor("b", (4,), np.int32, data=[10, 20, 30, 40], scale=np.multiply(scales, x_scale), axis=0)
    o = w.tensor("y", (1, 2, 2, 4), np.int8, scale=y_scale, zero_point=7)
    w.op("CONV_2D", inputs=[i, k, b], outputs=[o], padding="VALID", strideW=1, strideH=1)
    y = run(w.finish(inputs=[i], outputs=[o]), x.astype(np.int8))
    real = ((x + 5) @ kernel[:, 0, 0].T + [10, 20, 30, 40]) * scales * np.float64(x_scale)
    np.testing.assert_array_equal(y, np.clip(np.floor(real / y_scale + 0.5) + 7, -128, 127))


@pytest.mark.parametrize("name, function", [("MAX_POOL_2D", np.max), ("AVERAGE_POOL_2D", np.mean)])
def test_pooling_shares_one_options_table(name, function):
    x = np.arange(16, dtype=np.float32).reshape(1, 4, 4, 1)
    w = Writer()
    i, o = w.tensor("x", x.shape, np.float32), w.tensor("y", (1, 2, 2, 1), np.float32)
    w.op(name, [i], [o], padding="VALID", strideW=2, strideH=2, filterWidth=2, filterHeight=2)
    want = function(x.reshape(2, 2, 2, 2), axis=(1, 3)).reshape(1, 2, 2, 1)
    np.testing.assert_array_equal(run(w.finish([i], [o]), x), want)


def test_mean_reshape_softmax_chain():
    x = np.random.default_rng(3).normal(size=(1, 2, 3, 4)).astype(np.float32)
    w = Writer()
    i, m = w.tensor("x", x.shape, np.float32), w.tensor("m", (1, 1, 1, 4), np.float32)
    r, y = w.tensor("r", (1, 4), np.float32), w.tensor("y", (1, 4), np.float32)
    w.op("MEAN", [i, w.tensor("axes", (2,), np.int32, data=[1, 2])], [m], keepDims=True)
    w.op("RESHAPE", [m, w.tensor("shape", (2,), np.int32, data=[1, 4])], [r], newShape=[1, 4])
    w.op("SOFTMAX", [r], [y], beta=1.0)
    mean = np.exp(x.mean(axis=(1, 2)))
    np.testing.assert_allclose(run(w.finish([i], [y]), x), mean / mean.sum(), rtol=1e-5)


def test_file_layout_identifier_alignment_codes_and_metadata():
    file = dense(np.ones((3, 5), np.float32), np.ones(3, np.float32))
    assert file[4:8] == b"TFL3"
    model = schema.Model.GetRootAs(file)
    assert (model.Version(), model.Description()) == (3, b"dense")
    assert model.Metadata(0).Name() == b"torpor"
    assert model.Buffers(model.Metadata(0).Buffer()).DataAsNumpy().tobytes() == b"{}"
    assert model.Buffers(0).DataLength() == 0
    for index in range(1, model.BuffersLength()):
        table = model.Buffers(index)._tab
        assert table.Vector(table.Offset(4)) % BUFFER_ALIGN == 0


def test_one_operator_code_for_many_uses():
    w = Writer()
    t = [w.tensor(f"t{i}", (1, 4), np.int8, scale=1.0, zero_point=0) for i in range(3)]
    w.op("ADD", [t[0], t[0]], [t[1]])
    w.op("ADD", [t[1], t[0]], [t[2]])
    model = schema.Model.GetRootAs(w.finish([t[0]], [t[2]]))
    assert model.OperatorCodesLength() == 1
    assert (model.OperatorCodes(0).BuiltinCode(), model.OperatorCodes(0).Version()) == (schema.BuiltinOperator.ADD, 2)


def test_same_calls_give_same_bytes():
    kernel = np.arange(6, dtype=np.float32).reshape(2, 3)
    assert dense(kernel, None) == dense(kernel, None)


def test_mistakes_are_named():
    w = Writer()
    t = w.tensor("t", (2,), np.int8)
    with pytest.raises(ValueError, match=r"k: the data are not \[3\] of int8"):
        w.tensor("k", (3,), np.int8, data=[1, 2])
    with pytest.raises(ValueError, match="the data are not"):
        w.tensor("k", (1,), np.int8, data=[200])
    with pytest.raises(ValueError, match="broadcast"):
        w.tensor("k", (2,), np.int8, scale=[1, 2], zero_point=[0, 0, 0])
    with pytest.raises(ValueError, match="ADD has no option stride"):
        w.op("ADD", [t, t], [t], stride=1)
    with pytest.raises(AttributeError):
        w.op("NO_SUCH_OP", [t], [t])
