# SPDX-License-Identifier: MIT
"""Stands in for dfu-util 0.11 with boards in DFU mode; prints what the real one prints. DFU_DOUBLE is its folder:

boards: what is listed. flash.bin: flash from 0x08000000. calls: a line for each call. fail: what writing ends with. worn: writing
gives zeros.
"""

import os
import sys
from pathlib import Path

FLASH = 0x0800_0000


def option(name):
    return sys.argv[sys.argv.index(name) + 1] if name in sys.argv else ""


def main(folder):
    with open(folder / "calls", "a") as calls:
        print(*sys.argv[1:], file=calls)
    print("dfu-util 0.11\n")
    boards = (folder / "boards").read_text()
    if "-l" in sys.argv:
        print(boards)
        return 0
    if not boards:
        print("No DFU capable USB device available", file=sys.stderr)
        return 74
    assert option("-d") == "0483:df11" and option("-a") == "0"
    address, *modifiers = option("-s").split(":")
    at = int(address, 16) - FLASH
    flash = bytearray((folder / "flash.bin").read_bytes())
    if "-U" in sys.argv:
        with open(option("-U"), "xb") as out:
            out.write(flash[at : at + int(modifiers[0])])
        return 0
    if "mass-erase" in modifiers:
        assert "force" in modifiers, "The mass erase command can only be used with force"
        flash[:] = b"\xff" * len(flash)
    data = Path(option("-D")).read_bytes()
    if (folder / "worn").exists():
        data = bytes(len(data))
    fail = folder / "fail"
    flash[at : at + len(data)] = data[: len(data) // 2] if fail.exists() else data
    (folder / "flash.bin").write_bytes(flash)
    if fail.exists():
        print(fail.read_text(), file=sys.stderr)
        return 74
    print("File downloaded successfully")
    return 0


sys.exit(main(Path(os.environ["DFU_DOUBLE"])))
