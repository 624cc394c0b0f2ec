# SPDX-License-Identifier: MIT
"""Runs a model once, on raw tensors, on any target, so that targets can be compared bit by bit."""

import zipfile
from pathlib import Path

import numpy as np

from torpor_host.engine import Model
from torpor_host.errors import ToolError
from torpor_host.targets import Inference, Target

_SEED = 0x12345678
_FNV_START, _FNV_PRIME = 0x811C9DC5, 0x01000193


def open_model(data: bytes, name: str) -> Model:
    """Verifies a `.tflite` on this PC, names it in the error if it is broken."""
    try:
        return Model(data)
    except ToolError as error:
        raise ToolError(f"{name}: {error}", error.hint) from None


def load(path: Path) -> tuple[bytes, Model]:
    """A model's file and the verified model. Raises ToolError: no such file, broken, not supported."""
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise ToolError(f"{path} cannot be read: {error.strerror}.", "give the path of a .tflite file") from None
    return data, open_model(data, Path(path).name)


def infer(path: Path, target: Target, inputs: list[Path] | None = None) -> Inference:
    """One inference of the model at `path` on `target`.

    inputs: one .npy for each input tensor, of its dtype and number of elements; None for xorshift bytes.
    Raises ToolError for a bad model, bad inputs, or a target that cannot run it.
    """
    data, model = load(path)
    arrays = xorshift(model) if inputs is None else read_inputs(model, inputs)
    return target.infer(data, arrays)


def read_inputs(model: Model, paths: list[Path]) -> list[np.ndarray]:
    """The arrays in `paths`, checked against the model's inputs."""
    if len(paths) != len(model.inputs):
        sentence = f"The model has {len(model.inputs)} inputs, {len(paths)} were given."
        raise ToolError(sentence, "repeat --input once for each, in order")
    return [_read_npy(path, tensor) for path, tensor in zip(paths, model.inputs)]


def xorshift(model: Model) -> list[np.ndarray]:
    """Pseudo-random inputs (Marsaglia's xorshift32, its top byte each step), one stream for all tensors.

    Integer tensors take the bytes as they come, little-endian; float32 tensors take (int8)byte / 128.
    """
    stream = _xorshift_bytes()
    return [_fill(stream, tensor) for tensor in model.inputs]


def fnv(data: bytes) -> str:
    """FNV-1a of 32 bits as 8 hex digits."""
    value = _FNV_START
    for byte in data:
        value = (value ^ byte) * _FNV_PRIME & 0xFFFFFFFF
    return f"{value:08x}"


def summary(target: str, result: Inference) -> dict:
    """What `torpor infer --json` prints."""
    outputs = [
        {"name": o.name, "dtype": o.data.dtype.name, "shape": list(o.data.shape), "fnv": fnv(o.data.tobytes())}
        for o in result.outputs
    ]
    return {"target": target, "engine": result.engine, "arena_bytes": result.arena_bytes, "outputs": outputs}


def save(result: Inference, path: Path) -> None:
    """Writes the outputs to a .npz, under their names, or nothing at all."""
    part = path.with_name(path.name + ".part")
    try:
        with zipfile.ZipFile(part, "w") as archive:
            for i, output in enumerate(result.outputs):
                _write_npy(archive, f"{output.name or f'output{i}'}.npy", output.data)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        hint = "choose a folder that is there and writable"
        raise ToolError(f"{path} cannot be written: {error.strerror}.", hint) from None


def _write_npy(archive, name, array):
    with archive.open(name, "w") as file:  # numpy.savez takes no tensor that is called "file"
        np.lib.format.write_array(file, array, allow_pickle=False)


def _read_npy(path, tensor):
    try:
        array = np.load(path, allow_pickle=False)
    except OSError as error:
        raise ToolError(f"{path} cannot be read: {error.strerror or error}.", "check the path") from None
    except (ValueError, EOFError):
        raise ToolError(f"{path} is not a .npy file.", "write it with numpy.save") from None
    size = int(np.prod(tensor.shape))
    if not isinstance(array, np.ndarray) or array.dtype != tensor.dtype or array.size != size:
        found = f"{array.size} elements of {array.dtype}" if isinstance(array, np.ndarray) else "several arrays"
        raise ToolError(f"{path} has {found}; the input {tensor.name} has {size} of {tensor.dtype}.",
                        "give raw tensors: no conversion is made")
    return np.ascontiguousarray(array).reshape(tensor.shape)


def _fill(stream, tensor):
    size = int(np.prod(tensor.shape))
    if tensor.dtype == np.float32:
        values = np.fromiter(stream, np.uint8, size).view(np.int8).astype(np.float32) / 128
    else:
        values = np.fromiter(stream, np.uint8, size * tensor.dtype.itemsize).view(tensor.dtype)
    return values.reshape(tensor.shape)


def _xorshift_bytes():
    x = _SEED
    while True:
        x ^= x << 13 & 0xFFFFFFFF
        x ^= x >> 17
        x ^= x << 5 & 0xFFFFFFFF
        yield x >> 24
