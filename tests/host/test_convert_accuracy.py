# SPDX-License-Identifier: MIT
"""Trained networks from each framework, in the official interpreter on held-out data: float as trained, int8 within a point of it."""

import numpy as np
import pytest
import spoken
from digits import CALIBRATION, answers, digits, run_stored, trained
from torpor_host.convert import run, tflite
from twins import FRAMEWORKS

torch = pytest.importorskip("torch", reason="PyTorch is not installed (extra train)")

pytestmark = pytest.mark.filterwarnings("ignore")  # of PyTorch and Keras

NETWORKS = {"plain": 7, "residual": 10, "separable": 8, "keywords": 11}  # with the most operators that each may need


def data(name):
    """The trained torch network; inputs [n, 1, h, w] to calibrate on; held-out ones and their labels."""
    if name == "keywords":
        return spoken.network(), *spoken.windows()
    train_x, _, test_x, test_y = digits()
    return trained(name), train_x[:CALIBRATION], test_x, test_y


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("name", NETWORKS)
def test_int8_is_within_a_point_of_float(name, framework, tmp_path):
    network, calibration, x, y = data(name)
    with torch.no_grad():
        wanted = network(torch.from_numpy(x)).numpy()
    source, arranged = FRAMEWORKS[framework](name, network, x.shape[1:], tmp_path)
    plain = run.convert(source).data
    np.testing.assert_allclose(run_stored(plain, source.stored([arranged(x[::11])]))[0], wanted[::11], atol=1e-3, rtol=1e-4)
    names = [op.name for op in tflite.read(plain).main.ops]
    assert len(names) <= NETWORKS[name] and "TRANSPOSE" not in names
    result = run.convert(source, source.stored([arranged(calibration)]))
    graph = tflite.read(result.data).main
    assert {t.dtype for t in (*graph.inputs, *graph.outputs)} == {np.dtype(np.int8)}
    accuracy, float_accuracy = ((scores.argmax(1) == y).mean() for scores in (answers(result.data, x)[0], wanted))
    print(f"{name} from {framework}: float {float_accuracy:.4f}, int8 {accuracy:.4f} of {len(y)}, {len(result.data)} bytes, {result.method}")
    assert float_accuracy > 0.9 and accuracy > float_accuracy - 0.01
