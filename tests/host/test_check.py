# SPDX-License-Identifier: MIT
"""`torpor check`: operators, memory, time and exactness, against boards, the wheel and arithmetic; the command and its errors."""

import dataclasses
import html.parser
import json
import os

import numpy as np
import pytest
import seeds
from classifiers import classifier, examples, saved
from exact import Net
from test_cli_errors import without
from torpor_host import bench_all, build, engine, natmod, romfs, targets
from torpor_host.boards import BoardProfile, load_board
from torpor_host.check import cost, exact, memory, run, support
from torpor_host.convert import tflite
from torpor_host.convert.writer import Writer
from torpor_host.errors import ToolError
from torpor_host.infer import xorshift
from torpor_host.paths import MODELS
from torpor_host.targets import emulated

KEYWORDS = MODELS / "keywords/model.tflite"
# 1 MHz and 1 to 3 cycles an instruction, an emulator that is not there: all figures follow by arithmetic.
PLAIN = BoardProfile("plain", "A board", "any", "armv6m", "none", romfs=1 << 20, heap=(1 << 20, 1 << 20), clock_hz=1_000_000,
                     cycles=(1.0, 3.0), mac_instructions=(3.0, 5.0))


@pytest.fixture
def small(tmp_path):
    path = tmp_path / "small.tflite"
    path.write_bytes(classifier())
    return path


# ---- operators ----


def mixed():
    """RANK, which there is not, between two operators that there are; and a SQUARE of int8, which is of floats only."""
    w = Writer()
    x, a, b = (w.tensor(name, (1, 4), np.int8, scale=0.1, zero_point=0) for name in "xab")
    r = w.tensor("r", (), np.int32)
    w.op("RELU", [x], [a])
    w.op("RANK", [a], [r])
    w.op("SQUARE", [a], [b])
    return w.finish([x], [b, r])


def test_every_unsupported_operator_is_named_with_the_engines_reason_at_once():
    found = support.examine(mixed())
    assert [(op.index, op.op, op.type, op.supported) for op in found] == [
        (0, "RELU", "int8", True), (1, "RANK", "int8 to int32", False), (2, "SQUARE", "int8", False)]
    with pytest.raises(engine.Unsupported) as refused:
        engine.measure(mixed())
    assert str(refused.value).endswith(f"#1: {found[1].reason}") and "int8" in found[2].reason and found[0].reason is None


@pytest.mark.parametrize("name, data", seeds.all_seeds().items())
def test_what_the_engine_runs_in_a_model_it_runs_alone(name, data):
    try:
        engine.measure(data)
    except ToolError:
        pytest.skip("the engine does not run this seed")
    model = tflite.read(data)
    for graph in model.graphs:
        for op in graph.ops:
            assert (op.custom_code or op.name) in engine.Model(tflite.write(support.alone(model, graph, op))).ops


def nested(depth):
    """A ReLU inside so many calls."""
    w = Writer()
    parts = [w, *(w.subgraph() for _ in range(depth))]
    for part, below in zip(parts, [*parts[1:], None]):
        flag, *ends = part.tensor("flag", (1,), np.bool_, [True]), *(part.tensor(end, (1, 4), np.float32) for end in "xy")
        if below:
            part.op("IF", [flag, ends[0]], ends[1:], thenSubgraphIndex=below.number, elseSubgraphIndex=below.number)
        else:
            part.op("RELU", ends[:1], ends[1:])
        part.ends(ends[:1], ends[1:])
    return w.finish(*w._ends)


def test_operators_of_all_subgraphs_are_listed_and_nesting_too_deep_is_an_error():
    assert [(op.index, op.op, op.supported) for op in support.examine(nested(2))] == [(0, "IF", True), (1, "IF", True), (2, "RELU", True)]
    with pytest.raises(ToolError, match="more than 16 deep"):
        support.examine(nested(17))


def test_multiply_accumulates_and_constants_are_shared_out_to_operators():
    found = support.examine(classifier())
    assert [op.macs for op in found] == [6 * 6 * 5 * 9 * 2, 6 * 6 * 5 * 9, 0, 180 * 4]
    assert [op.bytes for op in found] == [5 * 9 * 2 + 5 * 4, 5 * 9 + 5 * 4, 8, 180 * 4 + 4 * 4]


def test_a_model_of_unsupported_operators_is_a_finding(torpor, tmp_path):
    (tmp_path / "mixed.tflite").write_bytes(mixed())
    result = torpor("check", "mixed.tflite", "--board", "emu-m4f", "--json")
    found = json.loads(result.stdout)
    assert result.returncode == 0 and [op["supported"] for op in found["ops"]] == [True, False, False]
    assert found["bit_exact"] is found["arena_bytes"] is found["module_bytes"] is found["accuracy"] is None
    assert found["boards"]["emu-m4f"]["fits"] is False and found["boards"]["emu-m4f"]["latency_ms"] is None
    told = torpor("check", "mixed.tflite", "--board", "emu-m4f", "--report", "page.html").stdout
    assert told.startswith("2 of 3 operators cannot be run.") and "SQUARE" in told and "SQUARE" in (tmp_path / "page.html").read_text()


# ---- memory ----


def test_memory_with_a_boards_kernels_is_what_the_board_counts():
    data = KEYWORDS.read_bytes()
    there = targets.get("emu-m4f").infer(data, xorshift(engine.Model(data))).arena_bytes
    arena, state = engine.measure(data, "TE_DSP")
    assert 0 <= arena + state - there <= 16
    found = run.check_file(KEYWORDS, ["emu-m4f"])
    assert (found.arena_bytes, found.state_bytes) == (there, state)
    assert f"{state:,} bytes" in run.told(found)["notes"][0]


def test_the_memory_of_a_board_is_there_in_one_piece():
    board = load_board("emu-m4f")
    program = f"import gc, tflm\ngc.collect()\nprint(len(bytearray({board.heap[0]})))"
    with emulated.instance("emu-m4f", romfs.build({}), firmware=build.build(["emu-m4f"])["emu-m4f"]) as link:
        assert int(link.exec(program, 60)) == board.heap[0]


def on(data, **changes):
    return cost.measure(data, support.examine(data), dataclasses.replace(PLAIN, **changes), 5000)


def test_a_model_that_fits_to_the_byte_and_one_that_does_not():
    data = classifier()
    ram, flash = sum(engine.measure(data, "TE_BLOCKED")), len(romfs.build({"model.tflite": data}))
    exactly, over = on(data, heap=(ram, ram), romfs=flash).memory, on(data, heap=(ram - 1, ram - 1), romfs=flash - 100).memory
    assert (exactly.fits, exactly.ram_free, exactly.flash_free, exactly.over()) == (True, 0, 0, [])
    assert (over.fits, over.ram_free, over.flash_free) == (False, -1, -100)
    assert over.over() == ["100 bytes of flash", "1 bytes of RAM"]
    assert on(data, heap=None).memory.fits is None


@pytest.mark.parametrize("board", bench_all.BOARDS)
def test_memory_with_each_boards_kernels_is_what_was_counted_there(board):
    recorded = json.loads(bench_all.COUNTS.read_text())["boards"][board]
    for name, path in bench_all.models().items():
        assert 0 <= memory.measure(path.read_bytes(), load_board(board), None).arena_bytes - recorded[name]["arena_bytes"] <= 16, name


def test_module_bytes_are_those_of_the_native_module():
    module = natmod.build("armv7emsp", natmod.parts_of([KEYWORDS])).stat().st_size
    assert run.check_file(KEYWORDS, ["emu-m4f"]).module_bytes == module


def test_without_a_compiler_the_module_is_not_known(torpor, small, tmp_path):
    env = without(tmp_path / "bin", "riscv64-unknown-elf-gcc", "qemu-system-riscv32")
    result = torpor("check", small, "--board", "emu-rv32", "--json", env=env)
    found = json.loads(result.stdout)
    assert found["module_bytes"] is None and "riscv64-unknown-elf-gcc is missing" in result.stderr
    assert found["boards"]["emu-rv32"]["fits"] is True and found["arena_bytes"] == sum(engine.measure(small.read_bytes(), "TE_BLOCKED"))


# ---- time and energy ----


def test_time_and_energy_are_arithmetic_with_a_bound_that_holds_at_the_ends():
    net = Net()
    x = net.input((1, 400))
    data = net.finish([x], [net.dense(x, net.weights(400, 400))])
    found = on(data, active_ma=(4.5, 5.5), volts=2.0)
    macs = 400 * 400
    assert (found.instructions, found.counted) == (4 * macs, False)
    assert (found.latency.low, found.latency.high) == pytest.approx((3 * macs * 1 / 1000, 5 * macs * 3 / 1000))
    assert (found.energy.low, found.energy.high) == pytest.approx((found.latency.low * 9, found.latency.high * 11))
    assert found.energy_uj * (1 + found.error_bound) == pytest.approx(found.energy.high)
    assert found.energy_uj * (1 - found.error_bound) == pytest.approx(found.energy.low)
    assert found.latency_ms == pytest.approx(9 * macs / 1000) and found.latency.bound == pytest.approx((15 - 3) / (15 + 3))
    assert on(data).error_bound == found.latency.bound and on(data).energy_uj is None


def test_what_multiply_accumulates_cannot_tell_is_not_estimated():
    small = on(classifier())
    assert (small.latency_ms, small.instructions, small.error_bound) == (None, None, None) and small.memory.fits


def test_counted_instructions_make_the_estimate_narrower():
    data, board = KEYWORDS.read_bytes(), load_board("emu-m4f")
    targets.get("emu-m4f").infer(data, xorshift(engine.Model(data)))  # builds it
    found = run.check_file(KEYWORDS, ["emu-m4f"]).costs["emu-m4f"]
    low, high = board.cycles
    counted = targets.get("emu-m4f").bench(data, xorshift(engine.Model(data))).instructions
    assert found.counted and found.instructions == counted
    assert found.latency_ms * (1 + found.error_bound) == pytest.approx(1000 * counted * high / board.clock_hz)
    assert found.latency_ms * (1 - found.error_bound) == pytest.approx(1000 * counted * low / board.clock_hz)


@pytest.mark.parametrize("board", bench_all.BOARDS)
def test_the_recorded_counts_lie_within_the_boards_range(board):
    recorded, (low, high) = json.loads(bench_all.COUNTS.read_text())["boards"][board], load_board(board).mac_instructions
    for name, path in bench_all.models().items():
        assert low <= recorded[name]["instructions"] / engine.Model(path.read_bytes()).macs <= high, name


# ---- exactness ----


@pytest.mark.parametrize("seed", range(5))
def test_networks_are_bit_exact(seed):
    found = exact.compare(classifier(seed))
    assert (found.bit_exact, found.runs, found.difference) == (True, exact.RUNS, 0)


class _Altered(engine.Model):
    """Its answer is one off at the last element of one run in ten."""

    runs = 0

    def __call__(self, *inputs):
        answer = super().__call__(*inputs)
        self.runs += 1
        answer[0].flat[-1] ^= self.runs % 10 == 0
        return answer


class _Forgetful(engine.Model):
    def __call__(self, *inputs):
        self.reset()
        return super().__call__(*inputs)


def test_one_wrong_bit_is_seen(monkeypatch):
    data = classifier()
    scale = tflite.read(data).main.outputs[0].scales[0]
    monkeypatch.setattr(engine, "Model", _Altered)
    found = exact.compare(data)
    assert found.bit_exact is False and found.difference == pytest.approx(scale)


def test_what_a_model_remembers_is_compared_too(monkeypatch):
    data = seeds.all_seeds()["accumulator"]
    assert exact.compare(data).bit_exact
    monkeypatch.setattr(engine, "Model", _Forgetful)
    assert exact.compare(data).bit_exact is False


# ---- the command ----


KEYS = ["ops", "arena_bytes", "model_bytes", "module_bytes", "boards", "bit_exact", "accuracy"]
BOARD = ["fits", "flash_free", "ram_free", "latency_ms", "energy_uj", "error_bound"]


class _Page(html.parser.HTMLParser):
    """Counts elements, and collects what they refer to."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.open, self.links = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name in ("src", "href", "xlink:href", "action")]
        if tag != "meta" and not tag == "br":
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_json_and_page(torpor, small, tmp_path):
    x, y = examples(small.read_bytes())
    data = saved(tmp_path / "test.npz", x=x, y=y)
    result = torpor("check", small, "--board", "emu-m4f", "--board", "emu-rv32", "--data", data, "--report", "page.html", "--json")
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert list(found) == KEYS and list(found["boards"]) == ["emu-m4f", "emu-rv32"]
    assert all(list(one) == BOARD for one in found["boards"].values())
    assert [list(op) for op in found["ops"]] == [["index", "op", "type", "supported", "reason"]] * 4
    assert found["bit_exact"] is True and found["model_bytes"] == len(small.read_bytes())
    assert found["accuracy"]["worst_layer"] in range(4) and np.sum(found["accuracy"]["confusion"]) == 40
    page = _Page((tmp_path / "page.html").read_text())
    assert page.open == [] and page.links == [] and "script" not in page.tags
    assert page.tags.count("svg") >= 4 + 8 + 2 and page.tags.count("table") == 2


def test_the_page_shows_names_as_text(tmp_path):
    path = tmp_path / "<b>&.tflite"
    path.write_bytes(classifier())
    run.check_file(path, ["emu-rv32"], report=tmp_path / "page.html")
    page = _Page((tmp_path / "page.html").read_text())
    assert "b" not in page.tags


# ---- errors ----


GOOD = dict(x=np.zeros((3, 6, 6, 2), np.int8), y=np.array([0, 1, 2]))
BAD = {
    "no x": ({"x": None}, "has no x"),
    "no y": ({"y": None}, "has no y"),
    "empty": ({"x": np.zeros((0, 6, 6, 2), np.int8), "y": np.zeros(0, int)}, "no examples"),
    "a number": ({"x": np.float32(1)}, "no examples"),
    "shape": ({"x": np.zeros((3, 6, 5, 2), np.int8)}, "[6, 5, 2]"),
    "turned": ({"x": np.zeros((3, 2, 6, 6), np.int8)}, "[2, 6, 6]"),
    "type": ({"x": np.zeros((3, 6, 6, 2), np.uint8)}, "uint8"),
    "text": ({"x": np.full((3, 6, 6, 2), "a")}, "<U1"),
    "NaN": ({"x": np.full((3, 6, 6, 2), np.nan)}, "not finite"),
    "infinity": ({"x": np.full((3, 6, 6, 2), 1e300)}, "not finite"),
    "too few labels": ({"y": np.array([0, 1])}, "[2]"),
    "one-hot labels": ({"y": np.eye(3, 4, dtype=int)}, "[3, 4]"),
    "real labels": ({"y": np.array([0, 0.5, 1])}, "float64"),
    "a label too large": ({"y": np.array([0, 1, 4])}, "a label 4"),
    "a label too small": ({"y": np.array([0, -1, 1])}, "a label -1"),
    "a pickle": ({"y": np.array([{}, 0, 1], object)}, "not an .npz file"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_data(small, tmp_path, name):
    changes, words = BAD[name]
    path = saved(tmp_path / "test.npz", **{key: value for key, value in {**GOOD, **changes}.items() if value is not None})
    with pytest.raises(ToolError) as error:
        run.check_file(small, ["emu-rv32"], path, report=tmp_path / "page.html")
    assert words in str(error.value) and error.value.hint and not (tmp_path / "page.html").exists()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 damaged", b"\x93NUMPY\x01"])
def test_data_that_are_none(small, tmp_path, content):
    (tmp_path / "test.npz").write_bytes(content)
    with pytest.raises(ToolError, match="is not an .npz"):
        run.check_file(small, data=tmp_path / "test.npz")


def test_an_npy_is_no_npz(small, tmp_path):
    np.save(tmp_path / "x.npy", GOOD["x"])
    with pytest.raises(ToolError, match="is not an .npz"):
        run.check_file(small, data=tmp_path / "x.npy")


def test_nothing_is_written_if_data_are_bad(fails, small, tmp_path):
    saved(tmp_path / "test.npz", **{**GOOD, "y": np.array([0, 1, 4])})
    before = sorted(tmp_path.iterdir())
    sentence, hint = fails("check", small, "--data", "test.npz", "--report", "page.html", "--json")
    assert sentence.startswith("test.npz: ") and hint and sorted(tmp_path.iterdir()) == before


def test_files_that_are_not_there(fails, small):
    assert "No such file" in fails("check", small, "--data", "none.npz")[0]
    assert "No such file" in fails("check", "none.tflite")[0]


@pytest.mark.parametrize("keep", [0, 7, 100, -200, -1])
def test_a_damaged_model(fails, small, keep):
    small.write_bytes(small.read_bytes()[:keep])
    assert fails("check", small, "--board", "emu-rv32", "--json")[0].startswith("small.tflite: ")


def test_an_unknown_board(fails, small):
    sentence, hint = fails("check", small, "--board", "emu-m4f", "--board", "mars")
    assert "mars" in sentence and "emu-m4f" in hint


def test_a_page_into_a_folder_that_is_not_there(fails, small, tmp_path):
    assert "no such folder" in fails("check", small, "--report", "nowhere/page.html")[0]
    assert os.listdir(tmp_path) == ["small.tflite"]


def test_a_float_network_wants_data_and_has_to_be_one(fails, small, model, tmp_path):
    assert "labelled data" in fails("check", small, "--float", small)[0]
    data = saved(tmp_path / "test.npz", **GOOD)
    assert "is not a float network" in fails("check", small, "--data", data, "--float", small)[0]
    assert "[4, 4] elements" in fails("check", small, "--data", data, "--float", model)[0]


def test_data_for_a_model_of_two_inputs(fails, tmp_path):
    net = Net()
    a, b = net.input((1, 4)), net.input((1, 4))
    (tmp_path / "two.tflite").write_bytes(net.finish([a, b], [net.op("ADD", [a, b], (1, 4))]))
    assert "2 inputs" in fails("check", "two.tflite", "--data", saved(tmp_path / "test.npz", **GOOD))[0]
