# SPDX-License-Identifier: MIT
"""Flash and ROMFS: kept in files of the host, flash like NOR flash, ROMFS read where it lies."""

from torpor_host import romfs

SECTOR = 4096


def test_files_survive_a_restart(run):
    run("with open('/kept.txt', 'w') as f: f.write('still here')\nwith open('/kept.bin', 'wb') as f: f.write(bytes(range(256)) * 100)\nprint(1)")
    text, data = run("print((open('/kept.txt').read(), open('/kept.bin', 'rb').read() == bytes(range(256)) * 100))")
    assert (text, data) == ("still here", True)


def test_flash_is_a_file_of_whole_sectors(run, tmp_path):
    blocks, size = run("import emu\nf = emu.Flash()\nprint((f.ioctl(4, 0), f.ioctl(5, 0)))")
    assert size == SECTOR
    assert (tmp_path / "flash.img").stat().st_size == blocks * SECTOR


def test_flash_programs_bits_to_zero_only_and_erases_sectors(run, tmp_path):
    """Like NOR flash: programming is AND, erasing sets one sector to ones. The last sectors are unused."""
    run(
        """
import emu
flash = emu.Flash()
last = flash.ioctl(4, 0) - 1
flash.ioctl(6, last)
flash.ioctl(6, last - 1)
flash.writeblocks(last - 1, bytes([0x55]), 7)
flash.writeblocks(last, bytes([0xF0, 0x0F]), 10)
flash.writeblocks(last, bytes([0xAA, 0xAA]), 10)
seen = bytearray(4)
flash.readblocks(last, seen, 9)
flash.ioctl(6, last - 1)
print(bytes(seen))
"""
    )
    image = (tmp_path / "flash.img").read_bytes()
    assert image[-SECTOR:] == b"\xff" * 10 + b"\xa0\x0a" + b"\xff" * (SECTOR - 12)
    assert image[-2 * SECTOR : -SECTOR] == b"\xff" * SECTOR


def test_flash_refuses_what_lies_outside(run):
    assert run("import emu\nf = emu.Flash()\nn = f.ioctl(4, 0)\nprint((f.writeblocks(n, b'x', 0), f.readblocks(n, bytearray(1), 0), f.ioctl(6, n)))") == (
        -22,
        -22,
        -22,
    )


def test_romfs_of_the_folder_is_mounted_and_not_copied(run, tmp_path):
    content = bytes(range(256)) * 64
    (tmp_path / "romfs.img").write_bytes(romfs.build({"model.bin": content, "lib/answer.py": b"VALUE = 42\n"}))
    names, same, address, start, value, memory = run(
        """
import gc, os, uctypes, vfs
import answer
gc.collect()
free = gc.mem_free()
view = memoryview(open("/rom/model.bin", "rb"))
used = free - gc.mem_free()
print((os.listdir("/rom"), bytes(view[:]) == bytes(range(256)) * 64, uctypes.addressof(view),
    uctypes.addressof(vfs.rom_ioctl(2, 0)), answer.VALUE, used))
"""
    )
    image = (tmp_path / "romfs.img").read_bytes()
    assert set(names) == {"model.bin", "lib"} and same and value == 42
    assert address - start == image.index(content)
    assert memory < 500


def test_romfs_written_by_the_board_persists(run, tmp_path):
    image = romfs.build({"hello.txt": b"written by rom_ioctl"})
    run(f"import vfs\nvfs.rom_ioctl(3, 0, {len(image)})\nvfs.rom_ioctl(4, 0, 0, {image!r})\nprint(vfs.rom_ioctl(5, 0))")
    assert (tmp_path / "romfs.img").read_bytes().startswith(image)
    assert run("print(open('/rom/hello.txt').read().split())") == ["written", "by", "rom_ioctl"]


def test_damaged_romfs_and_flash_do_not_stop_the_board(run, tmp_path):
    (tmp_path / "romfs.img").write_bytes(b"\xd2\xcd\x31\xff\xff\xff\xff\x0f" * 10)
    (tmp_path / "flash.img").write_bytes(bytes(range(256)) * 64)
    assert run("import os\nopen('/x', 'w').write('1')\nprint('x' in os.listdir('/'))") is True
