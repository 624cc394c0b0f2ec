# SPDX-License-Identifier: MIT
"""`torpor check` for boards with stock firmware: what a native module and a model without ROMFS take, by arithmetic and on a board."""

import dataclasses
import json

import pytest
from classifiers import classifier
from test_check import mixed
from torpor_host import build, engine, natmod, romfs
from torpor_host.boards import BoardProfile, board_names, load_board
from torpor_host.check import cost, memory, run, support, words
from torpor_host.infer import xorshift
from torpor_host.paths import MODELS
from torpor_host.targets import emulated, script

KEYWORDS = MODELS / "keywords/model.tflite"
DATA = classifier()
ARENA, STATE = engine.measure(DATA, "TE_BLOCKED")
CODE = 40_000
BESIDE = 512  # of importing a module
NEED = len(DATA) + ARENA + STATE + CODE + BESIDE
ROOM = len(DATA) + CODE
STOCK = BoardProfile("plain", "A board", "any", "armv6m", storage=ROOM, heap=(NEED, NEED), clock_hz=1_000_000, cycles=(1.0, 3.0), twin="emu-m4f")


def on(module=CODE, **changes):
    return memory.measure(DATA, dataclasses.replace(STOCK, **changes), module)


def test_module_model_activations_and_state_are_taken_of_the_heap():
    assert on() == memory.Memory(True, 0, 0, ARENA + STATE)
    over = on(heap=(NEED - 1, NEED - 1), storage=ROOM - 2)
    assert (over.fits, over.ram_free, over.flash_free, over.over()) == (False, -1, -2, ["2 bytes of flash", "1 bytes of RAM"])


def test_a_model_in_romfs_is_not_copied():
    image = len(romfs.build({"model.tflite": DATA}))
    assert on(romfs=image, heap=(NEED - len(DATA),) * 2) == memory.Memory(True, 0, 0, ARENA + STATE)


def test_a_heap_known_roughly_gives_a_rough_answer():
    rough = on(heap=(NEED - 1, NEED))
    assert (rough.fits, rough.ram_free) == (None, -1) and "roughly" in rough.doubt
    assert on(heap=(NEED - 2, NEED - 1)).fits is False and on(heap=(NEED, NEED + 1)).fits is True


def test_nothing_may_be_larger_than_the_largest_piece():
    assert CODE + BESIDE > max(ARENA, STATE, len(DATA))
    assert on(piece=CODE + BESIDE).fits is True
    assert (on(piece=CODE + BESIDE - 1).fits, on(piece=CODE + BESIDE - 1).ram_free) == (False, -1)


def test_code_that_is_copied_to_executable_memory_is_there_twice_for_a_while():
    code = CODE + BESIDE
    assert 2 * code > NEED
    assert on(heap=(2 * code,) * 2, executable=code).ram_free == 0
    assert on(heap=(2 * code - 1,) * 2, executable=code).fits is False
    assert on(heap=(2 * code,) * 2, executable=code - 1).ram_free == -1


def test_without_the_module_only_what_is_too_much_is_known():
    unknown = on(module=None)
    assert (unknown.fits, unknown.ram_free, unknown.flash_free) == (None, None, None) and "armv6m" in unknown.doubt
    over = on(module=None, heap=(100, 100))
    assert over.fits is False and over.ram_free == 100 - (NEED - CODE) and over.doubt == ""
    assert on(heap=None).fits is on(storage=None).fits is None


def test_doubts_and_overs_are_told():
    costs = [cost.Cost(dataclasses.replace(STOCK, name=name), room, CODE) for name, room in {
        "a": on(), "b": on(module=None), "c": on(module=None), "d": on(heap=(NEED - 1,) * 2)}.items()]
    found = run.Result("x", len(DATA), support.examine(DATA), {one.board.name: one for one in costs}, STATE, run.exact.Exactness(None), None)
    said = words.verdict(found)
    assert "it fits 1 of 4 boards" in said and "fits b and c is not known: no module for armv6m" in said and "On d it is 1 bytes of RAM over" in said
    assert "for want of ROMFS" in words.memory(STATE, costs)


def test_a_native_module_costs_what_is_counted_for_it():
    module, data = natmod.build("armv7emsp", natmod.parts_of([KEYWORDS])), KEYWORDS.read_bytes()
    files = {**script.files(data, xorshift(engine.Model(data))), "natmod/tflm.mpy": module.read_bytes()}
    ticks = {}
    with emulated.instance("emu-m4f", romfs.build(files), 7, build.build(["emu-m4f"])["emu-m4f"]) as link:
        for kind, path in (("firmware", "[]"), ("natmod", "['/rom/natmod']")):
            link.enter_raw(reset=True)
            link.exec(f"import gc, sys\nsys.path[:0] = {path}\ngc.collect()\nfree = gc.mem_free()")
            taken, built = link.exec("import tflm\ngc.collect()\nprint(free - gc.mem_free(), tflm.BUILD)", 60).split()
            assert built.decode() == kind
            ticks[kind] = script.answer(link.exec(script.program("bench", "'/rom'"), 300), "emu-m4f")["ticks"]
    assert module.stat().st_size <= int(taken) <= module.stat().st_size + BESIDE
    assert 1 < ticks["natmod"] / ticks["firmware"] < 1.1


def test_without_a_count_the_twins_multiply_accumulates_make_the_estimate():
    (low, high), data = load_board("emu-m4f").mac_instructions, KEYWORDS.read_bytes()
    ops = support.examine(data)
    found = cost.estimated(data, ops, load_board("PYBV11"))
    macs = sum(op.macs for op in ops)
    assert (found.low, found.high) == pytest.approx((macs * low, macs * high * 1.1))


def test_the_twins_count_makes_the_estimate():
    build.build(["emu-m4f"])
    board = load_board("PYBV11")
    found = run.check_file(KEYWORDS, ["PYBV11", "emu-m4f"])
    real, twin = found.costs["PYBV11"], found.costs["emu-m4f"]
    low, high = (twin.instructions * more * cycles * 1000 / board.clock_hz for more, cycles in zip((1.0, 1.1), board.cycles))
    assert (real.latency.low, real.latency.high) == pytest.approx((low, high))
    assert (real.energy.low, real.energy.high) == pytest.approx((low * 3.3 * board.active_ma[0], high * 3.3 * board.active_ma[1]))
    assert (real.counted_on, real.counted, real.ops) == ("emu-m4f", False, None) and twin.counted and twin.ops


def test_an_architecture_without_a_compiler_is_no_obstacle(torpor, tmp_path):
    (tmp_path / "small.tflite").write_bytes(DATA)
    result = torpor("check", "small.tflite", "--board", "ESP32_GENERIC", "--board", "PYBV11", "--json")
    if "xtensa-esp32-elf-gcc is missing" not in result.stderr:
        pytest.skip("there is a compiler for xtensawin")
    esp, pyboard = json.loads(result.stdout)["boards"].values()
    assert esp["fits"] is esp["ram_free"] is None and pyboard["fits"] is True


def test_all_boards_are_the_default(tmp_path):
    (tmp_path / "mixed.tflite").write_bytes(mixed())  # which does not run, so nothing is built
    found = run.check_file(tmp_path / "mixed.tflite")
    assert list(found.costs) == board_names() and not any(one.memory.fits for one in found.costs.values())
