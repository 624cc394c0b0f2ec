# SPDX-License-Identifier: MIT
"""What a model costs on a board: memory exactly; time and energy as estimates, with their bound.

time = instructions * cycles an instruction / clock. Instructions are counted where the board is emulated here and built;
elsewhere they are multiply-accumulates times a range that was counted before. The cycles of a core, and where they come
from, stand in its board.toml.
"""

import shutil
from dataclasses import dataclass

from torpor_host import engine, natmod, romfs, targets
from torpor_host.boards import BoardProfile, Range
from torpor_host.check.support import Support
from torpor_host.convert import tflite
from torpor_host.errors import ToolError
from torpor_host.infer import xorshift
from torpor_host.progress import SILENT, Silent
from torpor_host.targets import Measurement

# The kernels in a board's firmware, by their name in ops/kernels.h; other cores have TE_BLOCKED. Of TE_MVE only the board
# itself can tell how much memory they want.
_KERNELS = {"cortex-m3": "TE_THUMB2", "cortex-m4f": "TE_DSP", "cortex-m7": "TE_DSP", "cortex-m55": "TE_MVE"}
_OTHERS, _ONLY_THERE = "TE_BLOCKED", "TE_MVE"
_INT8 = {"int8", "int8, int4 weights"}
# Multiply-accumulates, in all and for each element of an activation, below which they tell too little of the time.
_LEAST, _DENSE = 100_000, 10


@dataclass(frozen=True)
class Estimate:
    """A number whose true value lies within `bound`, a share of it, on either side."""

    value: float
    bound: float

    @classmethod
    def between(cls, ends: Range) -> "Estimate":
        low, high = ends
        return cls((low + high) / 2, (high - low) / (high + low))

    def times(self, other: "Estimate") -> "Estimate":
        return Estimate(self.value * other.value, (1 + self.bound) * (1 + other.bound) - 1)


@dataclass(frozen=True)
class Cost:
    """A model on a board; None where it is not known, or the model does not run.

    fits: whether both parts of memory hold it. flash_free, ram_free: bytes that are left; what is below 0 is over.
    arena_bytes: of RAM that the model takes, its state included. module_bytes: of a native module with the model's operators,
    which stock firmware takes of RAM besides. latency_ms, energy_uj: of one inference, estimates; error_bound: of both, as a
    share. instructions: of one inference. counted: in the emulator, or estimated. ops: [(operator, instructions)], if counted.
    """

    board: BoardProfile
    fits: bool | None
    flash_free: int | None
    ram_free: int | None
    arena_bytes: int | None
    module_bytes: int | None
    latency_ms: float | None = None
    energy_uj: float | None = None
    error_bound: float | None = None
    instructions: int | None = None
    counted: bool = False
    ops: list[tuple[str, int]] | None = None

    def over(self) -> list[str]:
        """What does not fit: "4,096 bytes of RAM"."""
        parts = {"flash": self.flash_free, "RAM": self.ram_free}
        return [f"{-free:,} bytes of {name}" for name, free in parts.items() if free is not None and free < 0]


def measure(data: bytes, ops: list[Support], board: BoardProfile, module: int | None, progress: Silent = SILENT) -> Cost:
    """What the model `data` costs on `board`. ops: as examine() found them. module: bytes of its native module."""
    flash = None if board.flash is None else board.flash - len(romfs.build({"model.tflite": data}))
    if not all(op.supported for op in ops):
        return Cost(board, False, flash, None, None, module)
    counted = _counted(data, board, progress) if flash is None or flash >= 0 else None
    taken = counted.arena_bytes if counted else _memory(data, board)
    ram = None if None in (board.ram, taken) else board.ram - taken
    fits = None if None in (flash, ram) else flash >= 0 and ram >= 0
    work = Estimate(counted.instructions, 0.0) if counted else estimated(data, ops, board)
    time = work and latency(work, board)
    power = board.active_mw and Estimate.between(board.active_mw)
    energy = time and power and time.times(power)  # mW ms = uJ
    return Cost(
        board, fits, flash, ram, taken, module, time and time.value, energy and energy.value,
        (energy or time).bound if time else None, round(work.value) if work else None, counted is not None,
        counted.ops if counted else None)


def modules(data_path, boards: list[BoardProfile], progress: Silent = SILENT) -> dict[str, int | None]:
    """{architecture: bytes of a native module for the model}; None, with a note, where it cannot be built."""
    return {arch: _module(arch, data_path, progress) for arch in dict.fromkeys(board.natmod for board in boards)}


def _module(arch, path, progress):
    try:
        return natmod.build(arch, natmod.parts_of([path]), progress).stat().st_size
    except ToolError as error:
        progress.note(f"The native module for {arch} was not measured: {error}")
        return None


def _counted(data, board, progress) -> Measurement | None:
    """One inference on the emulated board; None if the board is no such, or not built, or cannot run it."""
    if not (board.machine and board.firmware.is_file() and shutil.which(board.qemu)):
        return None
    try:
        return targets.get(board.name, progress).bench(data, xorshift(engine.Model(data)))
    except ToolError as error:
        progress.note(f"Not counted on {board.name}: {error}")
        return None


def _memory(data, board) -> int | None:
    """Bytes of arena and state with the board's kernels; at most 16 too many, see engine.measure()."""
    kernels = _KERNELS.get(board.core, _OTHERS)
    return None if kernels == _ONLY_THERE else sum(engine.measure(data, kernels))


def estimated(data: bytes, ops: list[Support], board: BoardProfile) -> Estimate | None:
    """Instructions by multiply-accumulates; None for a model of other types than int8, or of few multiply-accumulates."""
    macs = sum(op.macs for op in ops)
    elements = sum(t.size for op in tflite.read(data).main.ops for t in op.outputs)
    others = any(op.macs and op.type not in _INT8 for op in ops)
    if board.mac_instructions is None or others or macs < max(_LEAST, _DENSE * elements):
        return None
    return Estimate(macs, 0.0).times(Estimate.between(board.mac_instructions))


def latency(work: Estimate, board: BoardProfile) -> Estimate | None:
    """Milliseconds for so many instructions."""
    if board.cycles is None or board.clock_hz is None:
        return None
    return work.times(Estimate.between(board.cycles)).times(Estimate(1000 / board.clock_hz, 0.0))
