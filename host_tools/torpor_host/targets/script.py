# SPDX-License-Identifier: MIT
"""The program that runs a model on a MicroPython, and what its answer means."""

import json
from pathlib import Path

import numpy as np

from torpor_host.errors import ToolError
from torpor_host.targets.base import Inference, Output

_PROGRAM = (Path(__file__).parent / "on_device.py").read_text()


def files(model: bytes, inputs: list[np.ndarray]) -> dict[str, bytes]:
    """The files that the program reads, by name."""
    return {"model.tflite": model, **{f"input{i}": x.tobytes() for i, x in enumerate(inputs)}}


def program(call: str, files: str) -> str:
    """Source text that runs `infer` or `bench` on files: an expression that is a folder's path, or {name: bytes}."""
    return f"{_PROGRAM}\n{call}({files})\n"


def answer(output: bytes, where: str) -> dict:
    """The program's JSON line, the last one that it printed."""
    try:
        return json.loads(output.decode().strip().splitlines()[-1])
    except (ValueError, IndexError):
        raise ToolError(f"{where} gave no answer but {output[-80:]!r}.", "`torpor build` makes it anew") from None


def inference(found: dict) -> Inference:
    outputs = [_output(entry) for entry in found["outputs"]]
    return Inference(found["engine"], found["arena_bytes"], outputs)


def _output(entry) -> Output:
    data = np.frombuffer(bytes.fromhex(entry["hex"]), np.dtype(entry["dtype"]).newbyteorder("<"))
    return Output(entry["name"], data.reshape(entry["shape"]), entry["scale"] or 0.0, entry["zero_point"])


def failure(trace: str, where: str) -> ToolError:
    """What a person should read when the program ended with an exception."""
    last = trace.strip().splitlines()[-1] if trace.strip() else "no reason given"
    kind, _, text = last.partition(": ")
    if kind == "MemoryError":
        sentence = f"{where} has not enough memory: {text or 'out of memory'}."
        return ToolError(sentence, "use a smaller model, or a board with more RAM")
    if kind == "ImportError":
        return ToolError(f"The firmware of {where} lacks what this needs: {text}.", "use a firmware that has it")
    if kind == "ValueError":
        return ToolError(f"{where} refused the model: {text}.", "export the model again")
    return ToolError(f"{where} failed: {last}.", "this is a bug; `torpor build` first, in case it is out of date")
