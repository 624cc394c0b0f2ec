# SPDX-License-Identifier: MIT
"""Where a model can run: `host`, `unix`, an emulated board by its folder's name in boards/, or a board at a serial port.

With upstream TFLM as the engine (TFLM_LIB) also `unix-tflm` and `<board>-tflm`.
"""

from torpor_host import build
from torpor_host.boards import emulated_names
from torpor_host.errors import ToolError
from torpor_host.progress import SILENT, Silent
from torpor_host.targets.attached import Attached
from torpor_host.targets.base import Inference, Measurement, Output, Target
from torpor_host.targets.emulated import Emulated
from torpor_host.targets.host import Host
from torpor_host.targets.unix import Unix

__all__ = ["Inference", "Measurement", "Output", "Target", "get", "names"]


def names() -> list[str]:
    return ["host", "unix", *emulated_names(), *_upstream()]


def get(name: str, progress: Silent = SILENT) -> Target:
    """The target called `name`; what it needs is built when it is first used. A name with a slash is a serial port."""
    if "/" in name:
        return Attached(name, progress)
    if name not in names():
        raise ToolError(f"There is no target called {name}.", f"choose from {', '.join(names())}, or a serial port")
    if name == "host":
        return Host()
    if name in ("unix", "unix-tflm"):
        return Unix(name, "unix-torpor" if name == "unix" else name, progress)
    return Emulated(name, name.removesuffix("-tflm"), progress)


def _upstream():
    return [name for name in build.parts() if name.endswith("-tflm")]
