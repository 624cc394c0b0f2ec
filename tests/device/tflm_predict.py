# SPDX-License-Identifier: MIT
"""Model.predict: floats in, floats out; expected values are arithmetic that a reader can check."""

from array import array

import tflm

NAN, INF = float("nan"), float("inf")

# x -> round half away from zero(x / 0.5) - 3, saturated to int8; then (q + 3) * 0.5 comes back.
QUANTISED = (
    (0.0, -3),
    (0.2, -3),  # 0.4
    (0.25, -2),  # 0.5 rounds away
    (-0.25, -4),  # -0.5 rounds away
    (0.75, -1),  # 1.5 rounds away, not to even
    (-1.25, -6),  # -2.5 rounds away, not to even
    (64.9, 127),  # 129.8 - 3 = 126.8
    (1e30, 127),
    (-1e30, -128),
    (NAN, -3),
)


def test_rounds_half_away_and_saturates():
    m = tflm.Model("echo_int8.tflite")
    got = m.predict([x for x, _ in QUANTISED])
    expected = [q for _, q in QUANTISED]
    assert list(m.output(0)) == expected, list(m.output(0))
    assert got == [(q + 3) * 0.5 for q in expected], got


def test_infinities_saturate():
    m = tflm.Model("echo_int8.tflite")
    m.predict([INF, -INF] + [0] * 8)
    assert list(m.output(0))[:2] == [127, -128]


def test_numbers_come_in_any_container():
    m = tflm.Model("echo_int8.tflite")
    values = [3, -7, 0, 1, 2, 60, -60, 5, 6, 7]
    expected = [float(v) for v in values]
    containers = [values, tuple(values), [float(v) for v in values]]
    containers += [array(code, values) for code in "bhilqfd"]
    containers += [memoryview(array("h", [99] + values))[1:], memoryview(array("f", values))]
    for x in containers:
        assert m.predict(x) == expected, x
    unsigned = [0, 1, 2, 3, 4, 5, 60, 61, 62, 63]
    for x in [array(code, unsigned) for code in "BHILQ"] + [bytes(unsigned), bytearray(unsigned)]:
        assert m.predict(x) == unsigned, x


def test_float_models_take_floats_as_they_are():
    m = tflm.Model("dense.tflite")
    assert m.predict([1, 10, 100]) == [1 + 20 + 300 + 10, -4 + 50 + 50 - 10]


def test_more_values_than_fit_one_piece():
    m = tflm.Model("echo_float32.tflite")
    values = [i * 0.5 for i in range(70)]
    assert m.predict(values) == values
    assert m.predict(array("f", values)) == values


def test_two_inputs_and_two_outputs():
    m = tflm.Model("two.tflite")
    a, b = [0, 1, 2, 3, 4, -5], [0.25, 0.5, 0.75, 1, -30, -30]
    total, same = m.predict(a, b)
    assert total == [0.25, 1.5, 2.75, 4, -26, -32], total  # -35 saturates at -128 * 0.25
    assert same == a


def test_out_is_filled_and_returned():
    m = tflm.Model("dense.tflite")
    y = array("f", [0, 0])
    assert m.predict([1, 10, 100], out=y) is y
    assert list(y) == [331, 86]
    window = array("f", [7, 0, 0, 7])
    m.predict((1, 0, 0), out=memoryview(window)[1:3])
    assert list(window) == [7, 11, -14, 7]


def test_out_for_two_outputs():
    m = tflm.Model("two.tflite")
    y = (array("f", range(6)), array("f", range(6)))
    assert m.predict([1] * 6, [2] * 6, out=y) is y
    assert (list(y[0]), list(y[1])) == ([3] * 6, [1] * 6)


for name, test in list(globals().items()):
    if name.startswith("test_"):
        test()
print("PASS", tflm.BUILD)
