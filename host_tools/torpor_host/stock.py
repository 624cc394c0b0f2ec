# SPDX-License-Identifier: MIT
"""What a model needs on stock firmware: the native module tflm, with the operators of every model that was pushed.

`/lib/tflm.json` beside the module says what is in it, so that a second model takes nothing from the first.
"""

import ast
import binascii
import json
import tempfile
from pathlib import Path

from torpor_host import device, natmod
from torpor_host.boards import BoardProfile
from torpor_host.check import memory
from torpor_host.errors import ToolError
from torpor_host.link import Link
from torpor_host.progress import SILENT, Silent

_MODULE, _RECORD = "/lib/tflm.mpy", "/lib/tflm.json"
# The core whose kernels a module for an architecture has; plain C for the others.
_CORES = {"armv7m": "cortex-m3", "armv7emsp": "cortex-m4f", "armv7emdp": "cortex-m7"}
_STATE = """
record, crc = "", None
try:
    with open("/lib/tflm.json") as f: record = f.read()
    import binascii
    crc = 0
    with open("/lib/tflm.mpy", "rb") as f:
        while True:
            part = f.read(512)
            if not part: break
            crc = binascii.crc32(part, crc)
except OSError:
    pass
there = bool(record)
if not there:
    try:
        import tflm
        there = True
    except ImportError:
        pass
print(repr((record, crc, there)))
"""
_HELP = "`torpor optimize` or int8 make it smaller; ROMFS spares the copy of the model, `torpor compile` most of the module"


def module_for(link: Link, data: bytes, name: str, progress: Silent = SILENT) -> dict[str, bytes]:
    """Files that have to be written before model `data` runs, {} if the board has them: none where tflm is in its firmware.

    Raises ToolError, before anything is written: no native code, another ABI, no compiler, no room.
    """
    link.enter_raw(reset=True)  # so that the heap is free
    record, crc, there = _state(link)
    if there and not record:
        return {}
    found = device.ask(link)
    device.check_native(found, link.port)
    parts = _with(natmod.Parts(*_known(record)), data)
    module = natmod.build(found.natmod, parts, progress).read_bytes()
    _check_room(link, found, data, module, name)
    if crc == binascii.crc32(module):
        return {}
    # The record first: a module without one would pass for somebody else's.
    return {_RECORD: json.dumps({"operators": parts.operators, "types": parts.types}).encode(), _MODULE: module}


def _state(link):
    return ast.literal_eval(link.exec(_STATE).decode().strip())


def _known(record):
    """(operators, types) of the module that is there; of none if its record says nothing."""
    try:
        found = json.loads(record)
        return tuple(found["operators"]), tuple(found["types"])
    except (ValueError, KeyError, TypeError):
        return (), ()


def _with(known, data) -> natmod.Parts:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.tflite"
        path.write_bytes(data)
        used = natmod.parts_of([path])
    return natmod.Parts(tuple(sorted({*known.operators, *used.operators})), tuple(sorted({*known.types, *used.types})))


def _check_room(link, found, data, module, name):
    board = BoardProfile(
        link.port, found.machine, _CORES.get(found.natmod, ""), found.natmod, romfs=found.romfs, storage=found.storage,
        heap=(found.heap_free, found.heap_free), piece=found.piece, executable=found.executable)
    result = memory.measure(data, board, len(module))
    if result.over():
        has = f"its heap has {found.heap_free:,} bytes free, {found.piece:,} in one piece, its file system {found.storage or 0:,}"
        raise ToolError(f"{name} does not fit the board on {link.port}: it is over by {' and '.join(result.over())}; {has}.", _HELP)
