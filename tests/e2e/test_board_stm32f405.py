# SPDX-License-Identifier: MIT
"""The emulated STM32F405 has the real one's memory (its data sheet, DS8626): 1 MiB of flash, of which the last three
sectors are the ROMFS, and 128 KiB of SRAM."""

import pytest
from elftools.elf.elffile import ELFFile
from torpor_host import build, deploy
from torpor_host.boards import load_board
from torpor_host.errors import ToolError
from torpor_host.link import Link
from torpor_host.paths import MODELS
from torpor_host.sim import Board

FLASH, SRAM = range(0x0800_0000, 0x0810_0000), range(0x2000_0000, 0x2002_0000)
ROMFS = range(0x080A_0000, 0x0810_0000)


@pytest.fixture
def repl(tmp_path):
    build.build(["emu-stm32f405"])
    with Board("emu-stm32f405", tmp_path) as board, Link(board.port) as link:
        link.enter_raw()
        yield link


def test_code_is_in_flash_below_the_romfs_and_data_are_in_sram():
    with open(build.build(["emu-stm32f405"])["emu-stm32f405"], "rb") as file:
        segments = [s.header for s in ELFFile(file).iter_segments() if s.header.p_type == "PT_LOAD"]
    for place, at, size in [(FLASH, "p_paddr", "p_filesz"), (SRAM, "p_vaddr", "p_memsz")]:
        found = [s for s in segments if s[at] in place]
        assert found and max(s[at] + s[size] for s in found) <= (ROMFS.start if place is FLASH else SRAM.stop)
    assert all(s.p_vaddr in FLASH or s.p_vaddr in SRAM for s in segments)


def test_heap_and_stack_are_what_the_sram_leaves(repl):
    size, address = repl.eval("(__import__('gc').mem_free() + __import__('gc').mem_alloc(), __import__('uctypes').addressof(bytearray(90_000)))")
    assert 100_000 < size < len(SRAM) - 16 * 1024
    assert address in SRAM and address + 90_000 in SRAM
    assert load_board("emu-stm32f405").heap[0] < size


def test_the_cpu_cannot_write_to_flash(repl):
    repl.exec(f"from machine import mem32\nbefore = mem32[{ROMFS.start}]\nmem32[{ROMFS.start}] = before ^ 1")
    assert repl.eval(f"mem32[{ROMFS.start}] == before") is True


def test_a_pushed_model_runs_from_flash_and_one_too_many_is_refused(repl, tmp_path, dense):
    pushed = deploy.push(repl, MODELS / "keywords/model.tflite")
    repl.exec(f"import tflm, uctypes\nm = tflm.Model({pushed.path!r})\nm.run()")
    assert repl.eval("uctypes.addressof(m.metadata('torpor'))") in ROMFS
    (tmp_path / "large.tflite").write_bytes(dense(320))
    with pytest.raises(ToolError, match=f"the board's ROMFS has {len(ROMFS):,}"):
        deploy.push(repl, tmp_path / "large.tflite")
    assert repl.eval(f"__import__('os').stat({pushed.path!r})[6]") == pushed.nbytes
