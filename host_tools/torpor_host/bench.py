# SPDX-License-Identifier: MIT
"""What a model costs on a target: instructions counted on emulated boards, time elsewhere."""

from pathlib import Path

from torpor_host.infer import load, xorshift
from torpor_host.targets import Measurement, Target

_KEYS = (
    "engine", "instructions", "setup_instructions", "predict_instructions", "time_us",
    "arena_bytes", "code_bytes", "stack_bytes", "macs",
)


def bench(path: Path, target: Target) -> Measurement:
    """Measures the model at `path` on `target` with pseudo-random input.

    Raises ToolError for a bad model or a target that cannot run it.
    """
    data, model = load(path)
    return target.bench(data, xorshift(model))


def summary(path: Path, target: str, measured: Measurement) -> dict:
    """What `torpor bench --json` prints for one model: null where the target cannot tell."""
    ops = measured.ops and [{"op": op, "instructions": count} for op, count in measured.ops]
    return {"model": Path(path).stem, "target": target, **{key: getattr(measured, key) for key in _KEYS}, "ops": ops}
