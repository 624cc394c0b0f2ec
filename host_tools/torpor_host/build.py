# SPDX-License-Identifier: MIT
"""Builds what the tools run: compiler of MicroPython, firmware, native modules, unix ports, host library.

A part is built when the digest of its inputs differs from the one in its stamp, so that asking
twice costs nothing. The output of make is kept in build/<part>.log.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

from torpor_host import files, mpy, native, upstream
from torpor_host.boards import BoardProfile, emulated_names, load_board
from torpor_host.errors import ToolError
from torpor_host.paths import BOARDS, BUILD, FIRMWARE, LIB, ROOT, micropython
from torpor_host.progress import SILENT, Silent

_JOBS = "-j2"
_NEEDS_CROSS = ("mpy-cross",)
_LOG_LINES = 12  # of a failed build, shown in its error

# program -> the Debian packages that bring it, or where else it comes from
_PACKAGES = {
    "make": "make",
    "cc": "build-essential",
    "arm-none-eabi-gcc": "gcc-arm-none-eabi libnewlib-arm-none-eabi",
    "riscv64-unknown-elf-gcc": "gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf",
    "pkg-config": "pkg-config",
    "cmake": "cmake",
    "ninja": "ninja-build",
}
_ELSEWHERE = {
    "idf.py": "install ESP-IDF and name its folder with --idf",
    "xtensa-lx106-elf-gcc": "put the compiler of the ESP8266's esp-open-sdk on the PATH",
    "xtensa-esp32-elf-gcc": "put ESP-IDF's compiler on the PATH: its export.sh does",
}
# architecture of native modules, as MicroPython names it -> its compiler
COMPILERS = {
    "x64": "cc",
    **dict.fromkeys(("armv6m", "armv7m", "armv7emsp", "armv7emdp"), "arm-none-eabi-gcc"),
    "rv32imc": "riscv64-unknown-elf-gcc",
    "xtensa": "xtensa-lx106-elf-gcc",
    "xtensawin": "xtensa-esp32-elf-gcc",
}
_UNIX_OPTIONS = [
    "VARIANT=standard",
    *(f"MICROPY_{name}=0" for name in ("PY_BTREE", "PY_SSL", "SSL_AXTLS", "SSL_MBEDTLS", "PY_FFI")),
]


@dataclass(frozen=True)
class Part:
    """One thing to build.

    title: what a person reads. make: folder and arguments of make. output: the file that it leaves.
    tools: programs it needs. inputs: our folders and files whose content decides whether to build again.
    env: the environment of make, if it is not this process's.
    """

    title: str
    make: tuple[str, ...]
    output: Path
    tools: tuple[str, ...] = ("make", "cc")
    inputs: tuple[Path, ...] = ()
    after: tuple[str, ...] = field(default=())
    env: dict[str, str] | None = field(default=None, repr=False)


def parts() -> dict[str, Part]:
    """Every part by name, except `host`, which the library builds itself."""
    found = {"mpy-cross": mpy_cross(), "unix": _unix(), "unix-torpor": _unix_torpor(), "natmod-x64": natmod("x64")}
    for board in map(load_board, emulated_names()):
        found[f"natmod-{board.natmod}"] = natmod(board.natmod)
        found[board.name] = _firmware(board)
    return found | _stock() | _upstream()


def names() -> list[str]:
    """What `build` accepts, in the order of building; "natmod" stands for all native modules."""
    return ["host", *parts(), "natmod"]


def build(what: list[str] | None = None, progress: Silent = SILENT, force: bool = False) -> dict[str, Path]:
    """Builds the named parts and what they need; without names all that there are compilers for. Returns name to output.

    Raises ToolError: unknown name, missing compiler or source, failed build.
    """
    known = parts()
    outputs: dict[str, Path] = {}
    for name in _expand(what, known, progress):
        if name == "host":
            with progress.step("build host library"):
                outputs[name] = native.build(BUILD / "host")
        else:
            _build_with_needs(name, known, outputs, progress, force)
    return outputs


def missing_tools(part: Part) -> list[str]:
    return [tool for tool in part.tools if shutil.which(tool) is None]


def hint(tool: str) -> str:
    """How a missing tool is got."""
    return _ELSEWHERE.get(tool) or f"sudo apt-get install {_PACKAGES[tool]}"


def _expand(what, known, progress):
    for name in what or ["host", *_possible(known, progress)]:
        if name == "natmod":
            yield from _possible([key for key in known if key.startswith("natmod-")], progress)
        elif name == "host" or name in known:
            yield name
        else:
            raise ToolError(f"There is nothing called {name} to build.", f"choose from {', '.join(names())}")


def _possible(names, progress):
    """Without those whose compiler is in no package and missing: what nobody named is not asked of everybody."""
    for name in names:
        lacking = [tool for tool in missing_tools(parts()[name]) if tool in _ELSEWHERE]
        if lacking:
            progress.note(f"{name} is left out: {lacking[0]} is missing ({hint(lacking[0])})")
        else:
            yield name


def _build_with_needs(name, known, outputs, progress, force):
    if name in outputs:
        return
    for need in known[name].after:
        _build_with_needs(need, known, outputs, progress, force)
    outputs[name] = build_part(name, known[name], progress, force)


def build_part(name: str, part: Part, progress: Silent = SILENT, force: bool = False) -> Path:
    """Builds one part, without those that it comes after, unless it is up to date; returns its output."""
    if not (micropython() / "py/mpconfig.h").exists():
        raise ToolError(f"MicroPython's source is not in {micropython()}.", "run `make demo` once, or set MICROPYTHON_DIR")
    BUILD.mkdir(parents=True, exist_ok=True)
    with files.locked(BUILD / f"{name}.lock"):
        stamp = BUILD / f"{name}.stamp"
        want = _digest(part)
        if not force and part.output.exists() and stamp.exists() and stamp.read_text() == want:
            return part.output
        _check_tools(part)
        stamp.unlink(missing_ok=True)
        _clean_after_change(BUILD / f"{name}.command", part)
        with progress.step(f"build {part.title}"):
            _make(name, part)
            for module in part.output.parent.glob("*.mpy"):
                mpy.check(module)
        stamp.write_text(want)
    return part.output


def _clean_after_change(memo, part):
    """make sees changed files, but not changed options or another MicroPython: then it begins anew."""
    if not memo.exists() or memo.read_text() != repr(part.make):
        shutil.rmtree(part.output.parent, ignore_errors=True)
        memo.write_text(repr(part.make))


def _check_tools(part):
    for tool in missing_tools(part):
        raise ToolError(f"{tool} is missing, which builds {part.title}.", hint(tool))


def _make(name, part):
    log = BUILD / f"{name}.log"
    command = ["make", _JOBS, "-C", *part.make]
    with open(log, "w") as out:
        result = subprocess.run(command, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env=part.env or _environment())
    if result.returncode or not part.output.exists():
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-_LOG_LINES:])
        raise ToolError(f"The build of {part.title} failed:\n{tail}", f"all of it is in {log}")


def _environment():
    """pyelftools and ar, which MicroPython's build calls through `python3`, are beside this one.

    The ceiling keeps it from taking our commit for MicroPython's version.
    """
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    return {**os.environ, "PATH": path, "GIT_CEILING_DIRECTORIES": str(ROOT)}


def _digest(part) -> str:
    """Of the command, the content of our inputs, and the dates of MicroPython's sources."""
    digest = hashlib.sha256(repr(part).encode())
    for path in _files(part.inputs):
        digest.update(str(path).encode() + path.read_bytes())
    for path in _files((micropython() / "py", micropython() / "extmod", micropython() / "shared")):
        digest.update(f"{path} {path.stat().st_mtime_ns}".encode())
    return digest.hexdigest()


def _files(inputs):
    """The files themselves and those in folders, in a fixed order."""
    for path in inputs:
        below = sorted(path.rglob("*")) if path.is_dir() else [path]
        yield from (p for p in below if p.is_file() and p.suffix != ".md" and "__pycache__" not in p.parts)


def module_sources():
    """What every build of tflm and dsp reads."""
    folders = (FIRMWARE / name for name in ("engine", "dsp", "modtflm"))
    return (*folders, FIRMWARE / "micropython.mk", *sorted(FIRMWARE.glob("*.[ch]")))


def _cross():
    return f"MICROPY_MPYCROSS={BUILD / 'mpy-cross/mpy-cross'}"


def mpy_cross(folder: str = "mpy-cross") -> Part:
    """MicroPython's compiler; one of another version goes to a folder of its own."""
    output = BUILD / folder / "mpy-cross"
    return Part("mpy-cross", (f"{micropython()}/mpy-cross", f"BUILD={output.parent}"), output)


def _unix_port(folder, title, options, inputs=()):
    output = BUILD / folder / "micropython"
    make = (f"{micropython()}/ports/unix", f"BUILD={output.parent}", _cross(), *_UNIX_OPTIONS, *options)
    return Part(title, make, output, ("make", "cc", "pkg-config"), inputs, _NEEDS_CROSS)


def _unix():
    return _unix_port("unix", "MicroPython for this PC", ("FROZEN_MANIFEST=",))


def _unix_torpor(folder="unix-torpor", title="MicroPython with tflm and dsp for this PC", engine=()):
    # Nothing of micropython-lib is frozen, but make looks for its README.md.
    manifest = f"FROZEN_MANIFEST={LIB / 'manifest.py'}", f"MPY_LIB_DIR={micropython()}"
    option, sources = ulab()
    return _unix_port(folder, title, (f"USER_C_MODULES={ROOT}", *manifest, *option, *engine), (*module_sources(), LIB, *sources))


def ulab() -> tuple[tuple[str, ...], tuple[Path, ...]]:
    """The option of make that adds ulab, and its sources, where ULAB_DIR names a checkout of it; else nothing."""
    folder = os.environ.get("ULAB_DIR")
    if not folder:
        return (), ()
    code = Path(folder).resolve() / "code"
    if not (code / "micropython.mk").is_file():
        raise ToolError(f"ULAB_DIR={folder} is no checkout of micropython-ulab.", "give the folder that has code/micropython.mk in it")
    return (f"ULAB_DIR={code.parent}",), (code,)


def natmod(arch: str, folder: str = "", options: tuple[str, ...] = ()) -> Part:
    """The native modules for an architecture, with further options of make in a folder of their own."""
    output = BUILD / f"natmod/{folder or arch}/tflm.mpy"
    place = f"ARCH={arch}", f"BUILD={output.parent}", f"MICROPYTHON_DIR={micropython()}"
    inputs = (*module_sources(), FIRMWARE / "natmod")
    make = (str(FIRMWARE / "natmod"), *place, *options)
    return Part(f"native modules for {arch}", make, output, ("make", COMPILERS[arch]), inputs)


def _stock():
    """MicroPython's own port for emulated boards, as it is: what native modules meet on other people's firmware."""
    # With its default, rv32imac_zicsr, Debian's compiler links the libgcc of 64 bits.
    rv32 = "RV32_ARCH=rv32imac -misa-spec=2.2"
    return {
        "stock-m3": _qemu_port("stock-m3", "MPS2_AN385", "arm-none-eabi-gcc"),
        "stock-rv32": _qemu_port("stock-rv32", "VIRT_RV32", "riscv64-unknown-elf-gcc", rv32),
    }


def _qemu_port(folder, board, compiler, *options):
    output = BUILD / folder / "firmware.elf"
    make = (f"{micropython()}/ports/qemu", f"BOARD={board}", f"BUILD={output.parent}", "FROZEN_MANIFEST=", _cross())
    return Part(f"stock MicroPython for {board}", (*make, *options), output, ("make", compiler), (), _NEEDS_CROSS)


def _firmware(board: BoardProfile, folder="", title="", engine=()):
    output = BUILD / (folder or board.name) / board.firmware.name
    option, sources = ulab()
    source = f"BOARD={board.name}", f"MICROPYTHON_DIR={micropython()}", *option
    make = (str(FIRMWARE / "emulated"), f"BUILD={output.parent}", *source, _cross(), *engine)
    inputs = (*module_sources(), FIRMWARE / "emulated", LIB, board.folder, *sources)
    tools = "make", COMPILERS[board.natmod]
    return Part(title or f"firmware for {board.name}", make, output, tools, inputs, _NEEDS_CROSS)


def _upstream():
    """The same with upstream TFLM as the engine, for every machine that TFLM_LIB has a library for, but one with a real chip's flash."""
    found, pc = {}, upstream.for_pc()
    if pc:
        found["unix-tflm"] = _with_upstream(_unix_torpor("unix-tflm", "MicroPython with upstream TFLM for this PC", pc))
    for board in map(load_board, emulated_names()):
        engine = upstream.for_core(board.core)
        if engine and not board.flash:
            name = f"{board.name}-tflm"
            found[name] = _with_upstream(_firmware(board, name, f"firmware with upstream TFLM for {board.name}", engine))
    return found


def _with_upstream(part):
    library = Path(part.make[-1].partition("=")[2])
    return replace(part, inputs=(*part.inputs, FIRMWARE / "engine_tflm", library))
