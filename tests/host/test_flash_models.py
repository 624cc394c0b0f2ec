# SPDX-License-Identifier: MIT
"""Models on a board are not lost unasked: the board is MicroPython's unix port at a pty."""

import os
import subprocess
import tty
from pathlib import Path
from types import SimpleNamespace

import pytest
from flashing import FLASH, dfu, esp_image, intel_hex, refused, stm32_image, with_partitions
from torpor_host import attached, build
from torpor_host.flash import models, run
from torpor_host.link import Link
from torpor_host.progress import Silent

MODELS = ["/lib/far/away.tflite", "/models/keywords.tflite"]


@pytest.fixture(scope="module")
def port():
    """A board with two models and other files."""
    master, slave = os.openpty()
    tty.setraw(slave)
    tty.setraw(master)
    command = [build.build(["unix"])["unix"], Path(__file__).with_name("raw_repl.py"), "100", "", ""]
    process = subprocess.Popen(command, stdin=master, stdout=master, stderr=subprocess.DEVNULL)
    name = os.ttyname(slave)
    try:
        with Link(name) as link:
            link.enter_raw()
            link.exec("import os\nfor name in ('/lib', '/lib/far', '/models', '/empty.tflite.d'):\n os.mkdir(name)\n"
                      f"for name in {[*MODELS, '/main.py']}:\n open(name, 'w').close()")
            link.leave_raw()
        yield name
    finally:
        process.kill()
        process.wait()
        os.close(master)
        os.close(slave)


def test_models_are_found_in_every_folder(port):
    assert sorted(models.on_board(port)) == MODELS


def test_a_board_that_does_not_answer_is_not_known(monkeypatch):
    monkeypatch.setattr(models, "_WAIT_S", 0.1)
    master, slave = os.openpty()
    assert models.on_board(os.ttyname(slave)) is None
    os.close(master)
    os.close(slave)


@pytest.fixture
def esp_firmware(tmp_path):
    path = tmp_path / "esp.bin"
    path.write_bytes(esp_image(0))
    return path


def test_erasing_names_them_and_asks(port, esp_firmware):
    asked = []
    sentence, hint = refused(esp_firmware, "ESP32_GENERIC", port, erase=True, agree=asked.append)
    assert sentence.startswith("ESP32_GENERIC holds models that would be lost: ") and all(name in sentence for name in MODELS)
    assert asked == [sentence + " Go on?"] and hint == "nothing was changed; to flash it all the same: --yes"


def test_the_command_does_not_wait_for_an_answer_that_nobody_types(fails, port, esp_firmware):
    sentence, _ = fails("flash", "--board", "ESP32_GENERIC", "--port", port, "--erase", esp_firmware)
    assert sentence.startswith("ESP32_GENERIC holds models that would be lost: ")


@pytest.fixture
def written(monkeypatch):
    """The jobs that a way was given; nothing is flashed."""
    jobs = []
    noted = SimpleNamespace(ready=lambda: None, flash=jobs.append)
    monkeypatch.setattr(run, "_WAYS", dict.fromkeys(run._WAYS, noted))
    return jobs


def test_without_erasing_nobody_is_asked(port, esp_firmware, written):
    run.flash_file(esp_firmware, "ESP32_GENERIC", port)
    assert len(written) == 1


def test_a_firmware_that_reaches_into_the_file_system_asks(port, tmp_path, written):
    path = tmp_path / "esp.bin"
    path.write_bytes(esp_image(0, 0x20_0000 - 0x1000 - 36))  # MicroPython's partitions-4MiB.csv: vfs begins at 2 MiB
    run.flash_file(path, "ESP32_GENERIC", port)
    path.write_bytes(path.read_bytes() + b"\0")
    assert "would be lost" in refused(path, "ESP32_GENERIC", port)[0]
    assert len(written) == 1


VFS = 0x20_0000, 0x20_0000, "vfs"  # MicroPython's partitions-4MiB.csv
NVS = 0x9000, 0x6000, "nvs"


@pytest.fixture
def esp32(port):
    """The board has an ESP32's partitions."""
    rows = [(1, 2, *NVS, False), (1, 0x81, *VFS, False)]
    with Link(port) as link:
        link.enter_raw()
        link.exec("import sys\nclass Row:\n def __init__(self, row):\n  self.info = lambda: row\n"
                  f"class Partition:\n TYPE_DATA = 1\n find = staticmethod(lambda kind: [Row(row) for row in {rows}])\n"
                  "class Module:\n pass\nModule.Partition = Partition\nsys.modules['esp32'] = Module")
        link.leave_raw()


@pytest.mark.parametrize("rows, asks", [
    ([NVS, VFS], False), ([VFS], False), ([NVS, (0x30_0000, 0x10_0000, "vfs")], True), ([NVS, (0x20_0000, 0x10_0000, "vfs")], True), ([NVS], True)])
def test_a_firmware_whose_file_system_lies_elsewhere_asks(port, esp32, tmp_path, written, rows, asks):
    path = tmp_path / "esp.bin"
    path.write_bytes(with_partitions(esp_image(0), rows))
    if asks:
        assert "would be lost" in refused(path, "ESP32_GENERIC", port)[0]
    run.flash_file(path, "ESP32_GENERIC", port, agree=lambda _: asks)
    assert len(written) == 1


@pytest.mark.parametrize("size, asks", [(0x4000, False), (0x4004, True)])
def test_so_does_one_over_an_stm32s_first_sectors(port, tmp_path, written, size, asks):
    path = tmp_path / "firmware.hex"
    data = stm32_image(size)[:size]
    path.write_bytes(intel_hex((FLASH, data), (FLASH + 0x2_0000, data)))  # stm32f405.ld: FLASH_FS begins at 16 KiB
    if asks:
        assert "would be lost" in refused(path, "PYBV11", port)[0]
    else:
        progress = Silent()
        progress.note = (notes := []).append
        run.flash_file(path, "PYBV11", port, progress=progress)
        assert written[0].firmware.size == 2 * size
        assert len(notes) == 1 and all(name in notes[0] for name in MODELS)  # the image does not say where its file system lies


def test_the_boards_own_port_is_asked_where_none_is_given(port, tmp_path, written, monkeypatch):
    found = [SimpleNamespace(device=port, vid=0x0483, pid=0x374B, product="ST-LINK", description="")]
    monkeypatch.setattr(attached.list_ports, "comports", lambda: found)
    path = tmp_path / "firmware.dfu"
    path.write_bytes(dfu((FLASH, stm32_image()), (FLASH + 0x2_0000, stm32_image())))
    assert "would be lost" in refused(path, "NUCLEO_F446RE", erase=True)[0]


def test_over_dfu_micropython_is_told_to_jump_to_the_boot_loader(port, tmp_path, written):
    with Link(port) as link:
        link.enter_raw()
        link.exec("import sys\nclass Machine:\n def bootloader():\n  open('/jumped', 'w').close()\nsys.modules['machine'] = Machine")
        link.leave_raw()
    path = tmp_path / "firmware.dfu"
    path.write_bytes(dfu((FLASH, stm32_image()), (FLASH + 0x2_0000, stm32_image())))
    run.flash_file(path, "PYBV11", port)
    with Link(port) as link:
        link.enter_raw()
        assert b"jumped" in link.exec("import os\nprint(os.listdir('/'))")
