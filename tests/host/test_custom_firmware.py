# SPDX-License-Identifier: MIT
"""Firmware for real boards: everything that is missing in one list, and what make is told, by checkouts and programs that only pretend."""

import json
import shutil
from pathlib import Path

import pytest
from torpor_host import build, checkout, custom
from torpor_host.boards import load_board
from torpor_host.custom import Request
from torpor_host.errors import ToolError
from torpor_host.natmod import Parts
from torpor_host.paths import BOARDS, FIRMWARE, micropython

# Writes down how it was called, answers `make -n submodules` as MicroPython's does, and leaves what a build would leave.
MAKE = """#!/bin/sh
printf '%s [%s]\\n' "$*" "$MICROPY_MPYCROSS" >> {log}
for argument; do
    case $argument in
        BUILD=*) folder=${{argument#BUILD=}};;
        submodules) echo 'echo "Updating submodules: lib/lwip lib/libhydrogen lib/stm32lib"'; exit;;
    esac
done
mkdir -p $folder/bootloader
for file in mpy-cross firmware.dfu firmware.hex firmware.bin bootloader/bootloader.bin; do : > $folder/$file; done
"""
IDF_VERSION = "set(IDF_VERSION_MAJOR 5)\nset(IDF_VERSION_MINOR {})\nset(IDF_VERSION_PATCH 1)\n"


def program(path, text="#!/bin/sh\n"):
    path.write_text(text)
    path.chmod(0o755)


@pytest.fixture
def path(tmp_path, monkeypatch):
    """A PATH of one folder in which programs for both kinds of board pretend; nothing else is on it but a shell's needs."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("bash", "env", "mkdir", "sh"):
        (folder / name).symlink_to(shutil.which(name))
    program(folder / "make", MAKE.format(log=tmp_path / "make.txt"))
    program(folder / "arm-none-eabi-gcc", "#!/bin/sh\necho /lib/libc.a\n")
    for name in ("cc", "cmake", "ninja", "idf.py", "xtensa-esp32-elf-gcc", "riscv32-esp-elf-gcc"):
        program(folder / name)
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("IDF_PATH", raising=False)
    for module in (build, custom):
        monkeypatch.setattr(module, "BUILD", tmp_path / "build")
    return folder


@pytest.fixture
def clone(tmp_path):
    """As much of a checkout of MicroPython 1.25 as is looked at."""
    folder = tmp_path / "micropython"
    write(folder, "py/mpconfig.h", "#define MICROPY_VERSION_MAJOR 1\n#define MICROPY_VERSION_MINOR 25\n")
    for name in ("stm32/boards/NUCLEO_L476RG", "stm32/boards/WEACT_F411_BLACKPILL", "esp32/boards/ESP32_GENERIC", "esp32/boards/ESP32_GENERIC_C3"):
        (folder / "ports" / name).mkdir(parents=True)
    write(folder, "ports/esp32/esp32_common.cmake", "    list(APPEND GIT_SUBMODULES lib/tinyusb)\n")
    write(folder, "ports/esp32/README.md", "Currently MicroPython supports v5.2, v5.2.2, v5.3 and v5.4.\n")
    for name in ("lwip", "stm32lib", "tinyusb", "berkeley-db-1.xx", "micropython-lib"):
        write(folder, f"lib/{name}/README.md", "whole")
    (folder / ".git").mkdir()
    return folder


@pytest.fixture
def idf(tmp_path):
    """An ESP-IDF 5.4 whose export.sh puts its own tools on the PATH."""
    folder = tmp_path / "esp-idf"
    write(folder, "tools/cmake/version.cmake", IDF_VERSION.format(4))
    write(folder, "export.sh", f"echo Activating\nexport IDF_PATH={folder} PATH={folder}/bin:$PATH\n")
    (folder / "bin").mkdir()
    for name in ("idf.py", "xtensa-esp32-elf-gcc"):
        program(folder / "bin" / name)
    return folder


def write(folder, name, text):
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)


def lacks(board, folder, idf=None):
    return [(lack.what, lack.hint) for lack in checkout.lacks(checkout.Source(load_board(board), folder, idf))]


def calls(tmp_path):
    return [line for line in (tmp_path / "make.txt").read_text().splitlines() if "-n" not in line.split()]


# ---- what make is told ----


def test_stm32_firmware_is_made_in_its_own_folder_from_our_board_files(path, clone, tmp_path):
    before = micropython()
    made = custom.build(Request("WEACT_F411", clone))
    folder = tmp_path / "build/WEACT_F411"
    assert made == {name: folder / name for name in ("firmware.dfu", "firmware.hex", "firmware.bin")}
    cross, firmware = calls(tmp_path)
    assert cross == f"-j2 -C {clone}/mpy-cross BUILD={tmp_path}/build/custom-mpy-cross []"
    assert firmware == (f"-j2 -C {clone}/ports/stm32 BOARD_DIR={BOARDS}/WEACT_F411 BUILD={folder} "
                        f"MICROPY_MPYCROSS={tmp_path}/build/custom-mpy-cross/mpy-cross []")
    assert (tmp_path / "build/WEACT_F411.log").exists() and micropython() == before


def test_esp32_firmware_is_made_in_the_environment_of_the_given_idf(path, clone, idf, tmp_path):
    for name in ("idf.py", "xtensa-esp32-elf-gcc"):
        (path / name).unlink()
    made = custom.build(Request("ESP32_GENERIC", clone, idf))
    folder = tmp_path / "build/ESP32_GENERIC"
    assert made == {"firmware.bin": folder / "firmware.bin", "bootloader.bin": folder / "bootloader/bootloader.bin"}
    assert calls(tmp_path)[1] == (f"-j2 -C {clone}/ports/esp32 BOARD_DIR={BOARDS}/ESP32_GENERIC BUILD={folder} "
                                  f"USER_C_MODULES={FIRMWARE}/micropython.cmake [{tmp_path}/build/custom-mpy-cross/mpy-cross]")


def test_operators_are_chosen_as_for_native_modules(path, clone, tmp_path):
    custom.build(Request("NUCLEO_L476RG", clone, parts=Parts(("SOFTMAX", "CONV_2D"), ("int8",))))
    assert " OPS=conv_2d softmax TYPES=INT8 " in calls(tmp_path)[1]
    for board in ("ESP32_GENERIC", "emu-m4f"):
        with pytest.raises(ToolError, match=f"Operators are chosen for STM32 boards and native modules, and {board} is neither"):
            custom.build(Request(board, clone, parts=Parts(("SOFTMAX",))))


def test_make_is_asked_again_and_mpy_cross_is_not(path, clone, tmp_path):
    for _ in range(2):
        custom.build(Request("NUCLEO_L476RG", clone))
    assert [line.split()[2].split("/")[-1] for line in calls(tmp_path)] == ["mpy-cross", "stm32", "stm32"]


def test_a_failed_build_shows_its_log(path, clone, tmp_path):
    program(path / "make", (path / "make").read_text().replace("mkdir", 'case "$*" in *stm32*) echo region overflowed; exit 2;; esac\nmkdir'))
    with pytest.raises(ToolError, match="firmware for NUCLEO_L476RG failed:\nregion overflowed") as caught:
        custom.build(Request("NUCLEO_L476RG", clone))
    assert caught.value.hint == f"all of it is in {tmp_path}/build/NUCLEO_L476RG.log"


@pytest.mark.parametrize("name", [path.parent.name for path in BOARDS.glob("*/mpconfigboard.*") if path.suffix != ".h"])
def test_board_files_name_the_board_that_the_profile_names(name):
    (file,) = (path for path in (BOARDS / name).glob("mpconfigboard.*") if path.suffix != ".h")
    words = file.read_text().replace("set(TORPOR_BOARD ", "TORPOR_BOARD := ").replace(")", "").split()
    assert words[words.index("TORPOR_BOARD") + 2] == load_board(name).board


# ---- what is missing ----


def test_everything_that_is_missing_for_stm32_is_in_one_list(path, clone, fails):
    shutil.rmtree(clone / "lib/stm32lib")
    (clone / "lib/lwip/README.md").unlink()
    write(clone, "py/mpconfig.h", "#define MICROPY_VERSION_MAJOR 1\n#define MICROPY_VERSION_MINOR 23\n")
    (path / "arm-none-eabi-gcc").unlink()
    (path / "cc").unlink()
    with pytest.raises(ToolError) as caught:
        custom.build(Request("NUCLEO_L476RG", clone))
    told = str(caught.value).splitlines()
    assert told[0] == "NUCLEO_L476RG cannot be built: 4 things are missing."
    assert told[1:5] == [
        f"  {clone} is MicroPython 1.23, older than the board files were made for, 1.25 to 1.28",
        f"    -> git -C {clone} checkout v1.28.0, and its submodules again",
        "  lib/lwip, lib/stm32lib: nothing is in these submodules",
        f"    -> git -C {clone} submodule update --init lib/lwip lib/stm32lib"]
    assert [line.split()[0] for line in told[5::2]] == ["cc", "arm-none-eabi-gcc"] and "apt-get install" in told[6]
    assert not (clone.parent / "build").exists()


def test_everything_that_is_missing_for_esp32_is_in_one_list(path, clone):
    shutil.rmtree(clone / "lib/tinyusb")
    for name in ("ninja", "idf.py"):
        (path / name).unlink()
    assert [what for what, _ in lacks("ESP32_GENERIC", clone)] == [
        "lib/tinyusb: nothing is in this submodule", "ninja is not on the PATH", "idf.py of ESP-IDF is not on the PATH"]
    assert lacks("ESP32_GENERIC", clone)[2][1].endswith("--idf")


def test_nothing_is_missing(path, clone, idf):
    assert lacks("NUCLEO_L476RG", clone) == lacks("ESP32_GENERIC_C3", clone) == lacks("ESP32_GENERIC", clone, idf) == []


@pytest.mark.parametrize(("change", "board", "words"), [
    (lambda clone, path: shutil.rmtree(clone / "py"), "NUCLEO_L476RG", "is no checkout of MicroPython: it has no py/mpconfig.h"),
    (lambda clone, path: shutil.rmtree(clone / "ports/stm32"), "NUCLEO_L476RG", "it has no ports/stm32/boards/NUCLEO_L476RG"),
    (lambda clone, path: write(clone, "py/mpconfig.h", "#define MICROPY_VERSION_MAJOR 1\n#define MICROPY_VERSION_MINOR 40\n"), "NUCLEO_L476RG", "1.40, newer"),
    (lambda clone, path: program(path / "arm-none-eabi-gcc", "#!/bin/sh\necho libc.a\n"), "NUCLEO_L476RG", "has no C library"),
    (lambda clone, path: (path / "riscv32-esp-elf-gcc").unlink(), "ESP32_GENERIC_C3", "ESP-IDF has no riscv32-esp-elf-gcc"),
    (lambda clone, path: (path / "xtensa-esp32-elf-gcc").unlink(), "ESP32_GENERIC", "ESP-IDF has no xtensa-esp32-elf-gcc"),
])
def test_what_is_wrong_is_named(path, clone, change, board, words):
    change(clone, path)
    ((what, hint),) = lacks(board, clone)
    assert words in what and hint


def test_a_tarball_has_no_submodules_to_update(path, clone):
    (clone / ".git").rmdir()
    shutil.rmtree(clone / "lib/stm32lib")
    ((_, hint),) = lacks("NUCLEO_L476RG", clone)
    assert f"{clone} is no git checkout" in hint


def test_an_idf_that_is_none_or_not_installed_or_too_new(path, clone, idf, tmp_path):
    ((what, hint),) = lacks("ESP32_GENERIC", clone, tmp_path / "nowhere")
    assert what == f"{tmp_path}/nowhere is no ESP-IDF: it has no export.sh" and "--idf" in hint
    write(idf, "tools/cmake/version.cmake", IDF_VERSION.format(5))
    ((what, hint),) = lacks("ESP32_GENERIC", clone, idf)
    assert "is ESP-IDF 5.5, which this MicroPython does not build with" in what and "5.2, 5.3, 5.4" in hint
    write(idf, "export.sh", "return 1\n")
    (path / "idf.py").unlink()
    ((what, hint),) = lacks("ESP32_GENERIC", clone, idf)
    assert "is not installed" in what and hint == f"{idf}/install.sh esp32"


# ---- the command ----


@pytest.mark.parametrize(("arguments", "words"), [
    ({"board": "mars"}, "there is no board mars"),
    ({"board": None, "micropython": Path()}, "--micropython and --idf are for a board's firmware"),
    ({"board": "NUCLEO_L476RG", "idf": Path()}, "ESP-IDF is for ESP32 boards, and NUCLEO_L476RG is none"),
    ({"board": "emu-m4f", "idf": Path()}, "emu-m4f is none"),
    ({"board": "ARDUINO_NANO_33_BLE_SENSE"}, "its port is nrf"),
    ({"board": "emu-m4f", "micropython": BOARDS}, "MicroPython's source is not in"),
])
def test_a_request_that_cannot_be_met(path, arguments, words):
    with pytest.raises(ToolError) as caught:
        custom.build(Request(**arguments))
    assert words in str(caught.value) and caught.value.hint


def test_an_emulated_board_is_built_from_whatever_source_is_given(path, clone, tmp_path):
    program(path / "make", (path / "make").read_text().replace("firmware.dfu", "firmware.elf"))
    assert custom.build(Request("emu-m4f", clone)) == {"firmware.elf": tmp_path / "build/emu-m4f/firmware.elf"}
    assert f"BOARD=emu-m4f MICROPYTHON_DIR={clone} " in calls(tmp_path)[1]


def test_the_command_says_what_is_missing(torpor, path, clone):
    shutil.rmtree(clone / "lib/stm32lib")
    result = torpor("build", "--board", "NUCLEO_L476RG", "--micropython", clone)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("error: NUCLEO_L476RG cannot be built: 1 thing is missing.\n  lib/stm32lib: nothing")
    assert result.stderr.splitlines()[-1].startswith("hint:  firmware/README.md")


@pytest.mark.parametrize("more", [["emu-m4f"], ["--natmod", "x64"], ["--out", "a.mpy"]])
def test_a_board_is_built_alone(fails, more):
    assert "nothing beside it" in fails("build", *more, "--board", "NUCLEO_L476RG")[0]


def test_the_command_prints_where_the_files_are(torpor):
    paths = json.loads(torpor("build", "--board", "emu-m4f", "--json").stdout)
    assert list(paths) == ["firmware.elf"] and Path(paths["firmware.elf"]).is_file()
