# SPDX-License-Identifier: MIT
"""What was found of a model, in sentences."""

from torpor_host.check import noise
from torpor_host.check.accuracy import DEQUANTISED, Accuracy
from torpor_host.check.cost import Cost
from torpor_host.check.exact import Exactness

_NAMED = 3  # boards that a sentence names


def verdict(result) -> str:
    """One or two sentences: does it run, does it fit, is it exact, how good is it."""
    refused = [op for op in result.ops if not op.supported]
    if refused:
        return f"{len(refused)} of {len(result.ops)} operators cannot be run."
    costs = list(result.costs.values())
    all_run = f"All {len(result.ops)} operators run" if len(result.ops) > 1 else "Its only operator runs"
    fits = f"{all_run}; it fits {sum(one.memory.fits is True for one in costs)} of {len(costs)} boards."
    return " ".join([fits, *_doubts(costs), *_overs(costs), exactness(result.exactness), *([accuracy(result.accuracy)] if result.accuracy else [])])


def _doubts(costs) -> list[str]:
    """A sentence for each reason why it is not known whether a model fits."""
    reasons = dict.fromkeys(one.memory.doubt for one in costs if one.memory.doubt)
    names = {reason: " and ".join(one.board.name for one in costs if one.memory.doubt == reason) for reason in reasons}
    return [f"Whether it fits {names[reason]} is not known: {reason}." for reason in reasons]


def _overs(costs) -> list[str]:
    """What does not fit; of many boards only how many."""
    short = [one for one in costs if one.memory.fits is False]
    if len(short) > _NAMED:
        return [f"{len(short)} are too small for it, as the table says."]
    return [f"On {one.board.name} it is {' and '.join(one.memory.over())} over." for one in short]


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


def memory(state_bytes: int, costs: list[Cost]) -> str:
    """What RAM is taken by."""
    own = f"RAM is activations, whose place models can share, and {state_bytes:,} bytes of the model's own state."
    stock = [one.board for one in costs if not one.board.machine]
    copied = " and of the model, which is copied there for want of ROMFS" if any(not board.romfs for board in stock) else ""
    return own + (f" What is free on a board with stock firmware is less that of the native module{copied}." if stock else "")


def worst(found: Accuracy) -> str:
    """A sentence on the layer that loses most."""
    layer = noise.least(found.layers)
    if layer is None:
        return found.reason or "Nothing is lost in any layer."
    return f"{layer.op} #{layer.index} loses most by itself: its signal to noise is {layer.own_snr_db:.1f} dB."


def origin(timed: list[Cost]) -> str:
    """Where estimates of time and energy come from."""
    cores = dict.fromkeys((one.board.core, one.board.cycles) for one in timed)
    factors = ", ".join(f"{core} {low:g} to {high:g}" for core, (low, high) in cores)
    energy = " Energy is that times the microcontroller's current and voltage." if any(one.energy for one in timed) else ""
    return (f"Instructions times cycles an instruction, over the clock: {factors}.{energy} `torpor boards NAME` says where a board's figures "
            "come from. An estimate, not a measurement: memory that makes the core wait is not in it beyond that.")
