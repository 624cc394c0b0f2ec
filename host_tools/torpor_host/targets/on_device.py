# SPDX-License-Identifier: MIT
# MicroPython, not CPython: sent to a target by targets/script.py, which appends a call.
# `files` is a folder, or {name: bytes}: model.tflite, input0, input1, ... (raw bytes). The answer is one line of JSON.
import binascii
import io
import json

import tflm


def _open(files):
    return tflm.Model(files["model.tflite"] if isinstance(files, dict) else files + "/model.tflite")


def _fill(files, m):
    for i in range(len(m.inputs)):
        name = "input%d" % i
        with io.BytesIO(files[name]) if isinstance(files, dict) else open(files + "/" + name, "rb") as f:
            f.readinto(m.input(i))


def infer(files):
    m = _open(files)
    _fill(files, m)
    m.run()
    outputs = [_describe(t, m.output(i)) for i, t in enumerate(m.outputs)]
    print(json.dumps({"engine": tflm.ENGINE, "arena_bytes": m.arena_size + m.state_size, "outputs": outputs}))


def _describe(t, data):
    return {
        "name": t.name, "dtype": t.dtype, "shape": t.shape, "scale": t.scale, "zero_point": t.zero_point,
        "hex": binascii.hexlify(data).decode(),
    }


def bench(files):
    m = _open(files)
    _fill(files, m)
    answer = {"engine": tflm.ENGINE, "arena_bytes": m.arena_size + m.state_size, "macs": m.macs}
    try:
        import emu
    except ImportError:
        answer["time_us"] = _median_us(m.run)
    else:
        answer.update(_count(emu, files, m))
    print(json.dumps(answer))


def _median_us(call):
    """Of 9 batches, each long enough for a clock of 1 us."""
    count = 1
    while _batch_us(call, count) < 10000:
        count *= 2
    return sorted(_batch_us(call, count) for _ in range(9))[4] / count


def _batch_us(call, count):
    import time

    start = time.ticks_us()
    for _ in range(count):
        call()
    return time.ticks_diff(time.ticks_us(), start)


def _count(emu, files, m):
    """Ticks of the board's counter in run(), each operator, predict() and opening, less what measuring costs."""
    import gc
    import time

    x = [_floats(t.nbytes // _SIZE[t.dtype]) for t in m.inputs]
    view = memoryview(open(files + "/model.tflite", "rb"))
    gc.collect()
    emu.measure(_nothing)  # the first call fills the interpreter's caches
    ticks, stack = emu.measure(m.run)
    _fill(files, m)  # a run may overwrite the inputs
    ops = m.profile(time.ticks_cpu)
    return {
        "tick_hz": emu.TICK_HZ,
        "ticks": ticks - emu.measure(_nothing)[0],
        "predict_ticks": emu.measure(lambda: m.predict(*x))[0] - emu.measure(lambda: _nothing(*x))[0],
        "setup_ticks": emu.measure(lambda: tflm.Model(view))[0] - emu.measure(lambda: _nothing(view))[0],
        "stack_bytes": stack,
        "op_ticks": _less(ops, emu.measure(time.ticks_cpu)[0]),
    }


def _less(profile, clock):
    return [(op, ticks - clock) for op, ticks in profile]


_SIZE = {"int8": 1, "uint8": 1, "bool": 1, "int16": 2, "int32": 4, "float32": 4, "int64": 8}


def _floats(n):
    import array

    return array.array("f", bytes(4 * n))


def _nothing(*_):
    pass
