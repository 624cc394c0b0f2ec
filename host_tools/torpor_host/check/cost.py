# SPDX-License-Identifier: MIT
"""What a model costs on a board: time and energy as estimates, with their bound; memory as check/memory.py has it.

time = instructions * cycles an instruction / clock; energy = time * current * voltage. Instructions are counted on the
emulated board, or on the one that has the same kernels, if it is built; else they are multiply-accumulates times a range that
was counted before. Cycles and currents, and where they come from, stand in each board.toml.
"""

import shutil
from dataclasses import dataclass

from torpor_host import engine, natmod, romfs, targets
from torpor_host.boards import BoardProfile, Range, load_board
from torpor_host.check import memory
from torpor_host.check.support import Support
from torpor_host.convert import tflite
from torpor_host.errors import ToolError
from torpor_host.infer import xorshift
from torpor_host.progress import SILENT, Silent
from torpor_host.targets import Measurement

_INT8 = {"int8", "int8, int4 weights"}
# Multiply-accumulates, in all and for each element of an activation, below which they tell too little of the time.
_LEAST, _DENSE = 100_000, 10
# A native module is compiled for size but its innermost loops: up to so many times the instructions of an engine in the
# firmware (test_check_stock.py).
_NATIVE = (1.0, 1.1)


@dataclass(frozen=True)
class Estimate:
    """A number from `low` to `high`: its middle, give or take the share `bound` of it."""

    low: float
    high: float

    @property
    def value(self) -> float:
        return (self.low + self.high) / 2

    @property
    def bound(self) -> float:
        return (self.high - self.low) / (self.high + self.low) if self.high else 0.0

    def times(self, ends: Range) -> "Estimate":
        return Estimate(self.low * ends[0], self.high * ends[1])

    def told(self, unit: str) -> str:
        """Three digits of it, and its bound: "22.9 ms ± 41 %"."""
        value = f"{self.value:,.0f}" if self.value >= 1000 else f"{self.value:.3g}"
        return f"{value} {unit} ± {100 * self.bound:.0f} %"


@dataclass(frozen=True)
class Cost:
    """A model on a board; None where it is not known, or the model does not run.

    memory: whether it fits, and what is left. module_bytes: of a native module with the model's operators, which stock firmware
    takes of RAM. instructions, latency (ms), energy (uJ): of one inference. counted_on: the emulated board where instructions
    were counted, itself or one with the same kernels; "" if they are estimated. ops: [(operator, instructions)], if counted on
    this very board.
    """

    board: BoardProfile
    memory: memory.Memory
    module_bytes: int | None
    latency: Estimate | None = None
    energy: Estimate | None = None
    instructions: int | None = None
    counted_on: str = ""
    ops: list[tuple[str, int]] | None = None

    @property
    def counted(self) -> bool:
        """Whether the instructions are exact."""
        return self.counted_on == self.board.name

    @property
    def latency_ms(self) -> float | None:
        return self.latency and self.latency.value

    @property
    def energy_uj(self) -> float | None:
        return self.energy and self.energy.value

    @property
    def error_bound(self) -> float | None:
        """The share by which both may be off, either way."""
        found = self.energy or self.latency
        return found and found.bound


def measure(
    data: bytes, ops: list[Support], board: BoardProfile, module: int | None, counted: Measurement | None = None
) -> Cost:
    """What the model `data` costs on `board`. ops: as examine() found them. module: bytes of its native module.

    counted: on the board, or on the one with the same kernels.
    """
    if not all(op.supported for op in ops):
        return Cost(board, memory.refused(data, board), module)
    here = counted if counted and board.machine else None
    room = memory.measure(data, board, module, here.arena_bytes if here else None)
    work = _counted_work(counted, board) if counted else estimated(data, ops, board)
    time = work and latency(work, board)
    energy = time and board.power_mw and time.times(board.power_mw)  # mW ms = uJ
    return Cost(board, room, module, time, energy, round(work.value) if work else None, counts_on(board) if counted else "",
                here and here.ops)


def modules(data_path, boards: list[BoardProfile], progress: Silent = SILENT) -> dict[str, int | None]:
    """{architecture: bytes of a native module for the model}; None, with a note, where it cannot be built."""
    return {arch: _module(arch, data_path, progress) for arch in dict.fromkeys(board.natmod for board in boards)}


def _module(arch, path, progress):
    try:
        return natmod.build(arch, natmod.parts_of([path]), progress).stat().st_size
    except ToolError as error:
        progress.note(f"The native module for {arch} was not measured: {error}")
        return None


def counts(data: bytes, boards: list[BoardProfile], progress: Silent = SILENT) -> dict[str, Measurement]:
    """{board: one inference, counted on it or its twin}; without those that are not built, or cannot run the model."""
    found = {name: _counted(data, load_board(name), progress) for name in dict.fromkeys(map(counts_on, boards)) if name}
    return {board.name: found[on] for board in boards if found.get(on := counts_on(board))}


def counts_on(board: BoardProfile) -> str:
    """The emulated board that counts for a board, "" if there is none."""
    return board.name if board.machine else board.twin


def _counted(data, board, progress) -> Measurement | None:
    built = board.firmware.is_file() and shutil.which(board.qemu)
    if not built or len(romfs.build({"model.tflite": data})) > board.romfs:
        return None
    try:
        return targets.get(board.name, progress).bench(data, xorshift(engine.Model(data)))
    except ToolError as error:
        progress.note(f"Not counted on {board.name}: {error}")
        return None


def _counted_work(counted, board) -> Estimate:
    return _there(Estimate(counted.instructions, counted.instructions), board)


def _there(work, board) -> Estimate:
    """Instructions on an emulated board, as those of a board with the same kernels."""
    return work if board.machine else work.times(_NATIVE)


def estimated(data: bytes, ops: list[Support], board: BoardProfile) -> Estimate | None:
    """Instructions by multiply-accumulates; None for a model of other types than int8, or of few multiply-accumulates."""
    macs = sum(op.macs for op in ops)
    elements = sum(t.size for op in tflite.read(data).main.ops for t in op.outputs)
    others = any(op.macs and op.type not in _INT8 for op in ops)
    if others or macs < max(_LEAST, _DENSE * elements):
        return None
    if board.mac_instructions:
        return Estimate(macs, macs).times(board.mac_instructions)
    twin = load_board(board.twin) if board.twin else None
    return _there(Estimate(macs, macs).times(twin.mac_instructions), board) if twin and twin.mac_instructions else None


def latency(work: Estimate, board: BoardProfile) -> Estimate | None:
    """Milliseconds for so many instructions."""
    if board.cycles is None or board.clock_hz is None:
        return None
    return work.times(board.cycles).times((1000 / board.clock_hz, 1000 / board.clock_hz))
