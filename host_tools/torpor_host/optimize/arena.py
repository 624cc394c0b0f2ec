# SPDX-License-Identifier: MIT
"""Plans where TFLM's activations lie, where that beats TFLM's own planner, and writes it into the model.

TFLM takes offsets from the metadata entry "OfflineMemoryAllocation": 32-bit integers 1, 1 (subgraphs), n, and an offset, or -1,
for each tensor; what the kernels ask for besides (scratch) it fits around them. Its own planner places blocks from the largest
to the smallest at the lowest gap; here many orders are tried. A plan is kept only if TFLM needs less with it, and no more
with kernels that unfold windows into scratch; models with operators whose scratch is not foreseen here are left to TFLM.
Torpor's engine plans by itself and ignores the entry.
"""

from dataclasses import dataclass, replace

import numpy as np

from torpor_host.convert.graph import INT4, Graph, Model, Op

METADATA = "OfflineMemoryAllocation"
_ALIGN = 16  # TFLM's MicroArenaBufferAlignment
_ORDERS = 200  # random ones, besides the obvious
_SEED = 1
_REDUCING = {"MEAN", "SUM"}
_UNFORESEEN = {
    "ADD_N", "BATCH_MATMUL", "CUSTOM", "DETECTION_POSTPROCESS", "MIRROR_PAD", "REDUCE_ALL", "REDUCE_MAX", "REDUCE_MIN", "SVDF",
    "TRANSPOSE_CONV", "UNIDIRECTIONAL_SEQUENCE_LSTM"}


@dataclass(frozen=True)
class Block:
    """Bytes that are needed from operator `first` to operator `last`; at: where, None if that is open."""

    size: int
    first: int
    last: int
    at: int | None = None


def plan_arena(model: Model) -> int:
    """Returns 1 if a plan was written. Models of several subgraphs are left to TFLM."""
    model.metadata = [(name, data) for name, data in model.metadata if name != METADATA]
    if len(model.graphs) != 1 or any(op.name in _UNFORESEEN for op in model.main.ops):
        return 0
    blocks = _blocks(model.main)
    best = _best(list(blocks.values()), _scratch(model.main, _taken), _scratch(model.main, _unfolded))
    if best is None:
        return 0
    offsets = dict(zip(blocks, best))
    tensors = model.main.all_tensors()
    words = [1, 1, len(tensors), *(offsets.get(t, -1) for t in tensors)]
    model.metadata.append((METADATA, np.array(words, "<i4").tobytes()))
    return 1


def tflm_bytes(model: Model) -> int | None:
    """Bytes of TFLM's arena for activations and foreseen scratch, by the model's plan if it has one.

    None for several subgraphs.
    """
    if len(model.graphs) != 1:
        return None
    blocks, plan = _blocks(model.main), dict(model.metadata).get(METADATA)
    if plan:
        offsets = dict(zip(model.main.all_tensors(), np.frombuffer(plan, "<i4")[3:].tolist()))
        blocks = {t: block if offsets[t] < 0 else replace(block, at=offsets[t]) for t, block in blocks.items()}
    return top(tflm_places([*blocks.values(), *_scratch(model.main, _taken)]))


def _blocks(graph: Graph) -> dict:
    """A block for each activation. Time 0 is before the first operator; inputs and outputs of the graph live to its ends."""
    first = {t: 0 for t in graph.inputs}
    last = dict(first)
    for time, op in enumerate(graph.ops, 1):
        first.update((t, time) for t in op.outputs)
        last.update((t, time) for t in (*op.outputs, *op.reads()))
    last.update((t, len(graph.ops)) for t in graph.outputs)
    activations = (t for t in graph.all_tensors() if t.data is None and not t.variable and t.nbytes and t in first)
    return {t: Block(_round(t.nbytes), first[t], last[t]) for t in activations}


def _scratch(graph, sizes) -> list[Block]:
    return [Block(_round(size), time, time) for time, op in enumerate(graph.ops, 1) for size in sizes(op) if size]


def _taken(op: Op) -> list[int]:
    """Bytes of scratch that TFLM's reference kernels ask for."""
    if op.name in _REDUCING:
        integer = op.inputs[0].dtype in (np.int8, np.int16)
        return [4 * op.outputs[0].size * integer, 4 * len(op.inputs[0].shape), 4 * op.inputs[1].size]
    weights = op.inputs[1] if len(op.inputs) > 1 else None
    return [weights.size] if weights is not None and weights.dtype == INT4 else []


def _unfolded(op: Op) -> list[int]:
    """What kernels take besides that unfold the window of a convolution: two columns of 16-bit elements, as CMSIS-NN does."""
    window = op.name in ("CONV_2D", "DEPTHWISE_CONV_2D") and len(op.inputs[1].shape) == 4 and op.inputs[1].shape[1:3] != (1, 1)
    return [4 * op.inputs[1].size // op.inputs[1].shape[0]] if window else []


def _round(size):
    return -(-size // _ALIGN) * _ALIGN


def _best(blocks, taken, unfolded) -> list[int] | None:
    """Offsets that beat TFLM's planner; None if there are none."""
    own = least = _cost(blocks, taken, unfolded)
    best = None
    for order in _orders(blocks):
        placed = _first_fit(blocks, order)
        cost = _cost(placed, taken, unfolded)
        if cost < least and cost[1] <= own[1]:
            best, least = [b.at for b in placed], cost
    return best


def _cost(blocks, taken, unfolded):
    """Bytes of TFLM's arena, with its reference kernels and with kernels that unfold windows."""
    return top(tflm_places([*blocks, *taken])), top(tflm_places([*blocks, *taken, *unfolded]))


def top(blocks) -> int:
    """Bytes up to the end of the highest block."""
    return max((b.at + b.size for b in blocks), default=0)


def tflm_places(blocks: list[Block]) -> list[Block]:
    """As TFLM's planner places them: fixed ones first, then from the largest; of equals the last first."""
    fixed = [i for i, b in enumerate(blocks) if b.at is not None]
    free = [i for i, b in enumerate(blocks) if b.at is None]
    return _first_fit(blocks, fixed + sorted(reversed(free), key=lambda i: -blocks[i].size))


def _first_fit(blocks, order) -> list[Block]:
    """Each at the lowest gap between the blocks placed before it that live when it lives."""
    placed = {}
    for i in order:
        block = blocks[i]
        placed[i] = block if block.at is not None else replace(block, at=_gap(block, placed.values()))
    return [placed[i] for i in range(len(blocks))]


def _gap(block, placed):
    at = 0
    for other in sorted((b for b in placed if b.first <= block.last and block.first <= b.last), key=lambda b: b.at):
        if other.at - at >= block.size:
            break
        at = max(at, other.at + other.size)
    return at


def _orders(blocks):
    """By size, by size and time, by time, and at random around them."""
    indices = range(len(blocks))
    keys = (lambda b: -b.size, lambda b: -b.size * (b.last - b.first + 1), lambda b: b.first, lambda b: -b.last)
    for key in keys:
        yield sorted(indices, key=lambda i: key(blocks[i]))
    rng = np.random.default_rng(_SEED)
    for _ in range(_ORDERS):
        weights = rng.uniform(0.3, 1, len(blocks))
        yield sorted(indices, key=lambda i: -blocks[i].size * weights[i])
