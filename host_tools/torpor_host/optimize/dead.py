# SPDX-License-Identifier: MIT
"""Drops operators whose outputs nobody reads, and tensors that nothing names.

Proof: an operator without variables or other effects only writes its outputs.
"""

from torpor_host.convert.graph import Graph, Model
from torpor_host.optimize.rewire import EFFECTS


def drop_dead(model: Model) -> int:
    """Returns how many operators and tensors went."""
    named = {t for s in model.signatures for _, t in (*s.inputs, *s.outputs)}
    return sum(_operators(graph) + _tensors(graph, named) for graph in model.graphs)


def _operators(graph: Graph) -> int:
    """From the last to the first, so that what only dead operators read dies as well."""
    read = set(graph.outputs)
    kept = []
    for op in reversed(graph.ops):
        if op.name in EFFECTS or any(t.variable for t in op.reads()) or any(t in read for t in op.outputs):
            kept.append(op)
            read.update(op.reads())
    count = len(graph.ops) - len(kept)
    graph.ops = kept[::-1]
    return count


def _tensors(graph, named):
    used = set(graph.used()) | named
    kept = [t for t in graph.tensors if t in used]
    count = len(graph.tensors) - len(kept)
    graph.tensors = kept
    return count
