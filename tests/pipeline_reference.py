# SPDX-License-Identifier: MIT
"""What the device package must report for a recording: the README's pipeline in plain Python.

Shares no code with lib/torpor. The model is run by the official interpreter; features and levels
come from the device's C, which tests/host/test_dsp.py compares with NumPy.
"""

import json

import numpy as np
from tflite_micro import runtime
from tflite_micro.tensorflow.lite.micro.python import schema_py_generated as schema
from torpor_host import dsp


def about(model: bytes) -> dict:
    """The JSON of the model's metadata entry "torpor"."""
    parsed = schema.ModelT.InitFromPackedBuf(model, 0)
    (entry,) = (entry for entry in parsed.metadata if entry.name == b"torpor")
    return json.loads(bytes(parsed.buffers[entry.buffer].data))


def windows(x, size, hop):
    """x[n] -> [n // hop, size]: the `size` samples before the end of each hop, zeros before the beginning."""
    padded = np.concatenate([np.zeros(size - hop, x.dtype), x])
    return np.stack([padded[i * hop : i * hop + size] for i in range(len(x) // hop)])


def awake_spans(levels, on_cdb, off_cdb, hang):
    """[(first, last)] hops: from one that is loud to the one that completes `hang` quiet hops, or to the end."""
    spans, i = [], 0
    while i < len(levels):
        if levels[i] < on_cdb:
            i += 1
            continue
        last_loud = first = i
        while i < len(levels) and i - last_loud < hang:
            i += 1
            last_loud = i if i < len(levels) and levels[i] >= off_cdb else last_loud
        last = min(i, len(levels) - 1)
        spans.append((first, last))
        i = last + 1
    return spans


def records(model: bytes, x, threshold_dbfs, hang_ms, hysteresis_db, n, threshold, refractory_ms, every):
    """[[kind, fields]] of wakes, decisions and sleeps for x, int16[samples]."""
    labels, settings = about(model)["labels"], about(model)["features"]
    ms = settings["hop"] * 1000 // settings["rate"]
    heard = windows(x, settings["window"], settings["hop"])
    mel = dsp.LogMel(*(settings[name] for name in ("rate", "window", "fft", "bands", "low_hz", "high_hz")))
    interpreter = runtime.Interpreter.from_bytes(model)
    details = interpreter.get_input_details(0), interpreter.get_output_details(0)
    (zero_in,), (zero_out,) = (d["quantization_parameters"]["zero_points"] for d in details)
    (scale,) = details[1]["quantization_parameters"]["scales"]
    silence = np.zeros((settings["frames"], settings["window"]), np.int16)
    rows = [mel.frame(window) for window in np.concatenate([silence, heard])]
    rows = np.stack([dsp.quantize(row, settings["offset"], settings["multiplier"], int(zero_in)) for row in rows])

    def scores(hop):
        matrix = rows[hop + 1 : hop + 1 + settings["frames"]]
        interpreter.set_input(matrix.reshape(details[0]["shape"]), 0)
        interpreter.invoke()
        return (interpreter.get_output(0).ravel().astype(int) - zero_out) * float(scale)

    found, decided = [], -refractory_ms
    levels = [dsp.level(window) for window in heard]
    for first, last in awake_spans(levels, threshold_dbfs * 100, (threshold_dbfs - hysteresis_db) * 100, hang_ms // ms):
        woke, past = (first + 1) * ms, []
        found.append(["wake", {"t_ms": woke}])
        for hop in range(first + every, last, every):
            past.append(scores(hop))
            mean, t_ms = np.mean(past[-n:], axis=0), (hop + 1) * ms
            best = int(np.argmax(mean))
            sure = mean[best] >= threshold and labels[best] not in ("silence", "unknown")
            if len(past) >= n and sure and t_ms - decided >= refractory_ms:
                found.append(["decision", {"t_ms": t_ms, "label": labels[best], "score": mean[best]}])
                decided = t_ms
        asleep = (last + 1) * ms
        found.append(["sleep", {"t_ms": asleep, "awake_ms": asleep - woke, "inferences": len(past)}])
    return found
