# SPDX-License-Identifier: MIT
"""What a model needs on stock firmware: the native module tflm, with the operators of every model that was pushed.

`lib/tflm.json` beside the module says what is in it, so that a second model takes nothing from the first.
"""

import ast
import json
import tempfile
from pathlib import Path

from torpor_host import device, natmod, room
from torpor_host.boards import BoardProfile
from torpor_host.check import memory
from torpor_host.device import Device
from torpor_host.link import Link
from torpor_host.progress import SILENT, Silent

_STATE = """
import os, sys
record, there = "", False
try:
    with open({record!r}) as f: record = f.read()
except OSError:
    pass
for folder in sys.path:
    try:
        os.stat((folder + "/" if folder else "") + "tflm.mpy")
        there = True
    except OSError:
        pass
print(repr((record, there)))
"""
_HELP = "`torpor optimize` or int8 make it smaller; ROMFS spares the copy of the model, `torpor compile` most of the module"


def module_for(link: Link, found: Device, data: bytes, name: str, progress: Silent = SILENT) -> dict[str, bytes]:
    """Files that have to be on the board before model `data` runs: none where somebody else's tflm.mpy is.

    Raises ToolError: no native code, another ABI, no compiler, not enough RAM or executable memory.
    """
    device.check_native(found, link.port)
    module, record = f"{found.home}/lib/tflm.mpy", f"{found.home}/lib/tflm.json"
    known, there = ast.literal_eval(link.exec(_STATE.format(record=record)).decode().strip())
    if there and not known:
        return {}
    parts = _with(natmod.Parts(*_known(known)), data)
    code = build(found, parts, progress)
    check_memory(found, room.profile(link, found), data, name, len(code))
    # The record first: a module without one would pass for somebody else's.
    return {record: json.dumps({"operators": parts.operators, "types": parts.types}).encode(), module: code}


def build(found: Device, parts: natmod.Parts, progress: Silent = SILENT) -> bytes:
    """The module tflm with these parts for a board."""
    return natmod.build(found.natmod, parts, progress).read_bytes()


def parts_of(data: bytes) -> natmod.Parts:
    """What a model needs of the engine."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.tflite"
        path.write_bytes(data)
        return natmod.parts_of([path])


def check_memory(found: Device, board: BoardProfile, data: bytes, name: str, code: int) -> None:
    """Raises ToolError if a model with a module of `code` bytes does not fit `board`; other models in use are not counted."""
    result = memory.measure(data, board, code)
    if result.over():
        raise room.no_memory(found, board, name, " and ".join(result.over()), _HELP)


def _known(record):
    """(operators, types) of the module that is there; of none if its record says nothing."""
    try:
        found = json.loads(record)
        return tuple(found["operators"]), tuple(found["types"])
    except (ValueError, KeyError, TypeError):
        return (), ()


def _with(known, data) -> natmod.Parts:
    used = parts_of(data)
    return natmod.Parts(tuple(sorted({*known.operators, *used.operators})), tuple(sorted({*known.types, *used.types})))
