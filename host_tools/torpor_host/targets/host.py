# SPDX-License-Identifier: MIT
"""Target `host`: the engine in this process."""

import statistics
import time

from torpor_host.engine import Model, engine_name
from torpor_host.targets.base import Inference, Measurement, Output

_AT_LEAST = 15, 0.3  # runs, seconds


class Host:
    name = "host"

    def infer(self, model, inputs) -> Inference:
        m = Model(model)
        arrays = m(*inputs)
        outputs = [Output(t.name, array, t.scale, t.zero_point) for t, array in zip(m.outputs, arrays)]
        return Inference(engine_name(), m.arena_size + m.state_size, outputs)

    def bench(self, model, inputs) -> Measurement:
        m = Model(model)
        m(*inputs)
        return Measurement(engine_name(), m.arena_size + m.state_size, m.macs, time_us=_median_us(m.run))


def _median_us(call) -> float:
    times, begin = [], time.perf_counter()
    while len(times) < _AT_LEAST[0] or time.perf_counter() - begin < _AT_LEAST[1]:
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e6
