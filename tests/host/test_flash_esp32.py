# SPDX-License-Identifier: MIT
"""Flashing an ESP32: the real esptool against a double of the chip's boot loader at a pty."""

import json

import esptool
import pytest
from doubles.esp32_loader import Esp32Loader
from flashing import esp_image, refused
from torpor_host import attached
from torpor_host.errors import ToolError
from torpor_host.flash import models, run
from torpor_host.progress import Silent

BOARDS = {"ESP32_GENERIC": ("ESP32", 0, 0x1000), "ESP32_GENERIC_S3": ("ESP32-S3", 9, 0), "ESP32_GENERIC_C3": ("ESP32-C3", 5, 0),
          "ESP32_GENERIC_C6": ("ESP32-C6", 13, 0)}
BOARD = "ESP32_GENERIC"


class Heard(Silent):
    def __init__(self):
        self.notes, self.ticks = [], []

    def step(self, title):
        return _Tick(self.ticks)

    def note(self, text):
        self.notes.append(text)


class _Tick:
    def __init__(self, ticks):
        self._ticks = ticks

    def __enter__(self):
        return lambda done, total: self._ticks.append((done, total))

    def __exit__(self, *_exception):
        pass


@pytest.fixture(autouse=True)
def no_micropython(monkeypatch):
    """None answers at a boot loader; the test need not wait for it."""
    monkeypatch.setattr(models, "_WAIT_S", 0.05)


@pytest.fixture
def firmware(tmp_path):
    path = tmp_path / "firmware.bin"
    path.write_bytes(esp_image(0))
    return path


@pytest.mark.parametrize("loads", [True, False], ids=["through esptool's loader", "through the ROM's"])
@pytest.mark.parametrize("name", BOARDS)
def test_the_firmware_is_where_the_profile_says(tmp_path, name, loads):
    chip, number, offset = BOARDS[name]
    path, heard = tmp_path / "firmware.bin", Heard()
    path.write_bytes(esp_image(number))
    with Esp32Loader(chip, loads=loads) as board:
        result = run.flash_file(path, name, board.port, progress=heard)
        assert board.flash[offset : offset + result.size] == path.read_bytes()
        assert board.flash[-1] == 0x55  # the file system was not touched
        assert board.runs_stub == loads and bool(heard.notes) != loads
    assert (result.way, result.verified, result.erased) == ("esptool", True, False)
    assert heard.ticks[-1][0] == heard.ticks[-1][1] > 1


@pytest.mark.parametrize("loads", [True, False])
def test_erase_takes_all_of_the_flash(firmware, loads):
    with Esp32Loader("ESP32", loads=loads) as board:
        assert run.flash_file(firmware, BOARD, board.port, erase=True, agree=lambda _: True).erased
        end = 0x1000 + firmware.stat().st_size
        assert set(board.flash[:0x1000]) == set(board.flash[-(-end // 4096) * 4096 :]) == {0xFF}


def test_a_board_that_cannot_be_asked_is_not_erased_unasked(firmware):
    asked = []
    with Esp32Loader("ESP32") as board:
        sentence, hint = refused(firmware, BOARD, board.port, erase=True, agree=asked.append)
        assert set(board.flash) == {0x55}
    assert sentence == f"{BOARD} does not say what its file systems hold." and "--yes" in hint
    assert asked == [f"{sentence} Go on?"]


def test_what_reads_back_otherwise_is_an_error(firmware):
    with Esp32Loader("ESP32", worn=True) as board:
        sentence, hint = refused(firmware, BOARD, board.port)
    assert sentence == f"Flashing {BOARD} broke off: MD5 of file does not match data in flash." and "check the cable" in hint


def test_another_chip_than_the_boards(firmware):
    with Esp32Loader("ESP32-S3") as board:
        assert refused(firmware, BOARD, board.port)[0] == f"The chip at {board.port} is an ESP32-S3, and {BOARD} has an ESP32."
        assert set(board.flash) == {0x55}


def test_a_flash_that_is_smaller_than_the_firmware(tmp_path):
    path = tmp_path / "firmware.bin"
    path.write_bytes(esp_image(0, 600_000))
    with Esp32Loader("ESP32", size=512 * 1024) as board:
        assert "ends at 604,132 bytes of flash" in refused(path, BOARD, board.port)[0]
        assert set(board.flash) == {0x55}


def test_a_loader_that_answers_late(firmware):
    with Esp32Loader("ESP32", late=0.01) as board:
        run.flash_file(firmware, BOARD, board.port)
        assert board.flash[0x1000 : 0x1000 + firmware.stat().st_size] == firmware.read_bytes()


@pytest.mark.parametrize("every", [97, 397, 1001])
def test_a_line_that_loses_answers_never_passes_for_a_good_one(firmware, every):
    with Esp32Loader("ESP32", drop=every) as board:
        try:
            run.flash_file(firmware, BOARD, board.port)
        except ToolError as error:
            assert "hold BOOT" in error.hint and "flash again" in error.hint
        else:
            assert board.flash[0x1000 : 0x1000 + firmware.stat().st_size] == firmware.read_bytes()


def test_a_byte_that_is_lost_on_the_way_to_the_board(firmware):
    with Esp32Loader("ESP32", lose=30_000) as board:
        sentence, hint = refused(firmware, BOARD, board.port)
    assert sentence.startswith(f"Flashing {BOARD} broke off: ") and "check the cable" in hint


def test_a_cable_pulled_half_way_and_the_next_attempt(firmware, monkeypatch):
    monkeypatch.setattr(esptool.cmds, "DEFAULT_CONNECT_ATTEMPTS", 1)  # seconds each
    with Esp32Loader("ESP32", die_at=16_384, unplugged=True) as board:
        sentence, hint = refused(firmware, BOARD, board.port)
        half = bytes(board.flash)
    assert sentence.startswith(f"Flashing {BOARD} broke off: ") and "check the cable" in hint
    with Esp32Loader("ESP32") as board:
        board.flash[:] = half
        run.flash_file(firmware, BOARD, board.port)
        assert board.flash[0x1000 : 0x1000 + firmware.stat().st_size] == firmware.read_bytes()


def test_an_interrupted_flashing_says_what_to_do(firmware, monkeypatch):
    def interrupt(*_arguments, **_options):
        raise KeyboardInterrupt

    monkeypatch.setattr(esptool, "write_flash", interrupt)
    with Esp32Loader("ESP32") as board:
        sentence, hint = refused(firmware, BOARD, board.port)
    assert sentence == f"Flashing {BOARD} broke off: it was interrupted." and "flash again" in hint


def test_a_board_that_is_not_in_its_boot_loader(firmware):
    with Esp32Loader("ESP32", deaf=True) as board:
        sentence, hint = refused(firmware, BOARD, board.port)
    assert sentence.startswith(f"No ESP32's boot loader answers at {board.port}: ") and hint.startswith("hold BOOT")


def test_no_board(firmware, monkeypatch):
    monkeypatch.setattr(attached.list_ports, "comports", lambda: [])
    assert refused(firmware, BOARD)[0] == "No board is attached."


def test_the_command_says_what_it_did(torpor, firmware):
    with Esp32Loader("ESP32") as board:
        told = torpor("flash", "--board", BOARD, "--port", board.port, firmware)
        data = json.loads(torpor("flash", "--board", BOARD, "--port", board.port, firmware, "--json").stdout)
    assert told.returncode == 0, told
    assert told.stdout == f"{BOARD} has {firmware}: 40,036 bytes, written with esptool, and compared.\n"
    assert (data["way"], data["size"], data["place"], data["verified"]) == ("esptool", 40_036, board.port, True)


def test_the_command_refuses_with_2(fails, firmware):
    sentence, hint = fails("flash", "--board", BOARD, "--port", "/dev/null", firmware)
    assert sentence.startswith("/dev/null is no serial port that can be opened") and hint


def test_a_port_that_is_not_there(firmware, tmp_path):
    assert refused(firmware, BOARD, tmp_path / "none")[0] == f"There is no port {tmp_path / 'none'}."


@pytest.mark.parametrize("way, sentence", [
    ("dfu", f"{BOARD} cannot be flashed with dfu."), ("bossac", f"{BOARD} cannot be flashed with bossac.")])
def test_a_way_that_is_not_the_boards(firmware, way, sentence):
    assert refused(firmware, BOARD, way=way) == (sentence, "--with takes esptool")


def test_boards_that_nothing_here_flashes(firmware):
    assert refused(firmware, "emu-m4f")[0] == "emu-m4f is emulated: there is nothing to flash."
    assert refused(firmware, "ARDUINO_NANO_33_BLE_SENSE")[0] == "Torpor does not flash ARDUINO_NANO_33_BLE_SENSE: bossac does."
