# SPDX-License-Identifier: MIT
"""What was found of a model, in sentences."""

from torpor_host.check import noise
from torpor_host.check.accuracy import DEQUANTISED, Accuracy
from torpor_host.check.cost import Cost
from torpor_host.check.exact import Exactness


def verdict(result) -> str:
    """One or two sentences: does it run, does it fit, is it exact, how good is it."""
    refused = [op for op in result.ops if not op.supported]
    if refused:
        return f"{len(refused)} of {len(result.ops)} operators cannot be run."
    costs = result.costs.values()
    fitting = [one.board.name for one in costs if one.fits]
    unknown = [one.board.name for one in costs if one.fits is None]
    all_run = f"All {len(result.ops)} operators run" if len(result.ops) > 1 else "Its only operator runs"
    parts = [f"{all_run}; it fits {len(fitting)} of {len(costs)} boards."]
    parts += [f"Whether it fits {' and '.join(unknown)} is not known: `torpor build {' '.join(unknown)}` first."] if unknown else []
    parts += [f"On {one.board.name} it is {' and '.join(one.over())} over." for one in costs if one.over()]
    return " ".join([*parts, exactness(result.exactness), *([accuracy(result.accuracy)] if result.accuracy else [])])


def exactness(found: Exactness) -> str:
    """A sentence."""
    if found.bit_exact is None:
        return f"Not compared with the official interpreter: {found.reason}"
    if found.bit_exact:
        return f"Equal to the official interpreter, bit for bit, in {found.runs} runs."
    return f"Differs from the official interpreter by {found.difference:.3g} at most, in {found.runs} runs."


def accuracy(found: Accuracy) -> str:
    """A sentence."""
    twin = "as real numbers" if found.float_from == DEQUANTISED else f"in {found.float_from}"
    beside = "" if found.float is None else f", {found.float:.4f} {twin}"
    return f"Accuracy {found.model:.4f}{beside}, on {found.samples:,} examples."


def memory(state_bytes: int) -> str:
    """A sentence on what RAM is taken by."""
    return f"RAM is activations, whose place models can share, and {state_bytes:,} bytes of the model's own state."


def worst(found: Accuracy) -> str:
    """A sentence on the layer that loses most."""
    layer = noise.least(found.layers)
    if layer is None:
        return found.reason or "Nothing is lost in any layer."
    return f"{layer.op} #{layer.index} loses most by itself: its signal to noise is {layer.own_snr_db:.1f} dB."


def origin(timed: list[Cost]) -> str:
    """Where estimates of time come from."""
    factors = ", ".join(f"{one.board.core} {one.board.cycles[0]:g} to {one.board.cycles[1]:g}" for one in timed)
    return (f"Instructions times cycles an instruction, over the clock: {factors}. Each board's boards/NAME/board.toml says where "
            "its cycles come from. An estimate, not a measurement: memory that makes the core wait is not in it beyond that.")
