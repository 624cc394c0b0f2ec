# SPDX-License-Identifier: MIT
"""Board profiles: what is there, each figure's source, profiles that are wrong, the commands, and published times."""

import json
import os
import tomllib
from pathlib import Path

import pytest
from torpor_host import attached, bench_all, boards, build, connect, device, romfs
from torpor_host.boards import BoardProfile, board_names, load_board
from torpor_host.check import cost
from torpor_host.device import Device
from torpor_host.errors import ToolError
from torpor_host.paths import BOARDS
from torpor_host.targets import emulated

REAL = ["ARDUINO_NANO_33_BLE_SENSE", "B_L475E_IOT01A", "ESP32_GENERIC", "ESP32_GENERIC_C3", "ESP32_GENERIC_C6", "ESP32_GENERIC_S3",
        "NUCLEO_F446RE", "NUCLEO_H743ZI", "NUCLEO_L476RG", "PYBV11", "WEACT_F411"]
ALWAYS = ["mcu", "clock_hz", "flash", "ram", "port", "board", "storage", "usb", "flash_tools", "flash_offsets", "flash_enter", "wake_light", "volts",
          "cycles"]


def test_the_boards_that_are_known():
    assert [name for name in board_names() if not load_board(name).machine] == REAL
    assert boards.emulated_names() == ["emu-esp32", "emu-m3", "emu-m4f", "emu-m55", "emu-m7", "emu-rv32", "emu-stm32f405"]


@pytest.mark.parametrize("name", REAL)
def test_a_real_board_says_what_it_is_and_how_it_is_flashed(name):
    board = load_board(name)
    assert [field for field in ALWAYS if getattr(board, field) in (None, "", ())] == []
    assert board.mac_instructions or load_board(board.twin).mac_instructions


@pytest.mark.parametrize("name", board_names())
def test_each_figure_has_a_source(name):
    raw = tomllib.loads((BOARDS / name / "board.toml").read_text())
    numbers = [key for key, value in raw.items() if any(type(one) in (int, float) for one in (value if isinstance(value, list) else [value]))]
    assert numbers and all(len(raw["source"][key]) > 5 for key in numbers)


@pytest.mark.parametrize("name", REAL)
def test_what_is_free_is_part_of_what_there_is(name):
    board = load_board(name)
    assert board.storage < board.flash and (board.heap is None or board.heap[1] < board.ram)
    assert board.piece is None or board.piece <= board.heap[1]


def test_the_readme_has_the_fields():
    assert (BOARDS / "README.md").read_text().endswith("\n\n" + boards.fields_page())


# ---- profiles that are wrong ----


GOOD = {
    "name": '"plain"', "title": '"A board"', "core": '"cortex-m0"', "natmod": '"armv6m"', "fpu": '"none"',
    "usb": '["f055:9800"]', "clock_hz": "16_000_000", "cycles": "[1.0, 2]", "source": '{clock_hz = "data sheet, table 3", cycles = "measured"}'}
BAD = {
    "an unknown field": ({"clock": "5"}, "clock: there is no such field"),
    "a missing field": ({"core": None}, "core: it is missing"),
    "text for a number": ({"clock_hz": '"16 MHz"'}, "clock_hz: it has to be a whole number"),
    "a fraction of a byte": ({"clock_hz": "1.5"}, "clock_hz: it has to be a whole number"),
    "truth for a number": ({"cycles": "true"}, "cycles: it has to be a number, or [least, most]"),
    "three ends": ({"cycles": "[1, 2, 3]"}, "cycles: it has to be a number, or [least, most]"),
    "no ends": ({"cycles": "[]"}, "cycles: it has to be a number, or [least, most]"),
    "upside down": ({"cycles": "[2, 1]"}, "cycles: the least is more than the most"),
    "negative": ({"cycles": "[-1, 1]"}, "cycles: it is negative"),
    "a number for text": ({"title": "5"}, "title: it has to be a string"),
    "text for a list": ({"usb": '"f055:9800"'}, "usb: it has to be a list of strings"),
    "a USB id": ({"usb": '["F055:9800"]'}, "usb: F055:9800 is not"),
    "an architecture": ({"natmod": '"armv9"'}, "natmod: armv9 is none of x64, armv6m"),
    "an FPU": ({"fpu": '"yes"'}, "fpu: yes is none of"),
    "a twin": ({"twin": '"emu-m99"'}, "twin: there is no board emu-m99"),
    "another's name": ({"name": '"other"'}, "name: it has to be its folder's, plain"),
    "no source": ({"source": '{clock_hz = "data sheet"}'}, "cycles: it has no source"),
    "an empty source": ({"source": '{clock_hz = " ", cycles = "measured"}'}, "clock_hz: it has no source"),
    "a source of nothing": ({"source": '{clock_hz = "x", cycles = "x", flash = "x"}'}, "source.flash: there is no such field"),
    "no TOML": ({"title": "'"}, "plain/board.toml: "),
}


def written(folder, changes=()):
    (folder / "plain").mkdir()
    path = folder / "plain/board.toml"
    path.write_text("".join(f"{key} = {value}\n" for key, value in {**GOOD, **dict(changes)}.items() if value is not None))
    return path


def test_a_profile_is_read(tmp_path):
    board = boards.read(written(tmp_path, {"volts": "3", "source": '{clock_hz = "x", cycles = "x", volts = "x"}'}))
    assert (board.clock_hz, board.cycles, board.usb, board.volts, board.heap) == (16_000_000, (1.0, 2), ("f055:9800",), 3, None)
    assert boards.read(written(tmp_path / "plain", {"cycles": "2"})).cycles == (2, 2)


@pytest.mark.parametrize("name", BAD)
def test_a_wrong_profile_is_refused_with_its_field(tmp_path, name):
    changes, words = BAD[name]
    with pytest.raises(ToolError) as error:
        boards.read(written(tmp_path, changes))
    assert words in str(error.value) and str(error.value).startswith("plain/board.toml: ") and error.value.hint


# ---- the commands ----


def test_boards_lists_and_shows(torpor):
    listed = json.loads(torpor("boards", "--json").stdout)
    assert [board["name"] for board in listed["boards"]] == board_names() and isinstance(listed["attached"], list)
    shown = json.loads(torpor("boards", "PYBV11", "--json").stdout)
    assert shown["clock_hz"] == 168_000_000 and shown["source"]["clock_hz"] and shown in listed["boards"]
    table = torpor("boards").stdout
    assert all(name in table for name in board_names())
    told = torpor("boards", "PYBV11").stdout
    assert "0x8000000 0x8020000" in told and "94,000 to 106,000" in told and "stm32f405.ld" in told


def test_a_board_that_is_not_known(fails):
    sentence, hint = fails("boards", "mars")
    assert "no board mars" in sentence and "PYBV11" in hint


def test_a_real_board_is_no_target_by_its_name(fails, tmp_path):
    (tmp_path / "a.py").write_text("")
    sentence, hint = fails("push", "a.py", "--on", "PYBV11")
    assert "PYBV11 is no emulated board" in sentence and "serial port" in hint


class _Port:
    def __init__(self, device, vid, pid, product=None):
        self.device, self.vid, self.pid, self.product, self.description = device, vid, pid, product, "n/a"


def test_ports_are_held_against_the_usb_ids(monkeypatch):
    ports = [_Port("/dev/ttyUSB0", 0x10C4, 0xEA60, "CP2102"), _Port("/dev/ttyS0", None, None), _Port("/dev/ttyACM0", 0xF055, 0x9800),
             _Port("/dev/ttyACM1", 0x1234, 0x0001)]
    monkeypatch.setattr(attached.list_ports, "comports", lambda: ports)
    profiles = [BoardProfile(name, "", "", "armv6m", usb=usb) for name, usb in {
        "a": ("f055:9800",), "b": ("10c4:ea60", "f055:9800"), "c": ("10c4:ea60",)}.items()]
    assert [(one.port, one.usb, one.product, one.boards) for one in attached.attached(profiles)] == [
        ("/dev/ttyACM0", "f055:9800", "n/a", ("a", "b")), ("/dev/ttyACM1", "1234:0001", "n/a", ()),
        ("/dev/ttyUSB0", "10c4:ea60", "CP2102", ("b", "c"))]


def test_an_attached_board_is_asked():
    image = romfs.build({})
    with emulated.instance("emu-m4f", image, firmware=build.build(["emu-m4f"])["emu-m4f"]) as link:
        heap, romfs_bytes = link.eval("__import__('gc').mem_free()"), link.eval("len(__import__('vfs').rom_ioctl(2, 0))")
        files = link.eval("__import__('os').statvfs('/')")
        link.leave_raw()
        link.close()
        found = attached.ask(link.port)
    assert (found.version, found.natmod, found.romfs) == ("1.25.0", "armv7emsp", romfs_bytes) and "386" in found.machine
    assert found.home == ""
    assert abs(found.heap_free - heap) < 20_000 and found.romfs == load_board("emu-m4f").romfs
    assert found.storage == files[1] * files[3] and found.executable is None
    assert found.abi == (6, 3)  # MPY_VERSION, MPY_SUB_VERSION in MicroPython's py/persistentcode.h
    assert 0.9 * heap < found.piece <= found.heap_free  # nothing has cut the heap up


@pytest.mark.parametrize(("natmod", "abi", "words"), [
    ("", (6, 3), "loads no native modules"), ("armv7emsp", (6, 2), "of version 6.2, not 6.3"), ("armv7emsp", (5, 3), "of version 5.3, not 6.3"),
    ("number 14", (6, 3), "for architecture number 14, for which there are none"), ("armv6", (6, 3), "for architecture armv6,")])
def test_a_firmware_that_cannot_load_our_modules_says_why(natmod, abi, words):
    with pytest.raises(ToolError, match=words) as raised:
        device.check_native(Device("1.22.0", "a board", "", natmod, abi, "", 1, 1, 0, 0, None), "/dev/ttyACM0")
    assert raised.value.hint
    device.check_native(Device("1.25.0", "a board", "", "armv7emsp", (6, 3), "", 1, 1, 0, 0, None), "/dev/ttyACM0")


# As `_build` and `_machine` are in MicroPython 1.25: BOARD of make, and MICROPY_HW_BOARD_NAME with MICROPY_HW_MCU_NAME.
@pytest.mark.parametrize(("build", "machine", "board"), [
    ("ESP32_GENERIC_S3-SPIRAM_OCT", "Generic ESP32S3 module with Octal-SPIRAM with ESP32S3", "ESP32_GENERIC_S3"),
    ("WEACT_F411_BLACKPILL", "WEACT_F411_BLACKPILL with STM32F411CE", "WEACT_F411"),
    ("", "NUCLEO-F446RE with STM32F446xx", "NUCLEO_F446RE"), ("", "PYBv1.1 with STM32F405RG", "PYBV11"),
    ("", "Generic ESP32 module with ESP32", ""), ("", "", ""), ("MINE", "My board", "")])
def test_which_board_a_firmware_is_for(build, machine, board):
    assert boards.named(build, machine) == board


def test_what_a_board_says_decides_between_those_of_its_usb_id(monkeypatch):
    answer = Device("1.25.0", "NUCLEO-F446RE with STM32F446xx", "NUCLEO_F446RE", "armv7emsp", (6, 3), "/flash", 1, 1, 0, 0, None)
    monkeypatch.setattr(attached, "ask", lambda port: answer)
    monkeypatch.setattr(attached.list_ports, "comports", lambda: [_Port("/dev/ttyACM0", 0x0483, 0x374B)])
    known = [load_board(name) for name in board_names()]
    assert len(attached.attached(known)[0].boards) > 1
    assert attached.attached(known, asked=True)[0].boards == ("NUCLEO_F446RE",)


def test_a_port_where_no_micropython_answers(monkeypatch):
    master, slave = os.openpty()
    try:
        assert attached.ask(os.ttyname(slave)) is None
        monkeypatch.setattr(attached.list_ports, "comports", lambda: [_Port(os.ttyname(slave), 0x10C4, 0xEA60)])
        (one,) = attached.attached([], asked=True)
        assert one.answer is None and attached.ask("/dev/none") is None
    finally:
        os.close(master)
        os.close(slave)


def test_without_a_name_the_only_board_attached_is_meant(monkeypatch):
    master, slave = os.openpty()
    ports = [_Port(os.ttyname(slave), 0xF055, 0x9800)]
    monkeypatch.setattr(attached.list_ports, "comports", lambda: ports)
    try:
        with connect.port(None) as port:
            assert port == os.ttyname(slave)
        ports.append(_Port("/dev/ttyACM9", 0xF055, 0x9800))
        with pytest.raises(ToolError, match="2 boards are attached"), connect.port(None):
            pass
    finally:
        os.close(master)
        os.close(slave)


# ---- published times ----

# Million cycles of one inference (MLPerf Tiny v1.0) by CMSIS-NN: on an STM32L4R5 (microTVM), a Cortex-M4; on an RA6M4 (TFLM), a
# Cortex-M33, which has the same DSP instructions.
PUBLISHED = {"STM32L4R5": {"kws": 12.0, "vww": 36.1, "resnet": 46.7, "ad01": 1.03}, "RA6M4": {"kws": 10.1, "vww": 32.5, "resnet": 49.2, "ad01": 0.92}}


@pytest.mark.parametrize("mcu", PUBLISHED)
@pytest.mark.parametrize("model", PUBLISHED["RA6M4"])
def test_published_times_lie_within_the_bound(mcu, model):
    n = tomllib.loads((Path(bench_all.__file__).with_name("bench_yardstick.toml")).read_text())["instructions"]["emu-m4f"][model]
    board = load_board("emu-m4f")
    estimate = cost.latency(cost.Estimate(n, n), board)
    published_ms = 1000 * PUBLISHED[mcu][model] * 1e6 / board.clock_hz
    assert abs(published_ms - estimate.value) <= estimate.bound * estimate.value
