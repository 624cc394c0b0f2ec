#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes a fresh Debian 12 machine ready for Torpor: packages, `.venv`, MicroPython's source.

Runs before anything is installed, so it uses the standard library only. Each step
is skipped when its result is already there; each one that works shows elapsed time.

    python3 host_tools/bootstrap.py [test]

`test` adds what only tests need: the compiler with a fuzzer, pytest, PyTorch, Keras, ONNX, scikit-learn, MicroPython's types.

MICROPYTHON_DIR=/path uses that checkout and downloads nothing.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
VENV = ROOT / ".venv"

APT_PACKAGES = (
    "build-essential",
    "gcc-arm-none-eabi",
    "libnewlib-arm-none-eabi",
    "pkg-config",
    "python3-venv",
    "qemu-system-arm",
)
TEST_PACKAGES = (
    "clang",
    "gcc-riscv64-unknown-elf",
    "libclang-rt-14-dev",
    "picolibc-riscv64-unknown-elf",
    "qemu-system-misc",
)
EXTRAS = "build,plot"
TEST_EXTRAS = "test,flash,keras,onnx,sklearn,train"
STUBS = "esp32", "stm32"

MICROPYTHON_VERSION = "1.25.0+ds-1"
MICROPYTHON_SUITE = "trixie"
MICROPYTHON_TARBALL = "micropython_1.25.0+ds.orig.tar.xz"
MICROPYTHON_SHA256 = "7b25be99a502f070b2de81dafc08da7051d992325d6e67daa9045a918fffdbea"


class SetupError(Exception):
    """A step that cannot go on: one sentence and a hint."""

    def __init__(self, message, hint):
        super().__init__(message)
        self.hint = hint


class Step:
    """A progress line with elapsed time: live on a terminal, start and end in a log."""

    def __init__(self, name):
        self._name = name
        self._done = threading.Event()
        self._live = sys.stderr.isatty()

    def __enter__(self):
        self._start = time.monotonic()
        if self._live:
            self._thread = threading.Thread(target=self._tick, daemon=True)
            self._thread.start()
        else:
            print(f"[      ] {self._name} ...", file=sys.stderr, flush=True)
        return self

    def _tick(self):
        while not self._done.wait(0.5):
            self._line("...", "\r")

    def _line(self, tail, start=""):
        elapsed = time.monotonic() - self._start
        print(f"{start}[{elapsed:5.0f}s] {self._name} {tail}", end="", file=sys.stderr, flush=True)

    def __exit__(self, kind, _value, _trace):
        self._done.set()
        if self._live:
            self._thread.join()
        self._line("failed\n" if kind else "done\n", "\r" if self._live else "")


def run(command, hint, **kwargs):
    """Runs a command with its output kept in build/bootstrap.log; raises SetupError with `hint`."""
    BUILD.mkdir(exist_ok=True)
    with open(BUILD / "bootstrap.log", "a") as log:
        log.write(f"$ {' '.join(map(str, command))}\n")
        log.flush()
        result = subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, **kwargs)
    if result.returncode:
        raise SetupError(f"`{' '.join(map(str, command))}` failed; see build/bootstrap.log.", hint)


def missing_packages(wanted):
    """Those of `wanted` that dpkg does not list as installed."""
    query = ["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n", *wanted]
    listed = subprocess.run(query, capture_output=True, text=True).stdout
    installed = {line.split()[0] for line in listed.splitlines() if line.endswith(" installed")}
    return [name for name in wanted if name not in installed]


def install_packages(wanted):
    """Installs what is missing, as root or through sudo that asks no password."""
    if shutil.which("dpkg-query") is None:
        return  # not Debian: `torpor doctor` and the builds name what they miss
    missing = missing_packages(wanted)
    if not missing:
        return
    by_hand = f"run: sudo apt-get install --no-install-recommends {' '.join(missing)}"
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if sudo and (shutil.which("sudo") is None or subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode):
        raise SetupError(f"Debian packages are missing: {' '.join(missing)}.", by_hand)
    quiet = [*sudo, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y"]
    with Step(f"apt: {' '.join(missing)}"):
        run([*quiet, "update"], by_hand)
        run([*quiet, "install", "--no-install-recommends", *missing], by_hand)


def make_venv(extras, what):
    """Puts this project (editable) and these extras into .venv; redone when pyproject.toml changes."""
    stamp = VENV / f"{extras.replace(',', '-')}.stamp"
    want = hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == want:
        return
    hint = "delete .venv and try again; PyPI must be reachable"
    with Step(f"python: .venv with {what}"):
        if not (VENV / "bin/python").exists():
            run([sys.executable, "-m", "venv", VENV], "install python3-venv")
        run([VENV / "bin/pip", "install", "-q", "--disable-pip-version-check", "-e", f"{ROOT}[{extras}]"], hint)
    stamp.write_text(want)


def install_stubs():
    """Puts MicroPython's types, each port's into a folder of its own because their modules have the same names, into .venv/stubs."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    for port in STUBS:
        wanted, target = extras[f"stubs-{port}"], VENV / "stubs" / port
        stamp = target.with_suffix(".stamp")
        if stamp.exists() and stamp.read_text() == " ".join(wanted):
            continue
        with Step(f"python: MicroPython's types for {port}"):
            shutil.rmtree(target, ignore_errors=True)
            pip = [VENV / "bin/pip", "install", "-q", "--disable-pip-version-check", "--no-deps"]
            run([*pip, "--target", target, *wanted], "PyPI must be reachable")
        stamp.write_text(" ".join(wanted))


def debian_mirror():
    """The address that this machine's own apt takes Debian from."""
    command = ["apt-get", "indextargets", "--format", "$(ORIGIN)|$(LABEL)|$(REPO_URI)", "Created-By: Packages"]
    for line in subprocess.run(command, capture_output=True, text=True).stdout.splitlines():
        origin, label, uri = line.split("|")
        if (origin, label) == ("Debian", "Debian"):
            return uri
    raise SetupError("apt knows no Debian mirror to take MicroPython's source from.", "set MICROPYTHON_DIR to a checkout")


def download_micropython(folder):
    """Fetches Debian's source tarball into `folder` through a private apt configuration."""
    state = folder / "apt"
    (state / "lists/partial").mkdir(parents=True)
    sources = state / "sources.list"
    keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"
    sources.write_text(f"deb-src [signed-by={keyring}] {debian_mirror()} {MICROPYTHON_SUITE} main\n")
    options = [
        f"-oDir::Etc::sourcelist={sources}",
        "-oDir::Etc::sourceparts=/dev/null",
        f"-oDir::State::lists={state}/lists",
        f"-oDir::Cache={state}",
        "-oAPT::Sandbox::User=",
    ]
    hint = "set MICROPYTHON_DIR to a MicroPython checkout"
    run(["apt-get", "-q", *options, "update"], hint)
    run(["apt-get", "-q", *options, "source", "--download-only", f"micropython={MICROPYTHON_VERSION}"], hint, cwd=folder)
    return folder / MICROPYTHON_TARBALL


def fetch_micropython():
    """Unpacks MicroPython's source to build/micropython, its SHA-256 checked; nothing with MICROPYTHON_DIR."""
    given = os.environ.get("MICROPYTHON_DIR")
    if given:
        if not (Path(given) / "py/mpconfig.h").exists():
            raise SetupError(f"MICROPYTHON_DIR={given} is not a MicroPython source tree.", "point it at a checkout")
        return
    target = BUILD / "micropython"
    if (target / "py/mpconfig.h").exists():
        return
    BUILD.mkdir(exist_ok=True)
    with Step(f"micropython: source {MICROPYTHON_VERSION} from Debian"), tempfile.TemporaryDirectory(dir=BUILD) as temp:
        tarball = download_micropython(Path(temp))
        digest = hashlib.sha256(tarball.read_bytes()).hexdigest()
        if digest != MICROPYTHON_SHA256:
            raise SetupError(f"{MICROPYTHON_TARBALL} has SHA-256 {digest}, not the expected one.", "set MICROPYTHON_DIR to a checkout")
        with tarfile.open(tarball) as archive:
            archive.extractall(Path(temp) / "source")  # trusted: its hash is ours
        (top,) = (Path(temp) / "source").iterdir()
        top.rename(target)


def main():
    try:
        test = "test" in sys.argv[1:]
        install_packages(APT_PACKAGES + (TEST_PACKAGES if test else ()))
        make_venv(EXTRAS, "numpy, tflite-micro, mpremote ...")
        if test:
            make_venv(TEST_EXTRAS, "pytest, PyTorch, Keras, ONNX, scikit-learn")
            install_stubs()
        fetch_micropython()
    except SetupError as error:
        print(f"error: {error}\nhint:  {error.hint}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
