# SPDX-License-Identifier: MIT
"""A model for each operator and all types in its row, outputs as the official interpreter gave them.

operators.bin: of each model lengths (4 x uint32, little-endian) of the operator's name, the model, its inputs and its
outputs, and those bytes. Inputs and outputs are, one after the other, a kind (b"f": float32), a length and bytes.
Integers must be equal. Floats may differ by 4e-6 of the largest output, 32 units in the last place: the widest that
tests/engine allows an operator, of its longest chain of single-precision functions (the recurrent ones).
"""

import array
import gc
import struct

import tflm

_CLOSE = 4e-6


def load(name):
    """A file as it lies in a ROMFS, or read into memory elsewhere."""
    f = open(name, "rb")
    try:
        return memoryview(f)
    except TypeError:
        return memoryview(f.read())


def tensors(data):
    """(is float, bytes) of each."""
    at, found = 0, []
    while at < len(data):
        kind, size = struct.unpack_from("<BI", data, at)
        found.append((kind == ord("f"), data[at + 5 : at + 5 + size]))
        at += 5 + size
    return found


def check(name, model, inputs, outputs):
    m = tflm.Model(model)
    m.run(*[x for _, x in tensors(inputs)])
    for i, (real, want) in enumerate(tensors(outputs)):
        if real:
            got, want = m.output(i), array.array("f", bytes(want))
            most = max([1] + [abs(v) for v in want])
            assert all(a == b or abs(a - b) <= _CLOSE * most for a, b in zip(got, want)), (name, list(got), want)
        else:
            assert bytes(m.output(i)) == bytes(want), (name, list(m.output(i)), bytes(want))


data, at, ran, lacking = load("operators.bin"), 0, set(), set()
while at < len(data):
    sizes = struct.unpack_from("<IIII", data, at)
    at += 16
    parts = []
    for size in sizes:
        parts.append(data[at : at + size])
        at += size
    name = bytes(parts[0]).decode()
    if name in tflm.OPS:
        check(name, *parts[1:])
        ran.add(name)
    else:
        lacking.add(name)
    gc.collect()
assert ran
if lacking:
    print("not in this module:", ", ".join(sorted(lacking)))
print(len(ran), "operators")
print("PASS", tflm.BUILD)
