# SPDX-License-Identifier: MIT
"""How much of a firmware image is the engine: read from the linker's map."""

import re
from pathlib import Path

from torpor_host.errors import ToolError

# ` .text.name  0xaddress  0xsize  object`, where a long name has a line of its own
_CONTRIBUTION = re.compile(r"^ \.(?:text|rodata)\S*\s+0x[0-9a-f]+\s+0x([0-9a-f]+)\s+(\S+)", re.M)

_ENGINE = re.compile(r"/engine(_tflm)?/|tensorflow-microlite")


def engine(firmware: Path) -> int:
    """Bytes of code and constants that the objects of the engine contributed to this image: of firmware/engine*/
    and, where that is the engine, of upstream's library."""
    try:
        text = firmware.with_suffix(".map").read_text()
    except OSError:
        raise ToolError(f"{firmware.name} has no linker map beside it.", "torpor build --force makes it anew") from None
    placed = text.partition("Linker script and memory map")[2]  # before that: what was discarded
    return sum(int(size, 16) for size, path in _CONTRIBUTION.findall(placed) if _ENGINE.search(path))
