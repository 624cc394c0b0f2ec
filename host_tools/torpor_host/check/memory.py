# SPDX-License-Identifier: MIT
"""Whether a model fits a board's memory, and what is left of it.

On an emulated board the engine is in the firmware, and the model lies in ROMFS. Stock firmware gets the engine as a native
module, which is copied to RAM; where it has no ROMFS, the model is copied to RAM as well, and both files lie in the file
system.
"""

from dataclasses import dataclass

from torpor_host import engine, romfs
from torpor_host.boards import BoardProfile

# The kernels that a board's core has, by their name in ops/kernels.h.
_KERNELS = {"cortex-m3": "TE_THUMB2", "cortex-m4f": "TE_DSP", "cortex-m7": "TE_DSP", "cortex-m55": "TE_MVE"}
_OTHERS = "TE_BLOCKED"
_TABLES = 512  # bytes that importing a native module takes of the heap beyond its file, at most (test_check_stock.py)


@dataclass(frozen=True)
class Memory:
    """A model in a board's memory; None where it is not known.

    fits: whether all parts of memory hold it; None if that is not known, and `doubt` says why. flash_free: bytes left of ROMFS
    or of the file system. ram_free: bytes left of the heap's least size, or of its largest piece if that lacks more. Below 0 is
    over. arena_bytes: of RAM that the model takes by itself, activations and state.
    """

    fits: bool | None
    flash_free: int | None
    ram_free: int | None
    arena_bytes: int | None
    doubt: str = ""

    def over(self) -> list[str]:
        """What does not fit: "4,096 bytes of RAM"."""
        parts = {"flash": self.flash_free, "RAM": self.ram_free}
        return [f"{-free:,} bytes of {name}" for name, free in parts.items() if free is not None and free < 0]


def refused(data: bytes, board: BoardProfile) -> Memory:
    """Of a model that the engine does not run."""
    return Memory(False, _flash(data, board, 0), None, None)


def measure(data: bytes, board: BoardProfile, module: int | None, taken: int | None = None) -> Memory:
    """module: bytes of its native module, if that is known. taken: bytes of activations and state, if they were counted."""
    arena, state = engine.measure(data, _KERNELS.get(board.core, _OTHERS))
    kept = [arena, state] if taken is None else [taken]
    stock = not board.machine
    code = (module or 0) + _TABLES if stock else 0
    copy = [] if board.romfs else [len(data)]
    flash = _flash(data, board, (module or 0) if stock else 0)
    least, most = heap_left(board, [*copy, *kept], code)
    doubt = _doubt(board, stock and module is None, least, flash)
    short = (most is not None and most < 0) or (flash is not None and flash < 0)
    fits = False if short else (None if doubt else True)
    if stock and module is None:  # what is left is less by the module; what is over is over without it
        flash, least = (None if free is None or free >= 0 else free for free in (flash, least))
    return Memory(fits, flash, least, arena + state if taken is None else taken, "" if short else doubt)


def _flash(data, board, module) -> int | None:
    """Bytes left for other models."""
    if board.room is None:
        return None
    return board.room - (len(romfs.build({"model.tflite": data})) if board.romfs else len(data)) - (0 if board.romfs else module)


def heap_left(board: BoardProfile, kept: list[int], code: int) -> tuple[int | None, int | None]:
    """Bytes that are left of the least heap, and of the largest. kept: sizes of what is allocated beside the code.

    Where code is copied on to executable memory, it is there twice while it is imported: the heap's copy is free again afterwards.
    Executable memory may be the same RAM, so the code counts for good.
    """
    if board.heap is None:
        return None, None
    need = max(sum(kept) + code, 2 * code if board.executable else 0)
    left = [int(end) - need for end in board.heap]
    for room, largest in ((board.piece, max([*kept, code])), (board.executable, code)):
        left = [min(free, room - largest) for free in left] if room else left
    return left[0], left[1]


def _doubt(board, without_module, least, flash) -> str:
    """Why it is not known whether a model fits, "" if it is."""
    if board.heap is None or flash is None:
        return "its memory is not known"
    if without_module:
        return f"no module for {board.natmod} could be built"
    return "how much of its heap is free is only known roughly" if least < 0 else ""
