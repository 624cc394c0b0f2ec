# SPDX-License-Identifier: MIT
"""Looks at this machine: is everything there that the tools need, and if not, what to do."""

import importlib.metadata
import re
import shutil
import subprocess
import sys
import tomllib

from torpor_host import doctor_usb
from torpor_host.doctor_check import Check
from torpor_host.paths import BUILD, ROOT, micropython

_APT = "sudo apt-get install"
# program, what fails without it, how to get it, needed
_PROGRAMS = (
    ("make", "nothing can be built", f"{_APT} make", True),
    ("cc", "the engine cannot run on this PC", f"{_APT} build-essential", True),
    ("pkg-config", "MicroPython for this PC cannot be built", f"{_APT} pkg-config", True),
    ("arm-none-eabi-gcc", "firmware cannot be built", f"{_APT} gcc-arm-none-eabi libnewlib-arm-none-eabi", True),
    ("qemu-system-arm", "emulated boards cannot start", f"{_APT} qemu-system-arm", True),
    ("riscv64-unknown-elf-gcc", "nothing for RISC-V can be built", f"{_APT} gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf", False),
    ("xtensa-esp32-elf-gcc", "native modules for ESP32, S2 and S3, and emu-esp32, cannot be built",
     "put ESP-IDF's compiler on the PATH: its export.sh does", False),
    ("qemu-system-riscv32", "emu-rv32 cannot start", f"{_APT} qemu-system-misc", False),
    ("qemu-system-xtensa", "emu-esp32 cannot start", f"{_APT} qemu-system-misc", False),
    ("dfu-util", "boards in DFU mode cannot be flashed", f"{_APT} dfu-util", False),
)
_EXTRAS = {"flash": "ESP32 boards, and others at a UART, cannot be flashed", "stlink": "boards cannot be flashed through an ST-LINK",
           "test": "tests cannot run", "train": "training"}


def examine() -> list[Check]:
    """All checks, in the order of use."""
    return [_python(), *(_program(*row) for row in _PROGRAMS), _micropython(), *_packages(), *doctor_usb.examine()]


def missing(checks: list[Check]) -> list[Check]:
    """Those that are needed and absent."""
    return [check for check in checks if check.needed and not check.ok]


def _python():
    version = ".".join(map(str, sys.version_info[:3]))
    fits = sys.version_info >= (3, 11)
    return Check("python", version if fits else "", True, "the host tools cannot run", "install Python 3.11 or newer")


def _program(name, means, hint, needed):
    return Check(name, _version(name), needed, means, hint)


def _version(name) -> str:
    if shutil.which(name) is None:
        return ""
    text = subprocess.run([name, "--version"], capture_output=True, text=True, stdin=subprocess.DEVNULL).stdout
    number = re.search(r"\d+(\.\d+)+", text)
    return number.group() if number else "found"


def micropython_version() -> str:
    """Of the source, "" without one."""
    header = micropython() / "py/mpconfig.h"
    text = header.read_text() if header.exists() else ""
    return ".".join(re.findall(r"#define MICROPY_VERSION_(?:MAJOR|MINOR|MICRO) (\d+)", text))


def _micropython():
    place = "build/micropython" if micropython() == BUILD / "micropython" else "MICROPYTHON_DIR"
    version = micropython_version()
    found = f"{version} in {place}" if version else ""
    return Check("MicroPython source", found, True, "nothing that runs MicroPython can be built",
                 "make demo fetches it, or set MICROPYTHON_DIR to a checkout")


def _packages():
    """One check for each package that pyproject.toml asks for; only the extras `build` and `plot` are needed.

    MicroPython's types, which tests read, are not installed as packages.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for extra, requirements in {"": project["dependencies"], **project["optional-dependencies"]}.items():
        for requirement in requirements if not extra.startswith("stubs-") else ():
            yield _package(requirement, extra)


def _package(requirement, extra):
    name = re.match(r"[\w.-]+", requirement).group()
    try:
        found = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        found = ""
    pinned = re.search(r"==(.+)", requirement)
    if found and pinned and found.split("+")[0] != pinned.group(1):
        found = ""
    needed = extra in ("", "build", "plot")
    means = "the host tools, or a build, cannot run" if needed else f"{_EXTRAS.get(extra, 'a kind of networks to convert')}; all else works"
    return Check(name, found, needed, means, f".venv/bin/pip install '{requirement}'")
