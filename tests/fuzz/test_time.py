# SPDX-License-Identifier: MIT
"""Files made to cost time: tables and vectors that a FlatBuffer shares, so that few bytes stand for many.

Each is refused or run within a second of processor time; exercise.c watches it.
"""

import subprocess

import flatbuffers
import pytest
from tflite_micro.tensorflow.lite.micro.python import schema_py_generated as schema

ADD, MEAN, CONCATENATION = (getattr(schema.BuiltinOperator, name) for name in ("ADD", "MEAN", "CONCATENATION"))


class Shared:
    """A model under construction whose parts may be used many times."""

    def __init__(self, code=ADD):
        self.b = flatbuffers.Builder(1 << 17)
        schema.OperatorCodeStart(self.b)
        schema.OperatorCodeAddDeprecatedBuiltinCode(self.b, code)
        self.code = schema.OperatorCodeEnd(self.b)
        schema.BufferStart(self.b)
        self.buffers = [schema.BufferEnd(self.b)]

    def numbers(self, values):
        """A vector of int32."""
        self.b.StartVector(4, len(values), 4)
        for value in reversed(values):
            self.b.PrependInt32(value)
        return self.b.EndVector()

    def tables(self, offsets):
        self.b.StartVector(4, len(offsets), 4)
        for offset in reversed(offsets):
            self.b.PrependUOffsetTRelative(offset)
        return self.b.EndVector()

    def constant(self, values):
        """A buffer of int32; returns its number."""
        self.b.StartVector(1, 4 * len(values), 16)
        for value in reversed(values):
            self.b.PrependInt32(value)
        data = self.b.EndVector()
        schema.BufferStart(self.b)
        schema.BufferAddData(self.b, data)
        self.buffers.append(schema.BufferEnd(self.b))
        return len(self.buffers) - 1

    def tensor(self, shape, type=schema.TensorType.FLOAT32, buffer=0):
        shape = self.numbers(shape)
        schema.TensorStart(self.b)
        schema.TensorAddShape(self.b, shape)
        schema.TensorAddType(self.b, type)
        schema.TensorAddBuffer(self.b, buffer)
        return schema.TensorEnd(self.b)

    def op(self, inputs, outputs, kind=schema.BuiltinOptions.AddOptions):
        """An operator from two vectors of tensors, with empty options."""
        schema.AddOptionsStart(self.b)
        options = schema.AddOptionsEnd(self.b)
        schema.OperatorStart(self.b)
        schema.OperatorAddInputs(self.b, inputs)
        schema.OperatorAddOutputs(self.b, outputs)
        schema.OperatorAddBuiltinOptionsType(self.b, kind)
        schema.OperatorAddBuiltinOptions(self.b, options)
        return schema.OperatorEnd(self.b)

    def finish(self, tensors, ops, inputs, outputs, graphs=1):
        """The file of a graph that is its own subgraph so many times."""
        tensors, ops = self.tables(tensors), self.tables(ops)
        codes, buffers = self.tables([self.code]), self.tables(self.buffers)
        schema.SubGraphStart(self.b)
        schema.SubGraphAddTensors(self.b, tensors)
        schema.SubGraphAddInputs(self.b, inputs)
        schema.SubGraphAddOutputs(self.b, outputs)
        schema.SubGraphAddOperators(self.b, ops)
        graphs = self.tables([schema.SubGraphEnd(self.b)] * graphs)
        schema.ModelStart(self.b)
        schema.ModelAddVersion(self.b, 3)
        schema.ModelAddOperatorCodes(self.b, codes)
        schema.ModelAddSubgraphs(self.b, graphs)
        schema.ModelAddBuffers(self.b, buffers)
        self.b.Finish(schema.ModelEnd(self.b), file_identifier=b"TFL3")
        return bytes(self.b.Output())


def outputs_that_only_the_last_operator_writes(n=5000):
    """n outputs of the model, to look for among n uses of one operator with n other outputs."""
    m = Shared()
    tensor = m.tensor([1])
    first, rest, last = m.numbers([0, 0]), m.numbers([1] * n), m.numbers([2])
    ops = [m.op(first, rest)] * n + [m.op(first, last)]
    return m.finish([tensor] * 3, ops, m.numbers([0]), m.numbers([2] * n))


def many_inputs_of_the_model(n=14000):
    m = Shared()
    tensor = m.tensor([1])
    every = m.numbers(list(range(n)))
    return m.finish([tensor] * (n + 1), [m.op(m.numbers([0, 1]), m.numbers([n]))], every, m.numbers([n]))


def many_outputs_of_the_model(n=14000):
    m = Shared()
    tensor = m.tensor([1])
    inputs = m.numbers([0])
    return m.finish([tensor] * 2, [m.op(m.numbers([0, 0]), m.numbers([1]))], inputs, m.numbers([1] * n))


def operators_that_read_thousands(code=ADD, kind=schema.BuiltinOptions.AddOptions, ops=1500, reads=6000):
    """Each reads the same long list of what the last ones wrote."""
    m = Shared(code)
    tensor = m.tensor([1])
    first, many = m.numbers([0, 0]), m.numbers([ops - 1] * reads)
    made = [m.op(first if i < ops - 1 else many, m.numbers([i + 1]), kind) for i in range(ops)]
    return m.finish([tensor] * (ops + 1), made, m.numbers([0]), m.numbers([ops]))


def joins_that_read_thousands():
    return operators_that_read_thousands(CONCATENATION, schema.BuiltinOptions.ConcatenationOptions)


def a_long_chain(n=1000):
    """n additions, each of what the one before wrote: valid."""
    m = Shared()
    tensor = m.tensor([1])
    made = [m.op(m.numbers([i, i]), m.numbers([i + 1])) for i in range(n)]
    return m.finish([tensor] * (n + 1), made, m.numbers([0]), m.numbers([n]))


def many_axes(ops=1000, axes=15000):
    """Means over one dimension that is named thousands of times."""
    m = Shared(MEAN)
    axis = m.tensor([axes], schema.TensorType.INT32, m.constant([0] * axes))
    tensors = [m.tensor([1, 1])] + [axis] + [m.tensor([1])]
    made = [m.op(m.numbers([0, 1]), m.numbers([2 + i]), schema.BuiltinOptions.ReducerOptions) for i in range(ops)]
    return m.finish(tensors[:2] + tensors[2:] * ops, made, m.numbers([0]), m.numbers([2]))


def many_subgraphs(n=5000):
    m = Shared()
    tensor = m.tensor([1])
    return m.finish([tensor] * 2, [m.op(m.numbers([0, 0]), m.numbers([1]))], m.numbers([0]), m.numbers([1]), n)


def thousands_alive_to_the_end(n=4000):
    """n additions whose results are all outputs."""
    m = Shared()
    tensor = m.tensor([1])
    made = [m.op(m.numbers([i, i]), m.numbers([i + 1])) for i in range(n)]
    return m.finish([tensor] * (n + 1), made, m.numbers([0]), m.numbers(list(range(1, n + 1))))


@pytest.mark.parametrize("make", (outputs_that_only_the_last_operator_writes, many_inputs_of_the_model, many_outputs_of_the_model,
                                  operators_that_read_thousands, joins_that_read_thousands, a_long_chain, many_axes,
                                  many_subgraphs, thousands_alive_to_the_end))
def test_a_file_made_to_cost_time(fuzzer, tmp_path, make):
    from programs import fuzzer as program

    (tmp_path / "model").write_bytes(make())
    result = subprocess.run([program(), tmp_path / "model"], capture_output=True, text=True, timeout=100)
    assert result.returncode == 0, result.stderr[-2000:]
