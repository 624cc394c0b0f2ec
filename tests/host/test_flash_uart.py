# SPDX-License-Identifier: MIT
"""Flashing an STM32 at its UART: the real stm32loader against a double of the boot loader in ROM at a pty."""

from types import SimpleNamespace

import pytest
import serial
import stm32loader.uart
from doubles.an3155 import An3155
from flashing import FLASH, dfu, intel_hex, refused, stm32_image
from torpor_host.errors import ToolError
from torpor_host.flash import run, uart

KIB = 1024
F4 = [16 * KIB] * 4 + [64 * KIB] + [128 * KIB] * 3  # RM0390, table of the flash memory's organisation: an STM32F446xE
L4 = [2 * KIB] * 512  # RM0351: 1 MiB
H7 = [128 * KIB] * 16  # RM0433: 2 MiB
BOARDS = {"NUCLEO_F446RE": (0x421, F4), "NUCLEO_L476RG": (0x415, L4), "NUCLEO_H743ZI": (0x450, H7)}
BOARD = "NUCLEO_F446RE"
FIRST, SECOND = stm32_image(3001), stm32_image(5002)[8:]  # of odd lengths


class Line(serial.Serial):
    """A pty has neither a parity bit nor modem lines; that the one is asked for is checked here."""

    def __init__(self, parity, **options):
        assert parity == serial.PARITY_EVEN  # AN3155: 8 bits, even parity, 1 stop bit
        super().__init__(**options)

    def setRTS(self, level):
        pass

    setDTR = setRTS


@pytest.fixture(autouse=True)
def pty_without_parity(request, monkeypatch):
    if "parity" not in request.node.name:
        monkeypatch.setattr(stm32loader.uart, "serial", SimpleNamespace(Serial=Line))


@pytest.fixture
def firmware(tmp_path):
    path = tmp_path / "firmware.dfu"
    path.write_bytes(dfu((FLASH, FIRST), (FLASH + 0x2_0000, SECOND)))
    return path


def flash(path, board, name=BOARD, **options):
    return run.flash_file(path, name, board.port, "uart", **options)


def holds(board, at, data):
    return board.flash[at : at + len(data)] == data


def test_both_parts_are_written_and_the_file_system_between_them_is_kept(firmware, capsys):
    with An3155(*BOARDS[BOARD]) as board:
        result = flash(firmware, board)
        assert holds(board, 0, FIRST) and holds(board, 0x2_0000, SECOND)
        assert board.erased == [0, 5]
        assert set(board.flash[16 * KIB : 0x2_0000]) == {0x55}
        assert board.started == FLASH
    assert capsys.readouterr() == ("", "")
    assert (result.way, result.size, result.verified) == ("uart", len(FIRST) + len(SECOND), True)


@pytest.mark.parametrize("name", ["NUCLEO_L476RG", "NUCLEO_H743ZI"])
def test_only_the_sectors_that_are_filled_are_erased(tmp_path, name):
    chip, sectors = BOARDS[name]
    path, data = tmp_path / "firmware.bin", stm32_image(9000, stack=0x2000_8000)
    path.write_bytes(data)
    with An3155(chip, sectors) as board:
        flash(path, board, name)
        assert holds(board, 0, data)
        assert board.erased == list(range(-(-len(data) // sectors[0])))


def test_an_intel_hex_file_is_written_alike(tmp_path):
    path = tmp_path / "firmware.hex"
    path.write_bytes(intel_hex((FLASH, FIRST), (FLASH + 0x2_0000, SECOND)))
    with An3155(*BOARDS[BOARD]) as board:
        flash(path, board)
        assert holds(board, 0, FIRST) and holds(board, 0x2_0000, SECOND)


def test_erase_takes_all_sectors(firmware):
    with An3155(*BOARDS[BOARD]) as board:
        flash(firmware, board, erase=True, agree=lambda _: True)
        assert board.erased == list(range(len(F4)))


def test_another_chip_than_the_boards(firmware):
    with An3155(0x413, F4) as board:
        sentence, _ = refused(firmware, BOARD, board.port, "uart")
        assert sentence == f"The chip at {board.port} has the number 0x413, and {BOARD}'s has 0x421."
        assert board.erased == []


def test_a_chip_that_is_protected_from_being_read(firmware):
    with An3155(*BOARDS[BOARD], protected=True) as board:
        sentence, hint = refused(firmware, BOARD, board.port, "uart")
        assert sentence == f"The chip at {board.port} is protected from being read." and "erases all of it" in hint


def test_a_board_that_is_not_in_its_boot_loader(firmware, monkeypatch):
    monkeypatch.setattr(uart, "_ANSWER_S", 0.1)
    with An3155(*BOARDS[BOARD], deaf=True) as board:
        sentence, hint = refused(firmware, BOARD, board.port, "uart")
    assert sentence == f"No STM32's boot loader answers at {board.port}." and "BOOT0" in hint


def test_a_boot_loader_that_answers_late(firmware):
    with An3155(*BOARDS[BOARD], late=0.003) as board:
        flash(firmware, board)
        assert holds(board, 0, FIRST) and holds(board, 0x2_0000, SECOND)


@pytest.mark.parametrize("fault", [{"drop": 211}, {"drop": 4099}, {"lose": 3001}])
def test_a_line_that_loses_bytes_never_passes_for_a_good_one(firmware, fault):
    with An3155(*BOARDS[BOARD], **fault) as board:
        try:
            flash(firmware, board)
        except ToolError as error:
            assert "flash again" in error.hint
        else:
            assert holds(board, 0, FIRST) and holds(board, 0x2_0000, SECOND)


@pytest.mark.parametrize("unplugged", [False, True])
def test_half_a_firmware_does_not_start_and_the_next_attempt_is_whole(firmware, unplugged):
    with An3155(*BOARDS[BOARD], die_at=4096, unplugged=unplugged) as board:
        sentence, hint = refused(firmware, BOARD, board.port, "uart")
        assert board.flash[:8] == b"\xff" * 8  # no vector table: it comes last
        half = bytes(board.flash)
    assert sentence.startswith(f"Flashing {BOARD} broke off: ") and "check the cable" in hint
    with An3155(*BOARDS[BOARD]) as board:
        board.flash[:] = half
        flash(firmware, board)
        assert holds(board, 0, FIRST) and holds(board, 0x2_0000, SECOND)


def test_a_flash_that_holds_something_else(firmware):
    with An3155(*BOARDS[BOARD], worn=True) as board:
        assert refused(firmware, BOARD, board.port, "uart")[0] == f"Flashing {BOARD} broke off: what is at 0x8000100 differs from the file."


def test_a_port_that_has_no_parity(firmware):
    with An3155(*BOARDS[BOARD]) as board:
        assert refused(firmware, BOARD, board.port, "uart")[0].startswith(f"{board.port} cannot be set to 115200 baud and even parity")
