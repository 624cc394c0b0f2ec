# SPDX-License-Identifier: MIT
"""Targets `unix` and `unix-tflm`: MicroPython's unix port with tflm built in."""

import subprocess
import tempfile
from pathlib import Path

from torpor_host import build
from torpor_host.errors import ToolError
from torpor_host.progress import SILENT
from torpor_host.targets import script
from torpor_host.targets.base import Inference, Measurement

_HEAP = "-X", "heapsize=64M"
_TIMEOUT_S = 300


class Unix:
    def __init__(self, name, part, progress=SILENT):
        """part: what `build` calls it."""
        self.name, self._part = name, part
        self._progress = progress

    def infer(self, model, inputs) -> Inference:
        return script.inference(self._run("infer", model, inputs))

    def bench(self, model, inputs) -> Measurement:
        return Measurement(**self._run("bench", model, inputs))

    def _run(self, call, model, inputs) -> dict:
        binary = build.build([self._part], self._progress)[self._part]
        with tempfile.TemporaryDirectory() as folder:
            for name, data in script.files(model, inputs).items():
                (Path(folder) / name).write_bytes(data)
            (Path(folder) / "program.py").write_text(script.program(call, repr(folder)))
            command = [binary, *_HEAP, Path(folder) / "program.py"]
            try:
                result = subprocess.run(command, capture_output=True, timeout=_TIMEOUT_S, stdin=subprocess.DEVNULL)
            except subprocess.TimeoutExpired:
                raise ToolError(f"{self.name} needed more than {_TIMEOUT_S} s.", "use a smaller model") from None
        if result.returncode:
            raise script.failure(result.stderr.decode() or result.stdout.decode(), self.name)
        return script.answer(result.stdout, self.name)
