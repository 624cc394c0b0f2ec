# SPDX-License-Identifier: MIT
"""A model for each operator and all types in its row, run on three inputs: outputs as the official interpreter gave them.

operators.bin has of each model six lengths (uint32, little-endian) and those bytes: the operator's name; how far floats
may be off, in units in the last place of the largest output (0: equal; tests/engine/probes.py says why); the model; and
three runs. A run is its inputs and then its outputs: how many there are, and of each a kind (b"f": float32), the number of
its bytes, and those. Integers must be equal.
"""

import array
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


def tensors(data, at):
    """[(is float, bytes)] of each, and what follows them."""
    found, n = [], data[at]
    at += 1
    for _ in range(n):
        kind, size = struct.unpack_from("<BI", data, at)
        found.append((kind == ord("f"), data[at + 5 : at + 5 + size]))
        at += 5 + size
    return found, at


UPSTREAM = tflm.ENGINE != "torpor"
ULPS_UPSTREAM = 8  # its sums of floats are in the order that its compiler for this core likes


def close(got, want, ulps):
    off = max([abs(v) for v in want]) * ulps / (1 << 23)
    return all(a == b or abs(a - b) <= off for a, b in zip(got, want))


def check(name, ulps, m, run):
    inputs, at = tensors(run, 0)
    outputs, _ = tensors(run, at)
    m.reset()
    m.run(*[x for _, x in inputs])
    for i, (real, want) in enumerate(outputs):
        got = bytes(m.output(i))
        if real and ulps and got != want:
            assert close(m.output(i), array.array("f", bytes(want)), ulps), (name, got, bytes(want))
        else:
            assert got == want, (name, got, bytes(want))


data, at, ran, lacking = load("operators.bin"), 0, set(), set()
while at < len(data):
    sizes = struct.unpack_from("<6I", data, at)
    at += 24
    parts = []
    for size in sizes:
        parts.append(data[at : at + size])
        at += size
    name = bytes(parts[0]).decode()
    print(name)
    if name in tflm.OPS:
        m = tflm.Model(parts[2])
        try:
            for run in parts[3:]:
                check(name, max(parts[1][0], ULPS_UPSTREAM * UPSTREAM), m, run)
            ran.add(name)
        except ValueError as error:  # upstream's releases differ in the types that an operator has
            if not UPSTREAM or "TFLM failed to run it" not in str(error):
                raise
            lacking.add(name)
    else:
        lacking.add(name)
    gc.collect()
assert ran
if lacking:
    print("not in this module:", ", ".join(sorted(lacking)))
print(len(ran), "operators")
print("PASS", tflm.BUILD)
