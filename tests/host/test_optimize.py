# SPDX-License-Identifier: MIT
"""All passes together: random networks with planted waste and the peers' models keep every bit; the command and its errors."""

import json
import os
import re

import nets
import numpy as np
import pytest
import seeds
from exact import Net, assert_exact, macs
from planted import network
from torpor_host import engine
from torpor_host.convert import tflite
from torpor_host.convert.writer import Writer
from torpor_host.errors import ToolError
from torpor_host.optimize import channels, run
from torpor_host.optimize.check import test_inputs as inputs_for
from torpor_host.paths import MODELS

KEYWORDS = MODELS / "keywords/model.tflite"


@pytest.mark.parametrize("seed", range(60))
def test_random_network_with_planted_waste(seed):
    data = network(seed)
    result = run.optimize(data, inputs=3)
    assert_exact(data, result.data, seed, runs=10)
    assert len(result.data) <= len(data) and result.after.macs <= result.before.macs and result.after.ops <= result.before.ops
    assert result.after.arena_bytes <= result.before.arena_bytes + 16 and result.after.tflm_bytes <= result.before.tflm_bytes
    again = run.optimize(result.data, inputs=1)
    assert again.after.macs == result.after.macs and again.after.ops == result.after.ops


@pytest.mark.parametrize("seed", range(25))
def test_random_network_of_many_operators(seed):
    data, _ = nets.network(seed)
    assert_exact(data, run.optimize(data, inputs=2).data, seed, runs=5)


# TFLM pads with what happens to lie in its arena, and leaves boxes beyond the last as they were.
UNSTEADY = ("space_to_batch_nd", "tflite_detection_postprocess")
REFUSED = "cannot run this model|fails on all inputs|a variable that one operator reads and writes"


@pytest.mark.parametrize("name, data", [seed for seed in seeds.all_seeds().items() if not seed[0].endswith(UNSTEADY)])
def test_every_operator_is_kept_right_or_refused(name, data):
    try:
        result = run.optimize(data, inputs=3)
    except ToolError as error:
        assert re.search(REFUSED, str(error))
    else:
        assert result.checked_by[0] == "tflite-micro"


def test_branches_of_an_if_are_cleaned_but_keep_their_ends():
    w, pads = Writer(), [[0, 0], [1, 1], [1, 1], [0, 0]]
    kind = dict(scale=0.1, zero_point=0)
    flag, x, y = w.tensor("flag", (1,), np.bool_), w.tensor("x", (1, 4, 4, 1), np.int8, **kind), w.tensor("y", (1, 4, 4, 1), np.int8, **kind)
    for weight in (50, -50):
        part = w.subgraph()
        i, p, o = (part.tensor(n, s, np.int8, **kind) for n, s in (("i", (1, 4, 4, 1)), ("p", (1, 6, 6, 1)), ("o", (1, 4, 4, 1))))
        part.op("PAD", [i, part.tensor("pads", (4, 2), np.int32, pads)], [p])
        k = part.tensor("k", (1, 3, 3, 1), np.int8, np.full(9, weight).reshape(1, 3, 3, 1), scale=0.01)
        part.op("CONV_2D", [p, k], [o], padding="VALID", strideH=1, strideW=1)
        part.ends([i], [o])
    w.op("IF", [flag, x], [y], thenSubgraphIndex=1, elseSubgraphIndex=2)
    data = w.finish([flag, x], [y])
    result = run.optimize(data)
    assert [[op.name for op in g.ops] for g in tflite.read(result.data).graphs] == [["IF"], ["CONV_2D"], ["CONV_2D"]]
    assert result.checked_by == ["tflite-micro", "torpor"]


def test_planted_waste_is_found():
    saved = [run.optimize(network(seed), inputs=1) for seed in range(20)]
    assert np.mean([r.after.macs / r.before.macs for r in saved]) < 0.6


@pytest.mark.parametrize("name, ratio", [
    ("vww_96_int8", 0.498), ("kws_ref_model", 1), ("pretrainedResnet_quant", 1), ("ad01_int8", 1), ("hello_world_int8", 0.77),
    ("micro_speech_quantized", 1), ("trained_lstm_int8", 1), ("hello_world_float", 1), ("ad01_fp32", 1)])
def test_peer_model(peer_models, name, ratio):
    data = (peer_models / f"{name}.tflite").read_bytes()
    result = run.optimize(data, inputs=5)
    assert_exact(data, result.data, runs=6)
    assert result.after.macs <= ratio * result.before.macs and result.after.bytes < result.before.bytes
    assert result.after.arena_bytes <= result.before.arena_bytes and result.after.tflm_bytes <= result.before.tflm_bytes


def test_peer_model_with_custom_operators(peer_models):
    data = (peer_models / "audio_preprocessor_int8.tflite").read_bytes()
    result = run.optimize(data, inputs=20)
    assert "tflite-micro" in result.checked_by and result.after.bytes < result.before.bytes


def test_single_operator_models_of_peers(peer_models):
    for path in sorted((peer_models / "seanet").glob("*.tflite")):
        data = path.read_bytes()
        assert_exact(data, run.optimize(data, inputs=2).data, runs=2)


def test_our_own_model_keeps_its_labels_and_the_names_of_its_ends():
    data = KEYWORDS.read_bytes()
    result = run.optimize(data, inputs=3)
    before, after = tflite.read(data), tflite.read(result.data)
    assert dict(after.metadata)["torpor"] == dict(before.metadata)["torpor"]
    assert after.main.inputs[0].name == before.main.inputs[0].name
    assert after.main.outputs[0].name == before.main.outputs[0].name
    assert {t.name for t in after.main.tensors} == {None, before.main.inputs[0].name, before.main.outputs[0].name}
    assert result.data.find(b"layer") < 0 and len(result.data) < 0.8 * len(data)


def test_every_constant_is_aligned_to_16_bytes():
    data = run.optimize(KEYWORDS.read_bytes(), inputs=1).data
    for tensor in tflite.read(data).main.tensors:
        if tensor.data and len(tensor.data) > 64:
            assert data.find(tensor.data) % 16 == 0


def test_inputs_reach_both_ends_of_every_type():
    graph = tflite.read(KEYWORDS.read_bytes()).main
    drawn = [x for (x,) in inputs_for(graph.inputs, 200)]
    assert len({x.tobytes() for x in drawn}) == 200
    assert (drawn[0] == -128).all() and (drawn[1] == 127).all() and (drawn[2] == graph.inputs[0].zero_point).all()


def test_a_pass_that_alters_a_bit_is_caught(monkeypatch, tmp_path):
    def wrong(model):
        bias = model.main.ops[-2].inputs[2]
        model.main.ops[-2].inputs[2] = bias.with_values(bias.values() + 40)
        return 0

    monkeypatch.setitem(run.PASSES, "constants", wrong)
    with pytest.raises(ToolError, match="differs from the original"):
        run.optimize_file(KEYWORDS, tmp_path / "out.tflite")
    assert list(tmp_path.iterdir()) == []


def test_a_model_that_remembers_is_compared_over_many_runs():
    w, rng = Writer(), np.random.default_rng(0)
    x, y = w.tensor("x", (1, 4), np.int8, scale=0.1, zero_point=0), w.tensor("y", (1, 3), np.int8, scale=0.4, zero_point=0)
    state = w.tensor("state", (1, 12), np.int16, scale=0.01, zero_point=0, variable=True)
    feature = w.tensor("f", (3, 4), np.int8, rng.integers(-99, 99, (3, 4)), scale=0.02, zero_point=0)
    time = w.tensor("t", (3, 4), np.int16, rng.integers(-9999, 9999, (3, 4)), scale=0.001, zero_point=0)
    bias = w.tensor("b", (3,), np.int32, [1, 2, 3], scale=0.00001, zero_point=0)
    w.op("SVDF", [x, feature, time, bias, state], [y], rank=1)
    data = w.finish([x], [y])
    assert_exact(data, run.optimize(data).data)


# ---- the command ----


def test_the_command_writes_the_model_and_says_what_it_saved(torpor, tmp_path):
    data = network(3)
    (tmp_path / "in.tflite").write_bytes(data)
    result = torpor("optimize", "in.tflite", "out.tflite", "--json")
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    out = (tmp_path / "out.tflite").read_bytes()
    assert found["in"]["bytes"] == len(data) and found["out"]["bytes"] == len(out)
    assert found["in"]["macs"] == macs(data) and found["out"]["macs"] == macs(out)
    assert found["in"]["ops"] == len(engine.Model(data).ops) and found["out"]["ops"] == len(engine.Model(out).ops)
    assert found["bit_exact"] is True and found["checked_inputs"] >= 200 and found["checked_by"] == ["tflite-micro", "torpor"]
    for key in ("bytes", "macs", "arena_bytes", "ops", "tflm_bytes"):
        assert found["in"][key] + sum(p[key] for p in found["passes"]) == found["out"][key]
    assert_exact(data, out)


def test_the_command_shows_a_table_and_may_replace_its_input(torpor, tmp_path):
    (tmp_path / "m.tflite").write_bytes(network(3))
    result = torpor("optimize", "m.tflite", "m.tflite")
    assert result.returncode == 0 and "channels" in result.stdout and "after" in result.stdout and "200 inputs" in result.stdout
    assert_exact(network(3), (tmp_path / "m.tflite").read_bytes())
    assert [p.name for p in tmp_path.iterdir()] == ["m.tflite"]


def test_the_command_on_what_is_not_there(fails):
    assert fails("optimize", "none.tflite", "out.tflite")[0] == "none.tflite cannot be read: No such file or directory."


def test_the_command_on_what_is_no_model(fails, tmp_path):
    (tmp_path / "x.tflite").write_bytes(b"hello")
    assert fails("optimize", "x.tflite", "out.tflite")[0] == "x.tflite: This is not a TensorFlow Lite model."
    assert not (tmp_path / "out.tflite").exists()


def test_the_command_without_a_folder_to_write_to(fails, tmp_path, model):
    assert fails("optimize", model, "none/out.tflite")[0] == "none/out.tflite cannot be written: there is no such folder."


def test_the_command_with_a_folder_for_an_output_leaves_nothing(fails, tmp_path, model):
    (tmp_path / "out.tflite").mkdir()
    before = sorted(os.listdir(tmp_path))
    assert "out.tflite cannot be written: Is a directory." in fails("optimize", model, "out.tflite")[0]
    assert sorted(os.listdir(tmp_path)) == before


def test_a_model_that_contradicts_itself(fails, tmp_path):
    net = Net()
    x = net.input((1, 4))
    y = net.dense(x, net.weights(3, 5))
    (tmp_path / "x.tflite").write_bytes(net.finish([x], [y]))
    assert fails("optimize", "x.tflite", "out.tflite")[0].startswith("x.tflite: fully_connected #0")


def test_a_model_that_the_official_interpreter_does_not_know(fails, tmp_path):
    w = Writer()
    x, y = (w.tensor(name, (1, 4), np.float32) for name in "xy")
    w.custom("Mine", [x], [y])
    (tmp_path / "x.tflite").write_bytes(w.finish([x], [y]))
    assert "The official interpreter cannot run this model" in fails("optimize", "x.tflite", "out.tflite")[0]


def test_compressed_weights(fails, tmp_path):
    model = tflite.read(network(3))
    model.metadata.append(("COMPRESSION_METADATA", b"1234"))
    (tmp_path / "x.tflite").write_bytes(tflite.write(model))
    assert "weights are compressed" in fails("optimize", "x.tflite", "out.tflite")[0]
