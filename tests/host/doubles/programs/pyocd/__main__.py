# SPDX-License-Identifier: MIT
"""PYOCD_DOUBLE is its folder: probes.json as `pyocd json --probes` prints it; targets, the names that are known; flash.bin, from
0x08000000; idcode, in hex; says, an error; worn, if writing gives zeros."""

import argparse
import os
import sys
from pathlib import Path

FLASH = 0x0800_0000


def arguments():
    parser = argparse.ArgumentParser(allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("json").add_argument("--probes", action="store_true", required=True)
    load, commander = commands.add_parser("load"), commands.add_parser("commander")
    for command in load, commander:
        command.add_argument("--no-wait", action="store_true", required=True)
        command.add_argument("--target", required=True)
    load.add_argument("--erase", choices=["auto", "chip", "sector"])
    load.add_argument("--format", choices=["bin", "hex", "elf"])
    load.add_argument("--base-address", type=lambda text: int(text, 0))
    load.add_argument("file", type=Path)
    commander.add_argument("-c", action="append", dest="lines")
    return parser.parse_args()


def main(folder):
    given = arguments()
    if given.command == "json":
        print((folder / "probes.json").read_text())
        return 0
    if given.target not in (folder / "targets").read_text().split():
        print(f"0000631 C Target type {given.target} not recognized. Use 'pyocd list --targets' to see currently available target types.", file=sys.stderr)
        return 1
    if (folder / "says").exists():
        print((folder / "says").read_text(), file=sys.stderr)
        return 1
    flash = bytearray((folder / "flash.bin").read_bytes())
    if given.command == "load":
        data, at = given.file.read_bytes(), given.base_address - FLASH
        if given.erase == "chip":
            flash[:] = b"\xff" * len(flash)
        flash[at : at + len(data)] = data if not (folder / "worn").exists() else bytes(len(data))
        (folder / "flash.bin").write_bytes(flash)
        return 0
    for line in given.lines:
        if line.startswith("savemem "):
            _, address, length, file = line.split()
            memory, at = (flash, int(address, 0) - FLASH) if address.startswith("0x80") else (bytes.fromhex((folder / "idcode").read_text()), 0)
            assert address in ("0xe0042000", "0x5c001000") or memory is flash
            Path(file).write_bytes(memory[at : at + int(length)])
        else:
            assert line == "reset"
    return 0


sys.exit(main(Path(os.environ["PYOCD_DOUBLE"])))
