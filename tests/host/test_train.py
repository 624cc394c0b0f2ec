# SPDX-License-Identifier: MIT
"""`torpor train`: the example script in few epochs, what the table says, and bad input: one sentence, one hint, nothing written."""

import json
import zlib
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from digits import answers, digits
from torpor_host import cli_train, engine
from torpor_host.errors import ToolError
from torpor_host.paths import ROOT

torch = pytest.importorskip("torch", reason="PyTorch is not installed (extra train)")
pytest.importorskip("torch_pruning", reason="torch-pruning is not installed (extra train)")
from torpor_host.train import run  # noqa: E402
from torpor_host.train.script import Script  # noqa: E402

EXAMPLE = (ROOT / "docs/examples/digits.py").read_text()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The example script with less training, and the weights of its networks after that."""
    digits()  # skips without scikit-learn
    path = tmp_path_factory.mktemp("train")
    (path / "short.py").write_text(EXAMPLE.replace("EPOCHS = 20", "EPOCHS = 4"))
    for name in ("make", "perceptron"):
        script = Script(str(path / f"short.py:{name}"))
        module = script.make()
        script.train(module)
        torch.save(module.state_dict(), path / f"{name}.pt")
    return path


@pytest.fixture
def command(capsys):
    """Runs `torpor train` in this process; returns what it printed."""
    def run(*arguments):
        assert not cli_train.app([str(a) for a in arguments], standalone_mode=False)
        found = capsys.readouterr()
        return SimpleNamespace(stdout=found.out, stderr=found.err)

    return run


def accuracy(data):
    """On the held-out digits, in the official interpreter."""
    _, _, x, y = digits()
    return np.mean(answers(data, x)[0].argmax(1) == y)


def check(row, data):
    assert (row.bytes, row.zipped, row.macs) == (len(data), len(zlib.compress(data, 9)), engine.Model(data).macs)
    assert row.accuracy == pytest.approx(accuracy(data))


def test_quantise(folder):
    start = run.Start(str(folder / "short.py:perceptron"), folder / "perceptron.pt", epochs=3)
    before, after = run.quantise(start, folder / "model.tflite").rows
    check(after, (folder / "model.tflite").read_bytes())
    assert before.macs == after.macs == 64 * 32 + 32 * 10 and after.accuracy > 0.9
    assert after.float_accuracy == pytest.approx(after.accuracy, abs=0.005)  # the module computes what the model does


def test_prune_channels_then_quantise_what_is_left(folder):
    script, pruned = str(folder / "short.py"), folder / "pruned.pt"
    result = run.prune(run.Start(script, folder / "make.pt", epochs=2), folder / "model.tflite", "channels", 0.5, state=pruned)
    before, cut, after = result.rows
    check(after, (folder / "model.tflite").read_bytes())
    assert 0.3 * before.macs < cut.macs == after.macs <= 0.5 * before.macs and after.bytes < before.bytes
    assert after.accuracy > cut.accuracy and after.accuracy > 0.6
    smaller, after = run.quantise(run.Start(script, pruned, epochs=1), folder / "smaller.tflite").rows
    check(after, (folder / "smaller.tflite").read_bytes())
    assert smaller.macs == cut.macs and smaller.float_accuracy == pytest.approx(result.rows[-1].float_accuracy)


def test_prune_weights_says_that_it_saves_no_work(folder):
    result = run.prune(run.Start(str(folder / "short.py"), folder / "make.pt", epochs=1), folder / "model.tflite", "weights", 0.4)
    before, _, after = result.rows
    check(after, (folder / "model.tflite").read_bytes())
    assert after.macs == before.macs and abs(after.bytes - before.bytes) <= 64 and after.zipped < 0.9 * before.zipped
    assert "neither work nor flash" in result.remark


def test_distil(folder):
    (folder / "taught.py").write_text((folder / "short.py").read_text() + "\nmake, teacher = perceptron, make\n")
    teacher, alone, taught = run.distil(str(folder / "taught.py"), folder / "model.tflite", state=folder / "student.pt").rows
    check(taught, (folder / "model.tflite").read_bytes())
    assert teacher.macs > taught.macs == alone.macs and taught.float_accuracy != alone.float_accuracy
    again = Script(str(folder / "taught.py")).load(folder / "student.pt").eval()
    assert again(torch.zeros(1, 1, 8, 8)).shape == (1, 10)


def test_json_and_progress(command, folder, tmp_path):
    options = "--weights", folder / "perceptron.pt", "--epochs", 0, "--json"
    result = command("quantise", f"{folder}/short.py:perceptron", tmp_path / "model.tflite", *options)
    found = json.loads(result.stdout)
    assert [row["name"] for row in found["rows"]] == ["before", "after"] and "convert and evaluate" in result.stderr
    assert found["rows"][1]["accuracy"] == pytest.approx(accuracy((tmp_path / "model.tflite").read_bytes()))


def test_a_table_for_people(command, folder, tmp_path):
    options = "--of", "weights", "--weights", folder / "perceptron.pt", "--epochs", 0
    result = command("prune", f"{folder}/short.py:perceptron", tmp_path / "model.tflite", *options)
    assert (tmp_path / "model.tflite").exists()
    first, before, *_, remark = result.stdout.splitlines()
    assert all(word in first for word in ("accuracy in PyTorch", "int8 accuracy", "compressed", "multiply-accumulates"))
    assert before.startswith("before") and remark.startswith("Zeros save neither work nor flash")


# ---- bad input ----

GOOD = """
import numpy as np, torch
from torch import nn
def make(): return nn.Sequential(nn.Flatten(), nn.Linear(4, 3))
teacher = make
def train(module, epochs=1, rate=1.0, loss=None): pass
def evaluate(module): return 0.5
def data(): return np.random.default_rng(0).normal(size=(20, 4))
"""


@pytest.fixture
def refused(tmp_path, monkeypatch):
    """Runs a command over GOOD with something changed, which must raise ToolError and write nothing; returns sentence and hint."""
    monkeypatch.chdir(tmp_path)

    def command(change="", function=run.quantise, start=None, script="script.py", **options):
        Path("script.py").write_text(GOOD + change)
        before = sorted(tmp_path.iterdir())
        first = script if function is run.distil else run.Start(script, **(start or {}))
        with pytest.raises(ToolError) as caught:
            function(first, **{"target": Path("model.tflite"), **options})
        assert [path for path in sorted(tmp_path.iterdir()) if path.suffix != ".pyc" and path.name != "__pycache__"] == before
        return str(caught.value), caught.value.hint

    return command


@pytest.mark.parametrize("change, words", [
    ("make = None", "script.py has no function make."), ("del train", "no function train"), ("del evaluate", "no function evaluate"),
    ("del data", "no function data"), ("def make(): return 3", "make returns a int"), ("def make(): return nn.Linear", "make returns a type"),
    ("1 / 0", "script.py:9 raises ZeroDivisionError"), ("def train(module): raise OSError('full')", "script.py:9 raises OSError: full"),
    ("def train(module): module[1].bias.data.fill_(torch.nan)", "weights that are not finite"),
    ("def evaluate(module): return float('nan')", "evaluate returns nan"), ("def evaluate(module): return 97.5", "evaluate returns 97.5"),
    ("def evaluate(module): return 'good'", "evaluate returns a str"), ("def evaluate(module): return torch.zeros(3)", "evaluate returns 3 numbers"),
    ("def data(): return None", "data returns a NoneType"), ("def data(): return np.zeros((0, 4))", "data returns 0x4 numbers"),
    ("def data(): return np.full((3, 4), np.nan)", "not all finite"), ("def data(): return np.zeros((3, 5))", "5"),
    ("def make(): return nn.Sequential(nn.Flatten(), nn.Linear(4, 3), nn.GELU())", "gelu"), ("import sys; sys.exit('stop')", "raises SystemExit: stop"),
    ("def train(module): pass", "unexpected keyword argument 'epochs'")])
def test_a_script_that_does_not_do_what_it_should(refused, change, words):
    assert words in refused(change)[0]


def test_a_script_that_is_not_there(fails):
    sentence, hint = fails("train", "quantise", "none.py", "model.tflite")
    assert sentence == "none.py cannot be read: no such file." and "make()" in hint


@pytest.mark.parametrize("options, words", [
    (dict(bits=3), "3 bits"), (dict(start=dict(epochs=-1)), "-1 epochs"), (dict(start=dict(rate=0.0)), "a rate of 0.0"),
    (dict(start=dict(rate=float("nan"))), "a rate of nan"), (dict(target=Path("none/model.tflite")), "no such folder"),
    (dict(start=dict(weights=Path("none.pt"))), "none.pt cannot be read"), (dict(start=dict(weights=Path("script.py"))), "is no state dict"),
    (dict(script="script.py:other"), "no function other"), (dict(function=run.prune, what="layers"), "layers cannot be pruned"),
    (dict(function=run.prune, keep=2.0), "2.0 of the multiply"), (dict(function=run.prune, what="weights", keep=0.0), "of the weights cannot be pruned"),
    (dict(function=run.prune, state=Path("none/state.pt")), "no such folder"), (dict(function=run.distil, temperature=0.0), "temperature of 0.0"),
    (dict(function=run.distil, change="del teacher"), "no function teacher"),
    (dict(function=run.distil, change="def train(m, loss=None): loss(torch.zeros(2, 4), torch.zeros(2, 7), torch.zeros(2)) if loss else 0"), "the student [7]")])
def test_options_that_will_not_do(refused, options, words):
    assert words in refused(**options)[0]


def test_the_weights_of_another_network(refused, tmp_path):
    torch.save(torch.nn.Linear(4, 3).state_dict(), tmp_path / "other.pt")
    assert refused(start=dict(weights=Path("other.pt")))[0] == "other.pt is the state dict of another network."
