# SPDX-License-Identifier: MIT
"""Cortex-M0's own division of floats gives this PC's quotients, bit for bit."""

import subprocess

import numpy as np
import pytest
from torpor_host.paths import FIRMWARE

# signed zero, denormals, powers of two and their neighbours, the largest, infinity, NaN
SPECIAL = np.array(
    [0, 1, 2, 3, 0x400000, 0x7FFFFF, 0x800000, 0x800001, 0x33800000, 0x3F7FFFFF, 0x3F800000, 0x3F800001,
     0x7E800000, 0x7F7FFFFF, 0x7F800000, 0x7F800001, 0x7FC00000], np.uint32)  # fmt: skip

LOOP = """
#include <stddef.h>
#include "divide.c"
void divide(const float *a, const float *b, float *y, size_t n) {
    for (size_t i = 0; i < n; i++) y[i] = __aeabi_fdiv(a[i], b[i]);
}
"""


@pytest.fixture(scope="module")
def divide(tmp_path_factory):
    """float32 a[n], b[n] -> a / b by firmware/natmod/divide.c."""
    folder = tmp_path_factory.mktemp("divide")
    command = ["cc", "-O2", "-shared", "-fPIC", f"-I{FIRMWARE / 'natmod'}", "-x", "c", "-", "-o", folder / "divide.so"]
    subprocess.run(command, input=LOOP, text=True, check=True)
    library = np.ctypeslib.load_library("divide.so", folder)

    def call(a, b):
        y = np.empty_like(a)
        library.divide(*(np.ctypeslib.as_ctypes(array) for array in (a, b, y)), np.ctypeslib.ctypes.c_size_t(len(a)))
        return y

    return call


def check(divide, a, b):
    a, b = (np.ascontiguousarray(bits, np.uint32).view(np.float32) for bits in (a, b))
    with np.errstate(all="ignore"):
        expected = a / b
    got = divide(a, b)
    same = (got.view(np.uint32) == expected.view(np.uint32)) | (np.isnan(got) & np.isnan(expected))
    assert same.all(), [(x.hex(), y.hex()) for x, y in zip(a[~same][:3], b[~same][:3])]


def test_special_values_by_each_other(divide):
    values = np.concatenate([SPECIAL, SPECIAL | 0x80000000])
    check(divide, *(grid.ravel() for grid in np.meshgrid(values, values)))


def test_a_million_of_any_bits(divide):
    check(divide, *np.random.default_rng(1).integers(0, 1 << 32, (2, 1 << 20), np.uint32))


def test_a_million_quotients_near_the_denormals(divide):
    a, b = np.random.default_rng(2).integers(0, 1 << 32, (2, 1 << 20), np.uint32)
    check(divide, a & 0x81FFFFFF, b & 0x807FFFFF | 0x3F800000)
