# SPDX-License-Identifier: MIT
"""ROMFS images: MicroPython reads what we write, we read what mpremote writes, damage is an error."""

import json
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpremote.romfs import VfsRomWriter
from torpor_host import build, romfs
from torpor_host.errors import ToolError

FILES = {"models/kws.tflite": bytes(range(256)) * 200, "app.py": b"print(1)\n", "a/b/c.bin": b"", "odd": b"x"}

READER = """
import json, os, sys, vfs
vfs.mount(vfs.VfsRom(open(sys.argv[1], "rb").read()), "/rom")
def walk(path):
    for name, kind, *_ in os.ilistdir(path):
        if kind == 0x4000:
            yield from walk(path + "/" + name)
        else:
            yield path + "/" + name
print(json.dumps({p[5:]: open(p, "rb").read().hex() for p in walk("/rom")}))
"""


def test_micropython_reads_the_same_files(tmp_path):
    micropython = build.build(["unix"])["unix"]
    (tmp_path / "rom.img").write_bytes(romfs.build(FILES))
    (tmp_path / "reader.py").write_text(READER)
    result = subprocess.run([micropython, "reader.py", "rom.img"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert {path: bytes.fromhex(text) for path, text in json.loads(result.stdout).items()} == FILES


def test_every_file_starts_at_a_multiple_of_16():
    image = romfs.build(FILES)
    for content in (FILES["models/kws.tflite"], FILES["app.py"]):
        assert image.index(content) % romfs.ALIGN == 0


@settings(deadline=None, max_examples=50)
@given(st.dictionaries(st.text("abc", min_size=1, max_size=200), st.binary(max_size=300), max_size=8))
def test_any_files_come_back_from_an_even_image(files):
    image = romfs.build(files)
    assert romfs.read(image) == files and len(image) % 2 == 0


def test_reads_an_image_that_mpremote_built():
    writer = VfsRomWriter()
    writer.mkfile("one.py", b"1")
    writer.opendir("lib")
    writer.mkfile("two.py", b"22")
    writer.closedir()
    assert romfs.read(bytes(writer.finalise())) == {"one.py": b"1", "lib/two.py": b"22"}


def test_bytes_behind_the_image_are_not_read():
    assert romfs.read(romfs.build(FILES) + b"\xff" * 1000) == FILES


def test_a_truncated_image_is_an_error_at_every_length():
    image = romfs.build({"a": b"1234", "d/e": b"5"})
    for length in range(len(image)):
        with pytest.raises(ToolError):
            romfs.read(image[:length])


def test_altered_bytes_are_an_error_or_other_files_never_a_crash():
    image = romfs.build({"a": b"1234", "d/e": b"5"})
    for at in range(len(image)):
        for value in (0, 1, 0x7F, 0x80, 0xFF):
            try:
                romfs.read(image[:at] + bytes([value]) + image[at + 1 :])
            except ToolError:
                pass
