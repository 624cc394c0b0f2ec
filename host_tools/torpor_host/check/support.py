# SPDX-License-Identifier: MIT
"""Which operators of a model the engine runs, and for each of the others the reason: all of them at once.

The engine stops at the first operator that it cannot run. So if it refuses a model, each operator is put before it alone,
as a model of its own.
"""

from dataclasses import dataclass

from torpor_host import engine
from torpor_host.check import operators
from torpor_host.convert import tflite
from torpor_host.convert.graph import INT4, RESOURCE, Graph, Model, Op, Tensor, type_of
from torpor_host.errors import ToolError

_HANDLE, _FLOAT = type_of(RESOURCE), type_of("float32")


@dataclass(frozen=True)
class Support:
    """index: of the operator in the file, the main subgraph's first. type: that it computes in: "int8", "float32 to int8".

    reason: why it is not supported, in the engine's words; None if it is. macs: multiply-accumulates of one run, 0 if it is not
    supported. bytes: of its constants.
    """

    index: int
    op: str
    type: str
    supported: bool
    reason: str | None
    macs: int
    bytes: int


def examine(data: bytes) -> list[Support]:
    """All operators of a file, in all its subgraphs.

    Raises ToolError if it is no model, one that contradicts itself, or one that the engine cannot run for another reason
    than its operators: subgraphs that call each other too deeply.
    """
    model = tflite.read(data)
    refused = _refusal(data)
    found, counted = [], set()
    for graph in model.graphs:
        for op in graph.ops:
            reason, macs = _alone(model, graph, op)
            reason = refused and reason  # a model that runs is the better witness
            found.append(Support(len(found), _name(op), _type(op), reason is None, reason, macs, _bytes(op, counted)))
    if refused and all(one.supported for one in found):
        raise ToolError(str(refused), "change the model or its conversion")
    return found


def _refusal(data) -> engine.Unsupported | None:
    try:
        engine.measure(data)
    except engine.Unsupported as error:
        return error
    return None


def _alone(model: Model, graph: Graph, op: Op) -> tuple[str | None, int]:
    """The reason why the engine refuses an operator, if it does, and its multiply-accumulates."""
    try:
        return None, engine.Model(tflite.write(alone(model, graph, op))).macs
    except engine.Refused as error:
        return (None if error.graph else error.reason), 0  # in a graph that it calls, others are to blame


def alone(model: Model, graph: Graph, op: Op) -> Model:
    """A model of one operator: what it reads comes from outside, and variables from their handles."""
    handles = dict.fromkeys(graph.writer(t) for t in op.reads() if t.type == _HANDLE)
    inputs = [t for t in dict.fromkeys(op.reads()) if t.data is None and _outside(t)]
    outputs = [t for t in op.outputs if _outside(t)]
    ops = [*(handle for handle in handles if handle is not None), op]
    if not outputs:  # a graph has to compute something
        x, y = (Tensor(name, (1,), _FLOAT) for name in "xy")
        inputs, outputs, ops = [*inputs, x], [y], [*ops, Op("ABS", [x], [y])]
    return Model([Graph(inputs, outputs, ops), *model.graphs[1:]])


def _outside(t: Tensor) -> bool:
    """Whether it may come from outside, and go there."""
    return not t.variable and t.type != _HANDLE


def _name(op: Op) -> str:
    return op.custom_code or op.name if op.name == "CUSTOM" else op.name


def _type(op: Op) -> str:
    ends = [operators.TYPES.get(t.type, f"type {t.type}") for t in (*op.reads()[:1], *op.outputs[:1])]
    packed = [INT4] if any(t.dtype == INT4 for t in op.reads()) else []
    return " to ".join(dict.fromkeys(ends)) + "".join(f", {name} weights" for name in packed)


def _bytes(op: Op, counted: set[Tensor]) -> int:
    """Of constants that no operator before it has."""
    own = [t for t in dict.fromkeys(op.reads()) if t.data is not None and t not in counted]
    counted.update(own)
    return sum(len(t.data) for t in own)
