# SPDX-License-Identifier: MIT
"""Flashing an STM32 over USB: dfu-util and pyocd are stand-ins here that behave as those do, an ST-LINK's drive is a folder."""

import json
import sys
import threading
from pathlib import Path

import pytest
from flashing import FLASH, dfu, intel_hex, refused, stm32_image
from torpor_host import attached
from torpor_host.flash import drive, run
from torpor_host.progress import Silent

PROGRAMS = Path(__file__).parent / "doubles/programs"
FIRST, SECOND = stm32_image(3001), stm32_image(5002)[8:]
PARTS = (FLASH, FIRST), (FLASH + 0x2_0000, SECOND)
# As dfu-util 0.11 lists a pyboard.
PYBOARD = ('Found DFU: [0483:df11] ver=2200, devnum=12, cfg=1, intf=0, path="{path}", alt=1, name="@Option Bytes  /0x1FFFC000/01*016 e", serial="1"\n'
           'Found DFU: [0483:df11] ver=2200, devnum=12, cfg=1, intf=0, path="{path}", alt=0, '
           'name="@Internal Flash  /0x08000000/04*016Kg,01*064Kg,{rest}*128Kg", serial="1"\n')


@pytest.fixture(autouse=True)
def no_ports(monkeypatch):
    monkeypatch.setattr(attached.list_ports, "comports", lambda: [])


@pytest.fixture
def firmware(tmp_path):
    path = tmp_path / "firmware.dfu"
    path.write_bytes(dfu(*PARTS))
    return path


class Board:
    """A stand-in's folder."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        (folder / "flash.bin").write_bytes(b"\x55" * 0x10_0000)

    def write(self, name, text):
        (self.folder / name).write_text(text)

    def holds(self, data, at):
        return (self.folder / "flash.bin").read_bytes()[at : at + len(data)] == data

    def is_untouched(self):
        return set((self.folder / "flash.bin").read_bytes()) == {0x55}


# ---- DFU ----


@pytest.fixture
def pyboard(tmp_path, monkeypatch):
    board = Board(tmp_path / "pyboard")
    board.write("boards", PYBOARD.format(path="1-1", rest="07"))
    bin = tmp_path / "bin"
    bin.mkdir()
    (bin / "dfu-util").write_text(f'#!/bin/sh\nexec {sys.executable} {PROGRAMS / "dfu_util.py"} "$@"\n')
    (bin / "dfu-util").chmod(0o755)
    monkeypatch.setenv("PATH", f"{bin}:/usr/bin:/bin")
    monkeypatch.setenv("DFU_DOUBLE", str(board.folder))
    monkeypatch.setattr("torpor_host.flash.dfu._APPEAR_S", 0)
    return board


def test_dfu_writes_each_part_and_reads_it_back(firmware, pyboard):
    result = run.flash_file(firmware, "PYBV11")
    assert (result.way, result.place, result.verified, result.size) == ("dfu", "", True, len(FIRST) + len(SECOND))
    assert pyboard.holds(FIRST, 0) and pyboard.holds(SECOND, 0x2_0000) and pyboard.holds(b"\x55" * 16, 0x4000)
    calls = (pyboard.folder / "calls").read_text()
    assert "-s 0x8000000 -D" in calls and f"-s 0x8020000:{len(SECOND)} -U" in calls and "erase" not in calls


def test_dfu_erases_all_once(firmware, pyboard):
    run.flash_file(firmware, "PYBV11", erase=True, agree=lambda _: True)
    assert pyboard.holds(FIRST, 0) and pyboard.holds(SECOND, 0x2_0000) and pyboard.holds(b"\xff" * 16, 0x4000)


def test_no_board_in_dfu_mode(firmware, pyboard):
    pyboard.write("boards", "")
    sentence, hint = refused(firmware, "PYBV11")
    assert sentence == "No board is attached in DFU mode." and hint == "machine.bootloader(), or DFU joined to 3V3 at reset; then flash again"


def test_two_boards_in_dfu_mode(firmware, pyboard):
    pyboard.write("boards", PYBOARD.format(path="1-1", rest="07") + PYBOARD.format(path="1-2", rest="07"))
    assert refused(firmware, "PYBV11") == ("2 boards are in DFU mode, at USB 1-1, 1-2.", "unplug all but one")


def test_a_chip_in_dfu_mode_with_less_flash_than_the_board(firmware, pyboard):
    pyboard.write("boards", PYBOARD.format(path="1-1", rest="03"))
    assert refused(firmware, "PYBV11")[0] == "The chip in DFU mode has 524,288 bytes of flash, and PYBV11 has 1,048,576."
    assert pyboard.is_untouched()


def test_a_board_in_dfu_mode_that_may_not_be_opened(firmware, pyboard):
    pyboard.write("boards", "Cannot open DFU device 0483:df11 found on devnum 12 (LIBUSB_ERROR_ACCESS)")
    assert "udev" in refused(firmware, "PYBV11")[1]


def test_dfu_breaks_off(firmware, pyboard):
    pyboard.write("fail", "Error during download get_status (LIBUSB_ERROR_NO_DEVICE)")
    sentence, hint = refused(firmware, "PYBV11")
    assert sentence == "Flashing PYBV11 broke off: Error during download get_status (LIBUSB_ERROR_NO_DEVICE)." and "check the cable" in hint


def test_what_is_read_back_over_dfu_otherwise(firmware, pyboard):
    pyboard.write("worn", "")
    assert refused(firmware, "PYBV11")[0] == "Flashing PYBV11 broke off: what is at 0x8000000 differs from the file."


def test_no_dfu_util(firmware, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert refused(firmware, "PYBV11") == ("dfu-util is missing.", "sudo apt-get install dfu-util")


# ---- ST-LINK ----


@pytest.fixture
def nucleo(tmp_path, monkeypatch):
    board = Board(tmp_path / "nucleo")
    board.write("targets", "stm32f446retx")
    board.write("idcode", "21640010")  # RM0390: REV_ID 0x1000, DEV_ID 0x421, in a word's byte order
    board.write("probes.json", json.dumps({"status": 0, "boards": [{"unique_id": "066BFF"}]}))
    monkeypatch.setenv("PYTHONPATH", str(PROGRAMS))
    monkeypatch.syspath_prepend(PROGRAMS)
    monkeypatch.delitem(sys.modules, "pyocd", raising=False)
    monkeypatch.setenv("PYOCD_DOUBLE", str(board.folder))
    return board


def test_an_st_link_writes_each_part_and_reads_it_back(firmware, nucleo):
    result = run.flash_file(firmware, "NUCLEO_F446RE")
    assert (result.way, result.verified) == ("stlink", True)
    assert nucleo.holds(FIRST, 0) and nucleo.holds(SECOND, 0x2_0000) and nucleo.holds(b"\x55" * 16, 0x4000)


def test_an_st_link_erases_all_once(firmware, nucleo):
    run.flash_file(firmware, "NUCLEO_F446RE", erase=True, agree=lambda _: True)
    assert nucleo.holds(FIRST, 0) and nucleo.holds(SECOND, 0x2_0000) and nucleo.holds(b"\xff" * 16, 0x4000)


def test_what_an_st_link_reads_back_otherwise(firmware, nucleo):
    nucleo.write("worn", "")
    assert refused(firmware, "NUCLEO_F446RE")[0] == "Flashing NUCLEO_F446RE broke off: what is at 0x8000000 differs from the file."


@pytest.mark.parametrize("ids, sentence", [([], "No ST-LINK is attached."), (["A", "B"], "2 debug probes are attached: A, B.")])
def test_none_and_two_st_links(firmware, nucleo, ids, sentence):
    nucleo.write("probes.json", json.dumps({"status": 0, "boards": [{"unique_id": name} for name in ids]}))
    assert refused(firmware, "NUCLEO_F446RE")[0] == sentence and nucleo.is_untouched()


def test_another_chip_at_the_st_link(firmware, nucleo):
    nucleo.write("idcode", "13640010")
    assert refused(firmware, "NUCLEO_F446RE")[0] == "The chip at the ST-LINK has the number 0x413, and NUCLEO_F446RE's has 0x421."
    assert nucleo.is_untouched()


def test_a_chip_that_is_silent_at_the_st_link(firmware, nucleo):
    nucleo.write("says", "0000921 C STLink error (9): Get IDCODE error [__main__]")
    sentence, hint = refused(firmware, "NUCLEO_F446RE")
    assert sentence.startswith("The chip at the ST-LINK does not answer: ") and "incomplete" not in hint


def test_a_chip_whose_pack_pyocd_has_not(firmware, nucleo):
    nucleo.write("targets", "stm32f429xi")
    sentence, hint = refused(firmware, "NUCLEO_F446RE")
    assert sentence == "pyocd does not know stm32f446retx." and hint.endswith("-m pyocd pack install stm32f446retx")


def test_no_pyocd(firmware, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyocd", None)
    assert refused(firmware, "NUCLEO_F446RE") == ("The Python package pyocd is missing.", "run: .venv/bin/pip install -e .[stlink]")


# ---- the ST-LINK's drive ----


@pytest.fixture
def mounted(tmp_path, monkeypatch):
    """A drive that takes a file as soon as it is whole, and then says what `answers` gives."""
    folder, taken, answers, done = tmp_path / "NODE_F446RE", {}, {}, threading.Event()
    folder.mkdir()
    (folder / "MBED.HTM").write_text("<!-- mbed Platform Website and Authentication Shortcut -->")
    monkeypatch.setattr(drive, "_DONE_S", 0.5)
    monkeypatch.setattr(drive, "_POLL_S", 0.02)

    def take():
        while not done.wait(0.02):
            for file in folder.glob("firmware.*"):
                if not answers.get("deaf") and file.stat().st_size == answers["size"]:
                    for name in answers.get("files", {}):
                        (folder / name).write_text(answers["files"][name])
                    taken[file.name] = file.read_bytes()
                    if answers.get("gone"):
                        (folder / "MBED.HTM").unlink()
                    file.unlink()

    thread = threading.Thread(target=take)
    thread.start()
    yield folder, taken, answers
    done.set()
    thread.join()


def hexfile(tmp_path, answers):
    path = tmp_path / "new.hex"
    path.write_bytes(intel_hex(*PARTS))
    answers["size"] = path.stat().st_size
    return path


def test_the_drive_takes_the_file(tmp_path, mounted):
    folder, taken, answers = mounted
    path = hexfile(tmp_path, answers)
    result = run.flash_file(path, "NUCLEO_F446RE", folder, "drive", agree=lambda _: True)
    assert taken == {"firmware.hex": path.read_bytes()} and not result.verified


def test_the_drive_says_that_it_failed(tmp_path, mounted):
    folder, _, answers = mounted
    answers["files"] = {"FAIL.TXT": "The target is not connected.\r\n"}
    sentence, _ = refused(hexfile(tmp_path, answers), "NUCLEO_F446RE", folder, "drive", agree=lambda _: True)
    assert sentence == "Flashing NUCLEO_F446RE broke off: the drive says: The target is not connected."


def test_the_drive_does_not_take_the_file(tmp_path, mounted):
    folder, _, answers = mounted
    answers["deaf"] = True
    sentence, _ = refused(hexfile(tmp_path, answers), "NUCLEO_F446RE", folder, "drive", agree=lambda _: True)
    assert sentence == "Flashing NUCLEO_F446RE broke off: the drive has not taken the file."


def test_the_drive_does_not_come_back(tmp_path, mounted):
    folder, taken, answers = mounted
    answers["gone"] = True
    notes = []
    progress = Silent()
    progress.note = notes.append
    run.flash_file(hexfile(tmp_path, answers), "NUCLEO_F446RE", folder, "drive", agree=lambda _: True, progress=progress)
    assert taken and notes == ["the drive has not come back, so it has not said whether the firmware is good"]


def test_a_folder_that_is_no_drive(tmp_path, mounted):
    path = hexfile(tmp_path, mounted[2])
    assert refused(path, "NUCLEO_F446RE", tmp_path, "drive", agree=lambda _: True)[0] == f"{tmp_path} is no drive of an ST-LINK."
    assert sorted(file.name for file in tmp_path.iterdir()) == ["NODE_F446RE", "new.hex"]


def test_the_drive_takes_no_dfu_file(firmware, mounted):
    assert "take the .hex" in refused(firmware, "NUCLEO_F446RE", mounted[0], "drive", agree=lambda _: True)[1]


def test_no_drive_is_mounted(tmp_path, monkeypatch):
    monkeypatch.setattr(drive, "_MOUNTS", tmp_path / "mounts")
    (tmp_path / "mounts").write_text(f"proc /proc proc rw 0 0\n/dev/sdb {tmp_path} vfat rw 0 0\n")
    path = hexfile(tmp_path, {})
    assert refused(path, "NUCLEO_F446RE", way="drive")[0] == "No drive of an ST-LINK is mounted."
    for name in "ab":
        (tmp_path / f"NODE {name}").mkdir()
        (tmp_path / f"NODE {name}/DETAILS.TXT").write_text("Version: 0221")
    (tmp_path / "mounts").write_text("".join(f"/dev/sd{name} {tmp_path}/NODE\\040{name} vfat rw 0 0\n" for name in "ab"))
    sentence, hint = refused(path, "NUCLEO_F446RE", way="drive")
    assert sentence.startswith("2 drives of ST-LINKs are mounted: ") and hint == f"choose one: --port '{tmp_path}/NODE a'"
