# SPDX-License-Identifier: MIT
"""What an application needs of Torpor on stock firmware: modules of lib/ as bytecode, the native module dsp, asyncio, the board's pins.

What the firmware has, in C or frozen, is left out.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from torpor_host import attached, boards, bytecode, device, natmod, room
from torpor_host.check import memory
from torpor_host.device import Device
from torpor_host.errors import ToolError
from torpor_host.link import Link
from torpor_host.paths import LIB, micropython
from torpor_host.progress import SILENT, Silent

_OURS = "torpor", "dsp", "tflm", "board", "asyncio"
_UNDER_ASYNCIO = "select", "time"  # what it imports that is no file
_ASYNCIO = "__init__", "core", "event", "funcs", "lock", "stream", "task"
_HELP = "a board with more RAM, or firmware with Torpor in it, which keeps all this in flash"


def imported(source: str, name: str) -> set[str]:
    """Modules that a program imports, and those that these import, as far as they are in lib/: "torpor.wake", "dsp".

    Raises ToolError if it is no Python.
    """
    try:
        todo = set(_imports(ast.parse(source), ""))
    except (SyntaxError, ValueError) as error:
        where = f"line {error.lineno}: " if getattr(error, "lineno", None) else ""
        raise ToolError(f"{name} is no Python: {where}{getattr(error, 'msg', error)}.", "correct it, and push it again") from None
    found = set()
    while todo:
        module = todo.pop()
        found.add(module)
        if path := _source(module):
            package = module if path.stem == "__init__" else module.rpartition(".")[0]
            todo |= {*_imports(ast.parse(path.read_text()), package), *_siblings(module, path)} - found
    return {module for module in found if _source(module) or "." not in module}


def _imports(tree: ast.Module, package: str) -> Iterator[str]:
    """All that may be a module; `package` is where the source is in."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            module = ".".join(filter(None, [*base, node.module]))
            names = [module, *(f"{module}.{alias.name}" for alias in node.names)]
        else:
            continue
        for parts in (name.split(".") for name in names):
            yield from (".".join(parts[:count]) for count in range(1, len(parts) + 1))


def _source(module) -> Path | None:
    """The file in lib/ that a module is."""
    path = LIB / module.replace(".", "/")
    return next((file for file in (path / "__init__.py", path.with_suffix(".py")) if module and file.is_file()), None)


def _siblings(module, path) -> Iterator[str]:
    """A package below torpor is whole, because its modules are imported by names that only the program knows."""
    if path.stem == "__init__" and "." in module:
        yield from (f"{module}.{file.stem}" for file in path.parent.glob("*.py") if file != path)


def files_for(link: Link, found: Device, needs: set[str], name: str, board: str | None = None,
              progress: Silent = SILENT) -> dict[str, bytes]:
    """Files that have to be on the board before an application with these imports runs, in the order of writing.

    board: whose board.py it gets; by default the board's that the firmware says it is for, or its USB id.
    Raises ToolError: no asyncio to be had, no native code, not enough RAM.
    """
    wanted = {module for module in needs if module.split(".")[0] in _OURS}
    if not wanted:
        return {}
    there = device.has(link, {*(module.split(".")[0] for module in wanted), *_UNDER_ASYNCIO})
    missing = {module for module in wanted if module.split(".")[0] not in there}
    link.enter_raw(reset=True)  # forgets what was imported
    if "tflm" in missing and not _size(link, f"{found.home}/lib/tflm.mpy"):
        progress.note("The native module tflm comes with the model: push that, too.")
    files = {**_asyncio(link, found, missing, there, name), **_package(link, found, missing), **_dsp(link, found, missing, progress)}
    _check_memory(link, found, files, name)
    for source in _sources_beside(link, files):
        progress.note(f"{source} on the board hides what is pushed beside it: delete it, unless you want it.")
    return {**files, **_pins(link, found, missing, board, progress)}


def _asyncio(link, found, missing, there, name):
    if "asyncio" not in missing:
        return {}
    lacking = " and ".join(module for module in _UNDER_ASYNCIO if module not in there)
    if lacking:
        raise ToolError(f"{name} needs asyncio, which the firmware on {link.port} has not; nor has it {lacking}, which asyncio needs.",
                        "flash a firmware with asyncio: MicroPython's own for ESP32 and STM32 boards")
    folder = micropython() / "extmod/asyncio"
    if not folder.is_dir():
        raise ToolError(f"{name} needs asyncio, which the firmware on {link.port} has not; MicroPython's source has it, and is not in {micropython()}.",
                        "run `make demo` once, or set MICROPYTHON_DIR")
    return {f"{found.home}/lib/asyncio/{stem}.mpy": bytecode.compile(folder / f"{stem}.py", f"asyncio/{stem}.py") for stem in _ASYNCIO}


def _package(link, found, missing):
    """Torpor's own modules."""
    sources = {module: path for module in sorted(missing) if (path := _source(module))}
    if sources and found.abi[0] != bytecode.VERSION:
        raise ToolError(f"The firmware on {link.port} (MicroPython {found.version}) loads no .mpy of version {bytecode.VERSION}.",
                        "flash MicroPython 1.23 to 1.29")
    names = {module: path.relative_to(LIB) for module, path in sources.items()}
    return {f"{found.home}/lib/{names[module].with_suffix('.mpy')}": bytecode.compile(path, str(names[module])) for module, path in sources.items()}


def _dsp(link, found, missing, progress):
    if "dsp" not in missing:
        return {}
    device.check_native(found, link.port)
    return {f"{found.home}/lib/dsp.mpy": natmod.build_dsp(found.natmod, progress).read_bytes()}


def _check_memory(link, found, files, name):
    """All that an application imports is in the heap at once, with the module tflm that is there."""
    tflm = _size(link, f"{found.home}/lib/tflm.mpy")
    code = [len(data) for path, data in files.items() if path.endswith("/dsp.mpy")] + [tflm] * bool(tflm)
    beside = [len(data) for path, data in files.items() if not path.endswith("/dsp.mpy")]
    board = room.profile(link, found)
    left, _ = memory.heap_left(board, beside, sum(code))
    if left < 0:
        raise room.no_memory(found, board, f"What {name} imports", f"{-left:,} bytes of RAM", _HELP)


def _pins(link, found, missing, board, progress):
    """board.py of the board, unless somebody wrote one for it."""
    if "board" not in missing or _size(link, f"{found.home}/board.py") is not None:
        return {}
    names = [board] if board else _which(link, found)
    paths = [path for name in names if (path := boards.load_board(name).folder / "board.py").is_file()]
    if len(names) == 1 and paths:
        return {f"{found.home}/lib/board.py": paths[0].read_bytes()}
    if "torpor.sensors" in missing:
        known = " or ".join(names)
        why = f"no pins of {known} are known" if len(names) == 1 else f"it may be {known}: --board says which" if names else "--board may say which it is"
        progress.note(f"No board.py for the board on {link.port}: {why}. sensors.open() needs one (lib/DESIGN.md).")
    return {}


def _sources_beside(link, files) -> list[str]:
    """Files on the board that MicroPython would import instead: it looks for .py first."""
    sources = [path.removesuffix("mpy") + "py" for path in files if path.endswith(".mpy")]
    return [path for path in sources if _size(link, path) is not None]


def _which(link, found) -> list[str]:
    """The board that it is, or may be."""
    if said := boards.named(found.build, found.machine):
        return [said]
    known = [boards.load_board(name) for name in boards.board_names()]
    return [name for one in attached.attached(known) if one.port == link.port for name in one.boards]


def _size(link, path) -> int | None:
    """Bytes of a file on the board, None if there is none."""
    return ast.literal_eval(link.exec(f"import os\ntry:print(os.stat({path!r})[6])\nexcept OSError:print(None)").decode().strip())
