# SPDX-License-Identifier: MIT
"""Random models of one convolution, depthwise convolution, dense layer or sum, outputs as the official interpreter
gave them: the kernels that this core has.

kernels.bin: of each model lengths of model, inputs and output (3 x uint32, little-endian), and those bytes. So models
lie at any alignment.
"""

import gc
import struct

import tflm



def load(name):
    """A file as it lies in a ROMFS, or read into memory elsewhere."""
    f = open(name, "rb")
    try:
        return memoryview(f)
    except TypeError:
        return memoryview(f.read())


def check(model, x, y):
    m = tflm.Model(model)
    for _ in range(2):  # a run leaves nothing behind
        bytes_left = iter(x)
        for k in range(len(m.inputs)):
            view = m.input(k)
            for i in range(len(view)):
                byte = next(bytes_left)
                view[i] = byte - 256 if byte > 127 else byte
        m.run()
        got = bytes(m.output(0))
        assert got == bytes(y), (m.ops, [i for i in range(len(y)) if got[i] != y[i]][:8])


data, at, count = load("kernels.bin"), 0, 0
while at < len(data):
    sizes = struct.unpack_from("<III", data, at)
    at += 12
    parts = []
    for size in sizes:
        parts.append(data[at : at + size])
        at += size
    check(*parts)
    gc.collect()
    count += 1
assert count > 0
print(count, "models")
print("PASS", tflm.BUILD)
