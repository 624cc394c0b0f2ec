# SPDX-License-Identifier: MIT
"""Converts a trained network into a `.tflite`, int8 or float, and says what became of it.

    result = convert(source.load("net.onnx", None, None), calibrate.read(...))
    result.data, result.method, result.snr_db
"""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from torpor_host import engine, files
from torpor_host.convert import calibrate, int8, ranges, source as sources, tflite, unsupported
from torpor_host.convert.fold import fold
from torpor_host.convert.source import Source
from torpor_host.errors import ToolError
from torpor_host.progress import SILENT, Silent

QUANTIZE = ("int8", "float")
ENDS = ("int8", "float")
_NEED = "give --calibrate DATA.npz with some hundred inputs, or --quantize float"


@dataclass(frozen=True)
class Result:
    """data: the file. method: of ranges.METHODS, with the signal-to-noise of the outputs in dB that each had on `samples`.

    That is the mean square of the float outputs over that of the difference. Without quantisation there is no method.
    """

    kind: str
    data: bytes
    samples: int = 0
    method: str | None = None
    snr_db: dict[str, float] = field(default_factory=dict)


def convert_file(
    given: str, target: Path, data: Path | None = None, quantize: str = "int8", weights: Path | None = None,
    shape: tuple[int, ...] | None = None, ends: str = "int8", progress: Silent = SILENT,
) -> Result:
    """Converts what `given` names into the file `target`, which is written whole or not at all.

    data: a .npz with inputs of the framework's shape. shape: of one input without the batch, where neither data nor model say it.
    Raises ToolError: bad data, a bad or unsupported model, a file that cannot be read or written.
    """
    for value, known, option in ((quantize, QUANTIZE, "--quantize"), (ends, ENDS, "--ends")):
        if value not in known:
            raise ToolError(f"{option} {value} is not known.", f"give one of {', '.join(known)}")
    if quantize == "int8" and data is None:
        raise ToolError("Quantising to int8 needs data to calibrate with.", _NEED)
    if not Path(target).parent.is_dir():
        raise ToolError(f"{target} cannot be written: there is no such folder.", "create it first")
    if shape is None and data is not None and ".py:" in given:
        shape = calibrate.sample_shape(data)
    with progress.step(f"read {given}"):
        source = sources.load(given, weights, shape)
    samples = None if quantize == "float" else source.stored(calibrate.read(data, source.inputs()))
    result = convert(source, samples, ends == "float", progress)
    files.write(Path(target), result.data)
    return result


def convert(source: Source, samples: list[np.ndarray] | None = None, float_ends: bool = False, progress: Silent = SILENT) -> Result:
    """The model folded, and with samples (as Source.stored() gives them) quantised to int8.

    Raises ToolError for what int8, or the engine, cannot do.
    """
    model = source.model
    if any(t.dtype in (np.int8, np.int16) for t in model.main.used()):
        raise ToolError("The model is quantised already.", "give the float model; `torpor optimize` makes this one smaller")
    fold(model)
    if samples is not None:
        int8.check(model)
    unsupported.check(model)
    if samples is None:
        return Result(source.kind, tflite.write(model))
    seen = calibrate.observe(model, samples, progress)
    wanted = _outputs(tflite.write(model), samples)
    tried, snr = {}, {}
    with progress.step("choose ranges") as tick:
        for i, (name, choose) in enumerate(ranges.METHODS.items()):
            tick(i, len(ranges.METHODS))
            found = {t: choose(at) for t, at in seen.items()}
            tried[name] = tflite.write(int8.quantise(model, found, float_ends))
            snr[name] = signal_to_noise(wanted, _outputs(tried[name], samples))
    best = max(snr, key=snr.get)
    return Result(source.kind, tried[best], len(samples[0]), best, snr)


def sizes(text: str | None) -> tuple[int, ...] | None:
    """The shape in "1,28,28". Raises ToolError if it is none."""
    if text is None:
        return None
    found = tuple(int(n) for n in text.split(",") if n.strip().isdecimal())
    if len(found) != text.count(",") + 1 or 0 in found:
        raise ToolError(f"--shape {text} is no shape.", "give one input's without the batch, such as 1,28,28")
    return found


def _outputs(data, samples):
    """The real values of each output, [samples, ...]."""
    model, rows = engine.Model(data), []
    for row in zip(*samples):
        calibrate.run(model, row)
        rows.append([t.read_floats() if t.dtype == np.int8 else t.array.astype(np.float32) for t in model.outputs])
    return [np.stack(output) for output in zip(*rows)]


def signal_to_noise(wanted: list[np.ndarray], got: list[np.ndarray]) -> float:
    """In dB, over all outputs, each as important as its own power; 200 at most."""
    pairs = [(np.square(w, dtype=np.float64).mean(), np.square(w - g, dtype=np.float64).mean()) for w, g in zip(wanted, got)]
    noise = np.mean([n / max(s, 1e-30) for s, n in pairs])
    return float(-10 * np.log10(max(noise, 1e-20)))


def summary(result: Result, target: Path) -> dict:
    """What `torpor convert --json` prints."""
    model = engine.Model(result.data)
    return {
        "file": str(target), "from": result.kind, "bytes": len(result.data), "macs": model.macs,
        "arena_bytes": model.arena_size + model.state_size, "ops": dict(Counter(model.ops)),
        "inputs": [_end(t) for t in model.inputs], "outputs": [_end(t) for t in model.outputs],
        "quantize": "int8" if result.method else "float", "calibrated_on": result.samples, "method": result.method,
        "snr_db": {name: round(value, 2) for name, value in result.snr_db.items()}}


def _end(tensor):
    return {"name": tensor.name, "dtype": tensor.dtype.name, "shape": list(tensor.shape), "scale": float(tensor.scale),
            "zero_point": int(tensor.zero_point)}
