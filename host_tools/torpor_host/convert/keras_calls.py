# SPDX-License-Identifier: MIT
"""Which layer of a functional model reads what, in the words of Keras 3 and of Keras 2."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Ref:
    """An output of a layer, in the model that it stands in."""

    layer: str
    node: int
    index: int


def ends(structure) -> list[Ref]:
    """Inputs or outputs of a model: one, a list, or by name."""
    if isinstance(structure, dict):
        structure = list(structure.values())
    if structure and isinstance(structure[0], str):
        structure = [structure]
    return [Ref(*entry[:3]) for entry in structure]


def call(node):
    """Arguments and options of one use of a layer, with a Ref for each value, from the words of either Keras."""
    if isinstance(node, dict):
        return _referred(node.get("args", [])), _referred(node.get("kwargs", {}))
    node = [node] if isinstance(node[0], str) else node
    options = node[0][3] if len(node[0]) > 3 else {}
    options = {key: Ref(*v) if isinstance(v, list) and len(v) == 3 and isinstance(v[0], str) else v for key, v in options.items()}
    return [entry[2] if entry[0] == "_CONSTANT_VALUE" else Ref(*entry[:3]) for entry in node], options


def _referred(argument):
    if isinstance(argument, dict) and argument.get("class_name") == "__keras_tensor__":
        return Ref(*argument["config"]["keras_history"])
    if isinstance(argument, dict):
        return {key: _referred(value) for key, value in argument.items()}
    return [_referred(a) for a in argument] if isinstance(argument, list) else argument


def refs(argument) -> list[Ref]:
    """All that arguments refer to."""
    if isinstance(argument, Ref):
        return [argument]
    parts = argument.values() if isinstance(argument, dict) else argument if isinstance(argument, (list, tuple)) else ()
    return [ref for part in parts for ref in refs(part)]


def first_uses(found: list[Ref]) -> dict[str, int]:
    """The number of each layer's first use: 0, but 1 for most models within models, whose own inputs count as a use."""
    first: dict[str, int] = {}
    for ref in found:
        first[ref.layer] = min(first.get(ref.layer, ref.node), ref.node)
    return first


def filled(argument, values):
    """Arguments with the values that they refer to."""
    if isinstance(argument, Ref):
        return values[argument]
    if isinstance(argument, dict):
        return {key: filled(value, values) for key, value in argument.items()}
    return [filled(a, values) for a in argument] if isinstance(argument, (list, tuple)) else argument
