# SPDX-License-Identifier: MIT
"""Makes a `.tflite` smaller and faster without changing a bit of what it computes.

    result = optimize(Path("vww.tflite").read_bytes())
    result.data, result.before, result.after, result.passes
"""

from dataclasses import asdict, dataclass, field
from pathlib import Path

from torpor_host import engine, files
from torpor_host.convert import tflite
from torpor_host.convert.graph import Model
from torpor_host.errors import ToolError
from torpor_host.optimize.activations import fuse_activations
from torpor_host.optimize.arena import plan_arena, tflm_bytes
from torpor_host.optimize.channels import drop_channels
from torpor_host.optimize.check import check, official
from torpor_host.optimize.constants import fold_constants, merge_constants
from torpor_host.optimize.dead import drop_dead
from torpor_host.optimize.duplicates import merge_duplicates
from torpor_host.optimize.noops import drop_noops
from torpor_host.optimize.padding import fuse_padding
from torpor_host.optimize.reshapes import simplify_reshapes
from torpor_host.optimize.strip import strip
from torpor_host.progress import SILENT, Silent

# Each takes a model, changes it and returns how often; they are repeated until none finds anything.
PASSES = {
    "dead parts": drop_dead,
    "names and metadata": strip,
    "constants": fold_constants,
    "padding": fuse_padding,
    "no-ops": drop_noops,
    "activations": fuse_activations,
    "reshapes": simplify_reshapes,
    "channels": drop_channels,
    "equal channels": merge_duplicates,
    "equal constants": merge_constants,
}
CHECKED = 200  # inputs
_COMPRESSED = "COMPRESSION_METADATA"


@dataclass(frozen=True)
class Sizes:
    """What a model costs. macs, arena_bytes (activations and state): in Torpor's engine, None if it cannot run the model.

    tflm_bytes: of activations in TFLM's arena; None for several subgraphs.
    """

    bytes: int
    macs: int | None
    arena_bytes: int | None
    ops: int
    tflm_bytes: int | None


@dataclass
class Pass:
    """What one pass did in all rounds; negative numbers are savings."""

    name: str
    changes: int = 0
    bytes: int = 0
    macs: int = 0
    arena_bytes: int = 0
    ops: int = 0
    tflm_bytes: int = 0


@dataclass(frozen=True)
class Result:
    """data: the new file. checked_by: the interpreters in which all outputs were equal on checked_inputs inputs."""

    data: bytes
    before: Sizes
    after: Sizes
    passes: list[Pass]
    checked_inputs: int
    checked_by: list[str] = field(default_factory=list)


def optimize(data: bytes, progress: Silent = SILENT, inputs: int = CHECKED) -> Result:
    """Runs all passes on a file until nothing changes, and compares the result with it on so many inputs.

    Raises ToolError: no model, one that contradicts itself or that the official interpreter cannot run, or, which would be
    a bug, a difference.
    """
    model = tflite.read(data)
    if _COMPRESSED in dict(model.metadata):
        raise ToolError("The model's weights are compressed, which is not supported.", "optimise it before it is compressed")
    before, passes = measure(data), {name: Pass(name) for name in (*PASSES, "arena plan")}
    official(data)
    with progress.step("optimise") as tick:
        last = _rounds(model, before, passes, tick)
        _step(model, "arena plan", plan_arena, last, passes)
    optimised = tflite.write(model)
    after = measure(optimised)
    own = before.macs is not None or after.macs is not None
    check(data, optimised, own, inputs, progress)
    done = [p for p in passes.values() if p.changes]
    return Result(optimised, before, after, done, inputs, ["tflite-micro", *(["torpor"] if own else [])])


def _rounds(model, last, passes, tick):
    found = True
    while found:
        found = False
        for i, (name, run) in enumerate(PASSES.items()):
            tick(i, len(PASSES))
            changes = passes[name].changes
            last = _step(model, name, run, last, passes)
            found |= passes[name].changes > changes
    return last


def _step(model: Model, name, run, last: Sizes, passes) -> Sizes:
    """Runs one pass and adds to its record what it saved, with what it left dead."""
    changes = run(model)
    if not changes:
        return last
    drop_dead(model)
    now, record = measure(tflite.write(model)), passes[name]
    record.changes += changes
    for key in ("bytes", "macs", "arena_bytes", "ops", "tflm_bytes"):
        old, new = getattr(last, key), getattr(now, key)
        if None not in (old, new):
            setattr(record, key, getattr(record, key) + new - old)
    return now


def measure(data: bytes) -> Sizes:
    """What a file costs. Raises ToolError if the engine finds that it contradicts itself."""
    model = tflite.read(data)
    macs = arena = None
    try:
        opened = engine.Model(data)
        macs, arena = opened.macs, opened.arena_size + opened.state_size
    except engine.Unsupported:
        pass
    return Sizes(len(data), macs, arena, sum(len(g.ops) for g in model.graphs), tflm_bytes(model))


def optimize_file(source: Path, target: Path, progress: Silent = SILENT) -> Result:
    """Optimises the file `source` into `target`, which may be the same; it is written whole or not at all.

    Raises ToolError as optimize() does, or if a file cannot be read or written.
    """
    try:
        data = Path(source).read_bytes()
    except OSError as error:
        raise ToolError(f"{source} cannot be read: {error.strerror}.", "give the path of a .tflite file") from None
    if not Path(target).parent.is_dir():
        raise ToolError(f"{target} cannot be written: there is no such folder.", "create it first")
    try:
        result = optimize(data, progress)
    except ToolError as error:
        raise ToolError(f"{Path(source).name}: {error}", error.hint) from None
    files.write(Path(target), result.data)
    return result


def summary(result: Result) -> dict:
    """What `torpor optimize --json` prints."""
    return {
        "in": asdict(result.before), "out": asdict(result.after), "passes": [asdict(p) for p in result.passes],
        "checked_inputs": result.checked_inputs, "checked_by": result.checked_by, "bit_exact": True}
