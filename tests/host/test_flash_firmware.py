# SPDX-License-Identifier: MIT
"""What a firmware file is, and which board it is for; nothing is written."""

import pytest
from flashing import FLASH, dfu, esp_image, intel_hex, stm32_image
from torpor_host.boards import load_board
from torpor_host.errors import ToolError
from torpor_host.flash.firmware import read

F405, L476, ESP32 = "PYBV11", "NUCLEO_L476RG", "ESP32_GENERIC"
SECOND = FLASH + 0x2_0000


@pytest.fixture
def firmware(tmp_path):
    def write(data, name="firmware.bin"):
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return write


def wrong(path, board):
    """The sentence that it is refused with, after its name."""
    with pytest.raises(ToolError) as caught:
        read(path, load_board(board))
    assert caught.value.hint
    return str(caught.value).removeprefix(str(path) + " ")


def test_the_same_parts_from_dfu_and_hex(firmware):
    first, second = stm32_image(777), stm32_image(1111)
    parts = (FLASH, first), (SECOND, second)
    for data in dfu(*parts), intel_hex(*parts), intel_hex(*reversed(parts)).replace(b"\n", b"\r\n"):
        assert read(firmware(data), load_board(F405)).parts == parts


def test_neighbours_become_one_part(firmware):
    data = stm32_image(777)
    path = firmware(dfu((FLASH, data[:400]), (FLASH + 400, data[400:]), (SECOND, data)))
    assert read(path, load_board(F405)).parts == ((FLASH, data), (SECOND, data))


def test_a_bin_lies_at_the_beginning_of_flash(firmware):
    data = stm32_image(777, 0x2001_8000)
    assert read(firmware(data), load_board(L476)).parts == ((FLASH, data),)


@pytest.mark.parametrize("board, offset", [(ESP32, 0x1000), ("ESP32_GENERIC_C3", 0)])
def test_an_esps_image_lies_where_the_profile_says(firmware, board, offset):
    data = esp_image(load_board(board).chip_id)
    assert read(firmware(data), load_board(board)).parts == ((offset, data),)


@pytest.mark.parametrize("data, what", [
    (b"", "is empty."), (b"\x7fELF" + bytes(100), "is an ELF file."), (b"UF2\n" + bytes(508), "is a UF2 file."),
    (b"PK\x03\x04" + bytes(100), "is a zip archive."), (b"M\x06\x03\x1f" + bytes(100), "is a native module."),
    (b"print('hello')\n" * 20, "is no firmware that is known."), (b"\xff" * 5000, "is no firmware that is known."),
    (bytes(5000), "is no firmware that is known."), (b"\xe9", "is no firmware that is known."),
    (b"\x1c\0\0\0TFL3" + bytes(100), "is a model."),
    (stm32_image(500, reset=FLASH + 0x200), "is no firmware that is known."),  # a Thumb address is odd
    (stm32_image(500, stack=0x3000_0000), "is no firmware that is known."),
])
@pytest.mark.parametrize("board", [ESP32, L476])
def test_a_file_that_is_no_firmware(firmware, data, what, board):
    assert wrong(firmware(data), board) == what


def test_a_file_that_cannot_be_read(tmp_path):
    assert wrong(tmp_path / "none.bin", L476) == "cannot be read: No such file or directory."
    assert wrong(tmp_path, L476) == "cannot be read: Is a directory."


def test_another_esps_image(firmware):
    assert wrong(firmware(esp_image(9)), ESP32) == "is for an ESP32-S3, and ESP32_GENERIC has an ESP32."
    assert wrong(firmware(esp_image(99)), ESP32) == "is for another chip, of the number 99, and ESP32_GENERIC has an ESP32."


def test_the_other_family(firmware):
    assert wrong(firmware(esp_image(0)), L476) == "is an ESP32's image, and NUCLEO_L476RG has an STM32L476RG."
    assert wrong(firmware(stm32_image()), ESP32) == "is no image for an ESP32."
    assert wrong(firmware(dfu((FLASH, stm32_image()))), ESP32) == "is no image for an ESP32."


def test_an_application_without_its_boot_loader(firmware):
    assert wrong(firmware(esp_image(0, first=0xABCD_5432)), ESP32) == "is an application without a boot loader."


def test_another_stm32_by_its_banner(firmware):
    path = firmware(stm32_image(says=b"PYBv1.1 with STM32F405RG", stack=0x2000_8000))
    assert wrong(path, L476) == "is for an STM32F405, and NUCLEO_L476RG has an STM32L476RG."
    read(firmware(stm32_image(says=b"NUCLEO-L476RG with STM32L476RG", stack=0x2000_8000)), load_board(L476))


def test_another_stm32_by_its_stack(firmware):
    """An STM32F446's 128 KiB of RAM end at 0x20020000."""
    good, wide = (dfu((FLASH, stm32_image(stack=end)), (SECOND, stm32_image())) for end in (0x2002_0000, 0x2003_0000))
    read(firmware(good), load_board("NUCLEO_F446RE"))
    assert wrong(firmware(wide), "NUCLEO_F446RE") == "has its stack up to 0x20030000, and NUCLEO_F446RE has 131,072 bytes of RAM."


def test_one_that_starts_outside_of_the_flash(firmware):
    path = firmware(stm32_image(stack=0x2000_8000, reset=FLASH + 0x14_0001))
    assert wrong(path, L476) == "starts at 0x8140001, outside of NUCLEO_L476RG's flash."


def test_no_vector_table_at_the_beginning(firmware):
    path = firmware(dfu((FLASH + 0x8000, stm32_image(stack=0x2000_8000))))
    assert wrong(path, L476) == "has no vector table at 0x8000000: nothing would start."


def test_a_bin_for_a_board_whose_firmware_is_in_two_places(firmware):
    assert wrong(firmware(stm32_image()), F405) == "is a .bin, which is in one place; PYBV11's firmware lies in 2."


def test_one_that_is_too_large(firmware):
    assert wrong(firmware(esp_image(0, 4 << 20)), ESP32) == "ends at 4,198,436 bytes of flash, and ESP32_GENERIC has 4,194,304."
    path = firmware(stm32_image(0x10_0000, stack=0x2000_8000))
    assert wrong(path, L476) == "fills 0x8000000 to 0x8100009, and NUCLEO_L476RG has 1,048,576 bytes from 0x8000000."
    outside = firmware(dfu((FLASH, stm32_image()), (0x1FFF_0000, b"option bytes")))
    assert "and PYBV11 has 1,048,576 bytes from 0x8000000" in wrong(outside, F405)


@pytest.mark.parametrize("make", [dfu, intel_hex])
def test_a_file_cut_off_anywhere(firmware, make):
    whole = make((FLASH, stm32_image(100)), (SECOND, stm32_image(100)))
    for length in range(5, len(whole)):
        assert wrong(firmware(whole[:length]), F405).startswith("is damaged: ")


@pytest.mark.parametrize("make", [dfu, intel_hex])
def test_a_file_with_one_altered_byte(firmware, make):
    whole = make((FLASH, stm32_image(60)), (SECOND, stm32_image(60)))
    for i in range(len(whole)):
        altered = bytearray(whole)
        altered[i] ^= 0x01
        if whole[i] != ord("\n"):
            assert wrong(firmware(altered), F405)


def test_parts_that_overlap(firmware):
    assert wrong(firmware(dfu((FLASH, stm32_image()), (FLASH + 4, stm32_image()))), F405) == "is damaged: two parts overlap at 0x8000004."
