# SPDX-License-Identifier: MIT
"""Layers that cannot be converted: all of them at once, each with its place in the user's model and what could replace it."""

from dataclasses import dataclass

from torpor_host.check.operators import TYPES, operators
from torpor_host.convert.graph import Model
from torpor_host.errors import ToolError

# By the framework's name of the layer, in small letters.
_INSTEAD = {
    "gelu": "relu, hardswish or silu", "mish": "hardswish", "softplus": "relu", "selu": "relu or elu", "celu": "elu",
    "layer_norm": "batch_norm", "layernormalization": "batch normalisation", "group_norm": "batch_norm",
    "instance_norm": "batch_norm", "instancenormalization": "batch normalisation", "local_response_norm": "batch_norm",
    "lstm": "convolutions over time", "gru": "convolutions over time", "rnn_tanh": "convolutions over time",
    "scaled_dot_product_attention": "convolutions", "embedding": "one-hot inputs and linear",
    "upsample_bicubic2d": "bilinear", "layernorm": "BatchNormalization", "groupnormalization": "BatchNormalization",
    "sort": "a step after the model", "topk": "a step after the model", "argmax": "a step after the model",
}
_DEFAULT = "layers that convert/README.md lists"


@dataclass(frozen=True)
class Layer:
    """place: in the user's model, such as "features.3". name: of the layer's kind."""

    place: str
    name: str
    reason: str = ""
    instead: str = ""


def fail(layers: list[Layer], what: str = "converted") -> None:
    """Raises ToolError that names all layers; returns if there are none."""
    if not layers:
        return
    named = [f"{at.place} ({at.name}{': ' + at.reason if at.reason else ''})" for at in layers]
    count = "One layer" if len(layers) == 1 else f"{len(layers)} layers"
    advice = dict.fromkeys((at.name, at.instead or _INSTEAD.get(at.name.lower(), _DEFAULT)) for at in layers)
    raise ToolError(f"{count} cannot be {what}: {'; '.join(named)}.", "; ".join(f"instead of {n}: {i}" for n, i in advice))


def check(model: Model) -> None:
    """Raises ToolError if the engine does not run some operators in their types."""
    known, bad = operators(), []
    for graph in model.graphs:
        for i, op in enumerate(graph.ops):
            row = known.get(op.custom_code or op.name)
            types = [[None if t is None else TYPES.get(t.type, "") for t in side] for side in (op.inputs, op.outputs)]
            if row is None or not row.takes(*types):
                kinds = ", ".join(dict.fromkeys(name for name in types[0] if name))
                bad.append(Layer(f"#{i} {op.outputs[0].name if op.outputs else ''}".strip(), op.name, "" if row is None else f"not in {kinds}"))
    fail(bad, "run")
