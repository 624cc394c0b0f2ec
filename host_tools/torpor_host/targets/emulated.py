# SPDX-License-Identifier: MIT
"""Targets `emu-*`: our firmware on an emulated board. Model and inputs lie in its ROMFS from the start."""

import tempfile
from contextlib import contextmanager
from pathlib import Path

from torpor_host import build, codesize, romfs
from torpor_host.boards import load_board
from torpor_host.errors import ToolError
from torpor_host.link import BoardError, Link
from torpor_host.progress import SILENT
from torpor_host.sim import Board
from torpor_host.targets import script
from torpor_host.targets.base import Inference, Measurement

_TIMEOUT_S = 300  # for one program; the largest models take seconds
_FAST, _COUNTED = 3, 7  # -icount shift: 8 or 128 ns an instruction
_INSTRUCTION_NS = 1 << _COUNTED  # more than a tick of the counter, so that differences are exact


class Emulated:
    def __init__(self, name, board, progress=SILENT):
        """name: also what `build` calls its firmware."""
        self.name, self._board = name, board
        self._progress = progress

    def infer(self, model, inputs) -> Inference:
        return script.inference(self._run("infer", model, inputs, _FAST))

    def bench(self, model, inputs) -> Measurement:
        if load_board(self._board).core.startswith("xtensa"):
            sentence = f"Instructions are not counted on {self.name}: QEMU's core lacks two of an ESP32's, and the firmware acts them out."
            raise ToolError(sentence, "count them on another emulated board")
        found = self._run("bench", model, inputs, _COUNTED)
        tick_ns = 1_000_000_000 / found.pop("tick_hz")

        def instructions(ticks):
            return round(ticks * tick_ns / _INSTRUCTION_NS)

        for key in ("", "setup_", "predict_"):
            found[f"{key}instructions"] = instructions(found.pop(f"{key}ticks"))
        found["ops"] = [(op, instructions(ticks)) for op, ticks in found.pop("op_ticks")]
        return Measurement(code_bytes=codesize.engine(self._firmware()), **found)

    def _run(self, call, model, inputs, shift) -> dict:
        firmware = self._firmware()
        image = self._image(model, inputs)
        with self._progress.step(f"{call} on {self.name}"), instance(self._board, image, shift, firmware) as link:
            try:
                return script.answer(link.exec(script.program(call, "'/rom'"), _TIMEOUT_S), self.name)
            except BoardError as error:
                raise script.failure(error.trace, self.name) from None

    def _image(self, model, inputs) -> bytes:
        image, room = romfs.build(script.files(model, inputs)), load_board(self._board).romfs
        if len(image) > room:
            sentence = f"The model and its inputs need {len(image):,} bytes, the ROMFS of {self.name} has {room:,}."
            raise ToolError(sentence, "use a smaller model, or a board with more flash")
        return image

    def _firmware(self) -> Path:
        return build.build([self.name], self._progress)[self.name]


@contextmanager
def instance(name: str, image: bytes, shift: int = _FAST, firmware: Path | None = None):
    """A fresh board with this ROMFS image and firmware (its own by default), in a folder that is deleted at the end.

    Yields the Link to it."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "romfs.img").write_bytes(image)
        with Board(name, Path(folder), shift, firmware) as board, Link(board.port) as link:
            link.enter_raw()
            yield link
