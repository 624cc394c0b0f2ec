# SPDX-License-Identifier: MIT
"""The files that the scripts read, made on the host: models by the writer, outputs by the official interpreter."""

import json
import struct
from pathlib import Path

import kernel_models
import numpy as np
import pipeline_reference
import probes
import pytest
from tflite_micro import runtime
from torpor_host import dsp, romfs, wav
from torpor_host.check.operators import operators
from torpor_host.convert.writer import RESOURCE, Writer
from torpor_host.paths import MODELS

PEERS = ("kws_ref_model", "pretrainedResnet_quant", "vww_96_int8", "ad01_int8", "hello_world_int8")
PEERS_FLOAT = ("ad01_fp32", "hello_world_float")
METADATA = json.dumps({"labels": ["a", "b", "c", "d", "e"], "note": "größer"}).encode()
FRONT_END = {"rate": 16000, "window": 480, "fft": 512, "bands": 20, "low_hz": 80, "high_hz": 7600}


def interpret(model, *inputs):
    """The official interpreter's outputs, in the tensors' types."""
    interpreter = runtime.Interpreter.from_bytes(model, arena_size=1 << 20)
    for i, x in enumerate(inputs):
        interpreter.set_input(x, i)
    interpreter.invoke()
    return interpreter.get_output(0)


def classifier():
    """int8 x[1, 8, 6, 1] -> convolution, depthwise convolution, dense layer, softmax -> int8 y[1, 5]."""
    rng = np.random.default_rng(5)
    w = Writer("classifier")
    x = w.tensor("samples", (1, 8, 6, 1), np.int8, scale=0.5, zero_point=-3)
    y1 = w.tensor("y1", (1, 4, 3, 4), np.int8, scale=0.6, zero_point=-128)
    y2 = w.tensor("y2", (1, 4, 3, 4), np.int8, scale=0.5, zero_point=4)
    y3 = w.tensor("y3", (1, 48), np.int8, scale=0.5, zero_point=4)
    y4 = w.tensor("y4", (1, 5), np.int8, scale=0.05, zero_point=0)
    y = w.tensor("scores", (1, 5), np.int8, scale=1 / 256, zero_point=-128)
    k1 = w.tensor("k1", (4, 3, 3, 1), np.int8, rng.integers(-127, 128, (4, 3, 3, 1)), [0.003, 0.004, 0.005, 0.006], axis=0)
    b1 = w.tensor("b1", (4,), np.int32, [10, -20, 300, 4], np.multiply([0.003, 0.004, 0.005, 0.006], 0.5), axis=0)
    k2 = w.tensor("k2", (1, 3, 3, 4), np.int8, rng.integers(-127, 128, (1, 3, 3, 4)), [0.004, 0.003, 0.002, 0.005], axis=3)
    b2 = w.tensor("b2", (4,), np.int32, [0, 50, -600, 7], np.multiply([0.004, 0.003, 0.002, 0.005], 0.6), axis=0)
    k4 = w.tensor("k4", (5, 48), np.int8, rng.integers(-127, 128, (5, 48)), 0.0001)
    step = {"padding": "SAME", "strideW": 1, "strideH": 1}
    w.op("CONV_2D", [x, k1, b1], [y1], padding="SAME", strideW=2, strideH=2, fusedActivationFunction="RELU")
    w.op("DEPTHWISE_CONV_2D", [y1, k2, b2], [y2], depthMultiplier=1, **step)
    w.op("RESHAPE", [y2, w.tensor("shape", (2,), np.int32, [1, 48])], [y3], newShape=[1, 48])
    w.op("FULLY_CONNECTED", [y3, k4, -1], [y4])
    w.op("SOFTMAX", [y4], [y], beta=1.0)
    w.metadata("torpor", METADATA)
    return w.finish([x], [y])


def echo(n, dtype, **quantization):
    """y[n] = x[1, n]: what an input tensor holds comes out."""
    w = Writer("echo")
    x = w.tensor("x", (1, n), dtype, **quantization)
    y = w.tensor("y", (n,), dtype, **quantization)
    w.op("RESHAPE", [x, w.tensor("shape", (1,), np.int32, [n])], [y], newShape=[n])
    return w.finish([x], [y])


def two():
    """int8 a, b[1, 6] -> (a + b, a); all of scale 0.25, so that sums of quarters are exact."""
    w = Writer("two inputs, two outputs")
    kind = {"shape": (1, 6), "dtype": np.int8, "scale": 0.25, "zero_point": 0}
    a, b, total = (w.tensor(name, **kind) for name in ("a", "b", "sum"))
    same = w.tensor("same", (6,), np.int8, scale=0.25, zero_point=0)
    w.op("ADD", [a, b], [total])
    w.op("RESHAPE", [a, w.tensor("shape", (1,), np.int32, [6])], [same], newShape=[6])
    return w.finish([a, b], [total, same])


def dense_float():
    """float32 y[1, 2] = x[1, 3] [[1, 2, 3], [-4, 5, 0.5]]^T + [10, -10]: exact for small integers."""
    w = Writer("dense")
    x, y = w.tensor("x", (1, 3), np.float32), w.tensor("y", (1, 2), np.float32)
    k = w.tensor("k", (2, 3), np.float32, [[1, 2, 3], [-4, 5, 0.5]])
    w.op("FULLY_CONNECTED", [x, k, w.tensor("b", (2,), np.float32, [10, -10])], [y])
    return w.finish([x], [y])


def spectrum(dtype, kind):
    """x[480] -> its spectrum of 512 points, y[514]; kind is TensorFlow Lite's number of the type."""
    w = Writer("spectrum")
    x, y = w.tensor("x", (480,), dtype), w.tensor("y", (514,), dtype)
    w.custom("SignalRfft", [x], [y], {"T": kind, "fft_length": 512})
    return w.finish([x], [y])


def streaming():
    """int8 x[1, 1, 1, 2] -> its last three, y[6], every second time; scale 0.5."""
    w = Writer("streaming")
    kind = {"dtype": np.int8, "scale": 0.5, "zero_point": 0}
    x, y = w.tensor("x", (1, 1, 1, 2), **kind), w.tensor("y", (6,), **kind)
    last = w.tensor("last", (1, 3, 1, 2), variable=True, **kind)
    w.custom("CIRCULAR_BUFFER", [x], [last], {"cycles_max": 2})
    w.op("RESHAPE", [last, w.tensor("shape", (1,), np.int32, [6])], [y], newShape=[6])
    return w.finish([x], [y])


def remembering():
    """int32 n[1], float32 x[3] -> (x doubled until n is 4, the sum of all such, which begins as [1, 2, 3])."""
    w = Writer("remembering")

    def handle(part):
        h = part.tensor("h", (), RESOURCE)
        part.op("VAR_HANDLE", [], [h], sharedName="sum")
        return h

    init, condition, body = w.subgraph(), w.subgraph(), w.subgraph()
    init.op("ASSIGN_VARIABLE", [handle(init), init.tensor("c", (3,), np.float32, [1, 2, 3])], [])
    init.ends([], [])
    for part in (condition, body):
        n, x = part.tensor("n", (1,), np.int32), part.tensor("x", (3,), np.float32)
        one, y = part.tensor("c", (1,), np.int32, [4 if part is condition else 1]), part.tensor("y", (3,), np.float32)
        m = part.tensor("m", (1,), np.bool_ if part is condition else np.int32)
        part.op("LESS" if part is condition else "ADD", [n, one], [m])
        if part is body:
            part.op("ADD", [x, x], [y])
        part.ends([n, x], [m] if part is condition else [m, y])
    w.op("CALL_ONCE", [], [], initSubgraphIndex=init.number)
    n, m = (w.tensor(name, (1,), np.int32) for name in "nm")
    x, y, old, new = (w.tensor(name, (3,), np.float32) for name in ("x", "y", "old", "new"))
    w.op("WHILE", [n, x], [m, y], condSubgraphIndex=condition.number, bodySubgraphIndex=body.number)
    w.op("READ_VARIABLE", [handle(w)], [old])
    w.op("ADD", [old, y], [new])
    w.op("ASSIGN_VARIABLE", [handle(w), new], [])
    return w.finish([n, x], [y, new])


def interpret_runs(model, runs, resets):
    """Both outputs of the official interpreter in each of several runs; before the runs `resets` it is reset."""
    interpreter, results = runtime.Interpreter.from_bytes(model), []
    for number, inputs in enumerate(runs):
        if number in resets:
            interpreter.reset()
        for i, (x, dtype) in enumerate(zip(inputs, (np.int32, np.float32))):
            interpreter.set_input(np.array(x, dtype), i)
        interpreter.invoke()
        results.append([interpreter.get_output(i).tolist() for i in range(2)])
    return results


def unsupported():
    """A valid model whose second operator is one that TFLM does not have, either."""
    w = Writer("unsupported")
    x, y, z = (w.tensor(name, (1, 4), np.float32) for name in "xyz")
    w.op("SOFTMAX", [x], [y], beta=1.0)
    w.op("SIGN", [y], [z])
    return w.finish([x], [z])


def huge():
    """A valid model that needs more memory than any board has: y = x + x of 2^26 values."""
    w = Writer("huge")
    x, y = (w.tensor(name, (1, 1 << 26), np.int8, scale=1.0, zero_point=0) for name in "xy")
    w.op("ADD", [x, x], [y])
    return w.finish([x], [y])


def _write_models(folder):
    model = classifier()
    x = np.random.default_rng(6).integers(-128, 128, (1, 8, 6, 1)).astype(np.int8)
    models = {
        "classifier.tflite": model,
        "echo_int8.tflite": echo(10, np.int8, scale=0.5, zero_point=-3),
        "echo_float32.tflite": echo(70, np.float32),
        "echo_int32.tflite": echo(10, np.int32),
        "echo_int64.tflite": echo(10, np.int64),
        "two.tflite": two(),
        "dense.tflite": dense_float(),
        "unsupported.tflite": unsupported(),
        "huge.tflite": huge(),
        "streaming.tflite": streaming(),
    }
    wave = np.random.default_rng(8).integers(-32768, 32768, 480)
    for dtype, kind in ((np.int16, 7), (np.int32, 2), (np.float32, 0)):
        name, sound = f"spectrum_{np.dtype(dtype)}", (wave << 15 if dtype == np.int32 else wave).astype(dtype)
        models[f"{name}.tflite"] = spectrum(dtype, kind)
        models[f"{name}.x"] = sound.tobytes()
        models[f"{name}.y"] = interpret(models[f"{name}.tflite"], sound).tobytes()
    models["image.romfs"] = romfs.build({"classifier.tflite": model})
    models["classifier.x"] = x.tobytes()
    models["classifier.y"] = interpret(model, x).tobytes()
    models["metadata.json"] = METADATA
    models["remembering.tflite"] = remembering()
    runs, resets = [([n], [n, 0.5, -3]) for n in (0, 4, 2, 7, 1, 3)], [3, 5]
    outputs = interpret_runs(models["remembering.tflite"], runs, resets)
    models["remembering.json"] = json.dumps({"runs": runs, "resets": resets, "outputs": outputs}).encode()
    for name, data in models.items():
        (folder / name).write_bytes(data)


def _write_features(folder):
    """Noise with a chirp, quiet and full-scale parts; what the host makes of it."""
    rng = np.random.default_rng(7)
    t = np.arange(480 * 4)
    samples = (rng.normal(0, 800, t.size) + 20000 * np.sin(t * t * 3e-4) * (t > 700)).round()
    samples = np.clip(samples, -32768, 32767).astype(np.int16)
    mel = dsp.LogMel(**FRONT_END)
    frames = [mel.frame(samples[i : i + 480]) for i in range(0, samples.size, 480)]
    (folder / "samples.i16").write_bytes(samples.tobytes())
    (folder / "features.i16").write_bytes(np.concatenate(frames).tobytes())
    (folder / "features.i8").write_bytes(np.concatenate([dsp.quantize(f, 3000, 2500, -7) for f in frames]).tobytes())
    (folder / "dsp.json").write_text(json.dumps({"front_end": FRONT_END, "level": int(dsp.level(samples))}))


def _write_pipeline(folder):
    """Eight seconds of the demo's recording (yes, no, unknown, stop), and what the package must report of them."""
    model = (MODELS / "keywords/model.tflite").read_bytes()
    samples = wav.read(MODELS / "keywords/samples/demo.wav")[: 8 * wav.RATE]
    wake = {"threshold_dbfs": -35, "hang_ms": 800, "hysteresis_db": 6}
    decide = {"n": 3, "threshold": 0.8, "refractory_ms": 1000, "every": 5}
    records = pipeline_reference.records(model, samples, **wake, **decide)
    (folder / "keywords.tflite").write_bytes(model)
    (folder / "recording.i16").write_bytes(samples.tobytes())
    (folder / "pipeline.json").write_text(json.dumps(records))
    (folder / "frames.json").write_bytes((Path(__file__).parents[1] / "vectors/frames.json").read_bytes())


def _write_kernels(folder):
    """Models of kernel_models.py with inputs and output, as tflm_kernels.py reads them."""
    parts = []
    for seed in range(144):
        model, inputs = kernel_models.KINDS[seed % len(kernel_models.KINDS)](seed)
        x, y = b"".join(part.tobytes() for part in inputs), interpret(model, *inputs).tobytes()
        parts += [struct.pack("<III", len(model), len(x), len(y)), model, x, y]
    (folder / "kernels.bin").write_bytes(b"".join(parts))


def _write_operators(folder):
    """For each operator and all types in its row a model and three runs of it, as tflm_operators.py reads them; not for
    what the official interpreter refuses, or computes with a parameter that nothing sets, and not for control flow,
    which tflm_state.py runs."""
    parts = []
    for name in sorted(operators().keys() - probes.UNSET.keys()):
        for types, found in probes.of_table(name):
            probe = next((probe for probe in found if "uint64" not in types[0] and probes.asked(probe)), None)
            if probe:
                runs = [b"".join(map(_tensors, (probe.fed(seed), probes.asked(probe, seed)))) for seed in range(3)]
                parts += _entry(name.encode(), bytes([probes.ULPS.get(name, 0)]), probe.model(), *runs)
    (folder / "operators.bin").write_bytes(b"".join(parts))


def _entry(*parts):
    return struct.pack("<6I", *map(len, parts)), *parts


def _tensors(arrays):
    """How many; of each its kind (f for floats, i for integers), how many bytes, and those."""
    arrays = [np.ascontiguousarray(x) for x in arrays]
    each = (struct.pack("<cI", b"f" if x.dtype.kind == "f" else b"i", x.nbytes) + x.tobytes() for x in arrays)
    return bytes([len(arrays)]) + b"".join(each)


def _write_peers(folder, models):
    """The peers' models and what the official interpreter answered to the xorshift input."""
    golden = json.loads((models / "golden_xorshift.json").read_text())
    for name in (*PEERS, *PEERS_FLOAT):
        (folder / f"{name}.tflite").write_bytes((models / f"{name}.tflite").read_bytes())
    exact = {name: golden[name]["wheel"]["fnv"] for name in PEERS}
    close = {name: golden[name]["wheel"]["out"][0]["data"] for name in PEERS_FLOAT}
    (folder / "peers.json").write_text(json.dumps({"exact": exact, "close": close}))


@pytest.fixture(scope="session")
def files(tmp_path_factory):
    """A folder with all that the scripts read."""
    folder = tmp_path_factory.mktemp("device")
    _write_models(folder)
    _write_features(folder)
    _write_pipeline(folder)
    _write_kernels(folder)
    _write_operators(folder)
    return folder


@pytest.fixture(scope="session")
def peer_files(files, request):
    """The same folder with the peers' models, where those are at hand; the script says so where they are not."""
    try:
        _write_peers(files, request.getfixturevalue("peer_models"))
    except pytest.skip.Exception:
        pass
    return files
