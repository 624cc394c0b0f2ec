# SPDX-License-Identifier: MIT
"""Looks at this machine: is everything there that the tools need, and if not, what to do."""

import importlib.metadata
import re
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass

from torpor_host.paths import BUILD, ROOT, micropython


@dataclass(frozen=True)
class Check:
    """One thing looked for. found: its version or place, "" if it is missing. means: what fails without it."""

    name: str
    found: str
    needed: bool
    means: str
    hint: str

    @property
    def ok(self) -> bool:
        return bool(self.found)


# program, arguments that make it say its version, what fails without it, Debian packages, needed
_PROGRAMS = (
    ("make", "--version", "nothing can be built", "make", True),
    ("cc", "--version", "the engine cannot run on this PC", "build-essential", True),
    ("pkg-config", "--version", "MicroPython for this PC cannot be built", "pkg-config", True),
    ("arm-none-eabi-gcc", "--version", "firmware cannot be built", "gcc-arm-none-eabi libnewlib-arm-none-eabi", True),
    ("qemu-system-arm", "--version", "emulated boards cannot start", "qemu-system-arm", True),
)


def examine() -> list[Check]:
    """All checks, in the order of use."""
    return [_python(), *(_program(*row) for row in _PROGRAMS), _micropython(), *_packages()]


def missing(checks: list[Check]) -> list[Check]:
    """Those that are needed and absent."""
    return [check for check in checks if check.needed and not check.ok]


def _python():
    version = ".".join(map(str, sys.version_info[:3]))
    fits = sys.version_info >= (3, 11)
    return Check("python", version if fits else "", True, "the host tools cannot run", "install Python 3.11 or newer")


def _program(name, argument, means, packages, needed):
    return Check(name, _version(name, argument), needed, means, f"sudo apt-get install {packages}")


def _version(name, argument) -> str:
    if shutil.which(name) is None:
        return ""
    text = subprocess.run([name, argument], capture_output=True, text=True, stdin=subprocess.DEVNULL).stdout
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
    """One check for each package that pyproject.toml asks for; extras for tests, training and converting are not needed."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    for needed, requirements in ((True, project["dependencies"]), *((key in ("build", "plot"), extras[key]) for key in extras)):
        for requirement in requirements:
            yield _package(requirement, needed)


def _package(requirement, needed):
    name = re.match(r"[\w.-]+", requirement).group()
    try:
        found = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        found = ""
    pinned = re.search(r"==(.+)", requirement)
    if found and pinned and found != pinned.group(1):
        found = ""
    means = "the host tools, or a build, cannot run" if needed else "tests, training or a kind of networks to convert; all else works"
    return Check(name, found, needed, means, f".venv/bin/pip install '{requirement}'")
