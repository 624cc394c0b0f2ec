# SPDX-License-Identifier: MIT
"""What the emulated microphone hears."""

import shutil
from pathlib import Path

from torpor_host import wav


def place_recording(path: Path | None, folder: Path) -> None:
    """Puts a recording where the board in `folder` hears it; None is silence.

    The microphone plays it from the moment that the program makes its I2S object. Raises ToolError
    for a file that it cannot play; what was there before then stays.
    """
    target = Path(folder) / "mic.wav"
    if path is None:
        target.unlink(missing_ok=True)
        return
    wav.read(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_suffix(".new")
    shutil.copyfile(path, fresh)
    fresh.replace(target)
