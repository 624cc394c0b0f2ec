# SPDX-License-Identifier: MIT
"""`torpor convert`: what it prints, and bad input: one sentence, one hint, exit code 2, nothing half-written."""

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from digits import answers
from torpor_host.check import operators
from torpor_host.convert import ops, ranges, run
from torpor_host.convert.writer import Writer
from torpor_host.errors import ToolError


@pytest.fixture
def refused(tmp_path, monkeypatch):
    """Converts into out.tflite, which must raise ToolError and write nothing; returns its sentence and hint."""
    monkeypatch.chdir(tmp_path)

    def convert(source, target="out.tflite", data=None, quantize="float", **options):
        before = sorted(tmp_path.iterdir())
        with pytest.raises(ToolError) as caught:
            run.convert_file(str(source), Path(target), data, quantize, **options)
        assert sorted(tmp_path.iterdir()) == before
        return str(caught.value), caught.value.hint

    return convert


@pytest.fixture
def net(tmp_path):
    """The path of a float model: softmax of x[1, 4] K."""
    w, rng = Writer(), np.random.default_rng(0)
    x, y, z = (w.tensor(name, (1, size), np.float32) for name, size in (("x", 4), ("y", 3), ("scores", 3)))
    w.op("FULLY_CONNECTED", [x, w.tensor("k", (3, 4), np.float32, rng.normal(size=(3, 4))), -1], [y])
    w.op("SOFTMAX", [y], [z], beta=1.0)
    (tmp_path / "net.tflite").write_bytes(w.finish([x], [z]))
    return tmp_path / "net.tflite"


def calibration(folder, x=None, **others):
    arrays = {"x": np.random.default_rng(1).normal(size=(40, 4)).astype(np.float32) if x is None else x, **others}
    np.savez(folder / "data.npz", **{name: array for name, array in arrays.items() if array is not False})
    return folder / "data.npz"


def test_each_operator_has_the_name_of_its_twin_in_the_engine():
    twins = {name.lower() for name in operators.operators()} | {"batch_norm", "dropout"}  # these two leave no operator
    assert {path.stem for path in Path(ops.__path__[0]).glob("[a-z]*.py")} <= twins


def test_json_says_what_became_of_the_network(torpor, net, tmp_path):
    result = torpor("convert", net, "out.tflite", "--calibrate", calibration(tmp_path, y=np.zeros(40)), "--json")
    assert result.returncode == 0, result.stderr
    found, data = json.loads(result.stdout), (tmp_path / "out.tflite").read_bytes()
    assert (found["bytes"], found["macs"], found["calibrated_on"], found["quantize"]) == (len(data), 12, 40, "int8")
    assert found["ops"] == {"FULLY_CONNECTED": 1, "SOFTMAX": 1}
    snr = {trial["name"]: trial["snr_db"] for trial in found["trials"]}
    assert snr[found["method"]] == max(snr[name] for name in ranges.METHODS) > 25
    assert max(trial["snr_db"] for trial in found["trials"]) == [trial["snr_db"] for trial in found["trials"] if trial["kept"]][-1]
    assert found["outputs"] == [{"name": "scores", "dtype": "int8", "shape": [1, 3], "scale": 1 / 256, "zero_point": -128}]
    x = np.random.default_rng(2).normal(size=(20, 4)).astype(np.float32)
    np.testing.assert_allclose(answers(data, x)[0], answers(net.read_bytes(), x)[0], atol=0.03)


def test_a_table_for_people(torpor, net, tmp_path):
    result = torpor("convert", net, "out.tflite", "--calibrate", calibration(tmp_path))
    assert result.returncode == 0 and "min-max" in result.stdout and "kept" in result.stdout and "12 multiply" in result.stdout


def test_float_needs_no_data(torpor, net, tmp_path):
    result = torpor("convert", net, "out.tflite", "--quantize", "float", "--json")
    found = json.loads(result.stdout)
    assert (found["quantize"], found["method"], found["inputs"][0]["dtype"]) == ("float", None, "float32")


def test_float_ends(torpor, net, tmp_path):
    result = torpor("convert", net, "out.tflite", "--calibrate", calibration(tmp_path), "--ends", "float", "--json")
    assert json.loads(result.stdout)["ops"] == {"QUANTIZE": 1, "FULLY_CONNECTED": 1, "SOFTMAX": 1, "DEQUANTIZE": 1}


ONES = np.ones((5, 4), np.float32)


@pytest.mark.parametrize("x, words", [
    (ONES[:0], "has no samples"), (ONES[:, :3], "samples of 3; the input x takes 4"), (ONES[0], "samples of one number"),
    (ONES * np.nan, "not finite"), (ONES / np.float32(1e-30) * np.inf, "not finite"), (ONES.astype(str), "no numbers"),
    (np.array([[None] * 4]), "not a .npz of plain arrays")])
def test_bad_calibration_data(refused, net, tmp_path, x, words):
    assert words in refused(net, data=calibration(tmp_path, x), quantize="int8")[0]


@pytest.mark.parametrize("content", [b"", b"PK\3\4 no archive", b"anything"])
def test_calibration_data_that_are_no_archive(refused, net, tmp_path, content):
    (tmp_path / "data.npz").write_bytes(content)
    assert refused(net, data=Path("data.npz"), quantize="int8")[0] == "data.npz is not a .npz of plain arrays."


def test_calibration_data_without_the_input(refused, net, tmp_path):
    data = calibration(tmp_path, False, a=ONES, b=ONES)
    assert "no array for the input x" in refused(net, data=data, quantize="int8")[0]


def test_calibration_data_that_are_not_there(refused, net):
    assert "No such file" in refused(net, data=Path("none.npz"), quantize="int8")[0]


def test_int8_without_data(fails, net):
    sentence, hint = fails("convert", net, "out.tflite")
    assert sentence == "Quantising to int8 needs data to calibrate with." and "--quantize float" in hint


def test_a_shape_that_is_none(fails, net, tmp_path):
    sentence, _ = fails("convert", net, "out.tflite", "--quantize", "float", "--shape", "3,x")
    assert sentence == "--shape 3,x is no shape." and not (tmp_path / "out.tflite").exists()


def test_weights_for_what_is_no_module(fails, net):
    assert "Weights were given" in fails("convert", net, "out.tflite", "--quantize", "float", "--weights", "w.pt")[0]


@pytest.mark.parametrize("options, words", [
    (dict(quantize="int3"), "--quantize int3"), (dict(ends="int16"), "--ends int16")])
def test_options_that_are_not_known(refused, net, options, words):
    assert words in refused(net, **options)[0]


@pytest.mark.parametrize("name, words", [
    ("none.tflite", "No such file"), ("none.onnx", "No such file"), ("none.pt2", "No such file"), ("none.keras", "No such file"), ("none.h5", "No such file"),
    ("net.mat", "no kind"), ("net", "no kind"),
    ("net.pkl", "pickle"), ("net.pt", "pickle"), ("none.py:make", "no such file")])
def test_what_cannot_be_read(refused, name, words):
    assert words in refused(name)[0]


def test_a_missing_folder(refused, net):
    assert "no such folder" in refused(net, "none/out.tflite")[0]


@pytest.mark.parametrize("source, words", [
    ("def make(): return 3", "returns a int"), ("make = 3", "no function make"), ("def make():\n    return 1 / 0", "net.py:2 raises ZeroDivisionError"),
    ("def make(:", "SyntaxError"), ("import nowhere_to_be_found", "ModuleNotFoundError")])
def test_a_function_that_gives_no_network(refused, tmp_path, source, words):
    (tmp_path / "net.py").write_text(source)
    assert words in refused("net.py:make")[0]


# ---- PyTorch ----


@pytest.fixture
def module(tmp_path):
    """The path of a file whose make() returns a module over [1, 4, 4]; its state dict is beside it."""
    torch = pytest.importorskip("torch", reason="PyTorch is not installed (extra train)")
    (tmp_path / "net.py").write_text(
        "from torch import nn\n\nprint('hello')\n\n\ndef make():\n    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(16, 3))\n")
    torch.manual_seed(0)
    made = torch.nn.Sequential(torch.nn.Conv2d(1, 4, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(16, 3))
    torch.save(made.state_dict(), tmp_path / "state.pt")
    return made


def test_a_module_with_its_state_dict(module, tmp_path, monkeypatch, capsys):
    import torch

    monkeypatch.chdir(tmp_path)
    x = np.random.default_rng(0).normal(size=(50, 1, 4, 4)).astype(np.float32)
    result = run.convert_file("net.py:make", Path("out.tflite"), calibration(tmp_path, x), weights=Path("state.pt"))
    found, want = run.summary(result, Path("out.tflite")), module(torch.from_numpy(x)).detach().numpy()
    assert (found["from"], found["ops"]) == ("PyTorch", {"CONV_2D": 1, "FULLY_CONNECTED": 1})
    assert capsys.readouterr().out == ""  # the file prints, and stdout is for data
    np.testing.assert_allclose(answers((tmp_path / "out.tflite").read_bytes(), x)[0], want, atol=0.05)


class Evil:
    """Unpickled, it would write a file."""

    def __reduce__(self):
        return open, ("evil.txt", "w")


@pytest.mark.parametrize("content", ["pickle", "object", "list", "text"])
def test_what_is_no_state_dict_is_not_unpickled(refused, module, tmp_path, content):
    import torch

    path = tmp_path / "bad.pt"
    if content == "pickle":
        path.write_bytes(pickle.dumps({"0.weight": Evil()}, protocol=2))
    elif content == "text":
        path.write_text("weights")
    else:
        torch.save(Evil() if content == "object" else [torch.zeros(1)], path)
    (tmp_path / "evil.txt").unlink(missing_ok=True)
    assert refused("net.py:make", weights=Path("bad.pt"), shape=(1, 4, 4))[0] == "bad.pt is no state dict."
    assert not (tmp_path / "evil.txt").exists()


def test_the_state_dict_of_another_module(refused, module, tmp_path):
    import torch

    torch.save({"5.weight": torch.zeros(2)}, tmp_path / "state.pt")
    sentence, _ = refused("net.py:make", weights=Path("state.pt"), shape=(1, 4, 4))
    assert sentence.startswith("state.pt is the state dict of another module: Missing key(s)")


@pytest.mark.parametrize("shape, words", [(None, "does not say what shape"), ((3, 4, 4), "cannot be exported")])
def test_a_module_without_its_shape(refused, module, shape, words):
    assert words in refused("net.py:make", shape=shape)[0]


def test_an_exported_program_that_is_damaged(refused, module, tmp_path):
    import torch

    torch.export.save(torch.export.export(module.eval(), (torch.zeros(1, 1, 4, 4),)), tmp_path / "net.pt2")
    whole = (tmp_path / "net.pt2").read_bytes()
    for data in (b"", whole[:-400], whole[:200] + bytes(800) + whole[1000:]):
        (tmp_path / "net.pt2").write_bytes(data)
        assert refused("net.pt2")[0].startswith("net.pt2 is no exported program: ")


def test_an_exported_program_with_pickled_objects(refused, tmp_path):
    import zipfile

    pytest.importorskip("torch", reason="PyTorch is not installed (extra train)")
    with zipfile.ZipFile(tmp_path / "net.pt2", "w") as archive:
        archive.writestr("net/data/constants/opaque_obj_0", pickle.dumps(Evil()))
    (tmp_path / "evil.txt").unlink(missing_ok=True)
    assert "holds pickled objects" in refused("net.pt2")[0]
    assert not (tmp_path / "evil.txt").exists()


# ---- scikit-learn ----


def test_an_estimator(tmp_path):
    pytest.importorskip("sklearn", reason="scikit-learn is not installed (extra sklearn)")
    (tmp_path / "net.py").write_text(
        "import numpy as np\nfrom sklearn.linear_model import LogisticRegression\n\n\ndef make():\n"
        "    return LogisticRegression().fit(np.eye(3), [0, 1, 2])\n")
    data = calibration(tmp_path, np.random.default_rng(0).random((30, 3)))
    result = run.convert_file(f"{tmp_path / 'net.py'}:make", tmp_path / "out.tflite", data)
    assert run.summary(result, tmp_path)["ops"] == {"FULLY_CONNECTED": 1, "SOFTMAX": 1}
    assert answers((tmp_path / "out.tflite").read_bytes(), np.eye(3))[0].argmax(1).tolist() == [0, 1, 2]
