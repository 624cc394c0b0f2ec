# SPDX-License-Identifier: MIT
"""What can be read in an ESP32's executable memory: native modules written by hand here, and linked ones."""

import struct

import pytest
from torpor_host import mpy, natmod
from torpor_host.errors import ToolError

ENTRY, RETURN = b"\x36\x41\x00", b"\x1d\xf0"  # entry a1, 32; retw.n (Xtensa Instruction Set Architecture)
XTENSAWIN = 10  # MicroPython's number of it
TABLE, DATA, FUNCTION = 12, 20, 24  # where the text below has them


def number(value):
    """As MicroPython writes whole numbers: seven bits a byte, the upper first."""
    return bytes([value >> 7 | 0x80, value & 0x7F]) if value > 0x7F else bytes([value])


def module(pointer, where="text", arch=XTENSAWIN):
    """A .mpy: a jump, two words to load, a table of bytes, a function. The second word of text or of the read-only data points into the text."""
    text = b"\x06\x00\x00\x00" + struct.pack("<II", 1234, pointer if where == "text" else 0)
    text += bytes(range(8)) + bytes(4) + ENTRY + RETURN
    rodata = struct.pack("<II", 99, pointer if where == "rodata" else 0)
    names = number(2) + number(0) + number(len("t.mpy") << 1) + b"t.mpy\0" + number(3 << 1 | 1)
    flags = number(0x10 | 0x20 | 0x40)
    place = 2 << 1 if where == "text" else 1 << 1 | 1
    relocations = bytes([0b0001]) + number(place) + b"\xff"  # to the text, at a new place
    header = bytes([ord("M"), 6, arch << 2 | 3, 31])
    return header + names + number(len(text) << 3 | 2) + text + flags + number(len(rodata)) + number(400) + rodata + relocations


def checked(path, data):
    path.write_bytes(data)
    mpy.check(path)


@pytest.mark.parametrize("where", ["text", "rodata"])
def test_a_pointer_to_a_function_is_what_there_may_be(tmp_path, where):
    read = mpy.read(module(FUNCTION, where))
    assert read.arch == "xtensawin" and read.text[TABLE:DATA] == bytes(range(8)) and len(read.rodata) == 8
    assert read.relocations == (mpy.Relocation(where, 8 if where == "text" else 4, True, FUNCTION),)
    checked(tmp_path / "t.mpy", module(FUNCTION, where))


@pytest.mark.parametrize("where", ["text", "rodata"])
@pytest.mark.parametrize("pointer", [TABLE, DATA, FUNCTION + 1, FUNCTION + 3, 1 << 20])
def test_a_table_among_the_code_is_refused(tmp_path, where, pointer):
    with pytest.raises(ToolError, match=f"t.mpy has data at byte {pointer} of its code"):
        checked(tmp_path / "t.mpy", module(pointer, where))


def test_elsewhere_tables_lie_among_the_code(tmp_path):
    checked(tmp_path / "t.mpy", module(TABLE, arch=7))


def test_a_file_that_is_cut_off_anywhere_or_has_too_much(tmp_path):
    data = module(FUNCTION)
    for broken in (*(data[:n] for n in range(len(data))), data + b"\0", b"N" + data[1:], b"M\x05" + data[2:]):
        with pytest.raises(ToolError, match="not a native module"):
            checked(tmp_path / "t.mpy", broken)


def test_a_module_of_this_pc_is_read_to_its_end():
    read = mpy.read(natmod.build("x64").read_bytes())
    assert read.arch == "x64" and not read.rodata
    assert b"CONV_2D\0" in read.text  # names and tables are among the code
    assert any(r.to_text for r in read.relocations) and not all(r.to_text for r in read.relocations)


@pytest.fixture
def esp32():
    if reason := natmod.unusable("xtensawin"):
        pytest.skip(reason)


def test_no_table_of_a_linked_module_is_in_an_esp32s_code(esp32):
    for path in natmod.build("xtensawin").parent.glob("*.mpy"):
        read = mpy.read(path.read_bytes())
        assert not mpy.data_in_text(read) and sum(r.to_text for r in read.relocations) > 5
    tflm = mpy.read(natmod.build("xtensawin").read_bytes())
    assert b"CONV_2D\0" in tflm.rodata and b"CONV_2D\0" not in tflm.text


def test_a_linked_module_with_a_table_in_its_code_is_refused(esp32):
    with pytest.raises(ToolError, match="tflm.mpy has data at byte"):
        natmod.build("xtensawin", natmod.Parts(tuple(natmod.operators())), level="-Os -fjump-tables")
