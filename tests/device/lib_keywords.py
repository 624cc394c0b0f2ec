# SPDX-License-Identifier: MIT
"""The README's pipeline with the project's own model on a recording: every record as the reference says.

tests/pipeline_reference.py made pipeline.json, without lib/torpor and with the official interpreter.
"""

import asyncio
import json
import os

import dsp
import tflm
import torpor
from torpor import decide, wake

HERE = os.getcwd().rstrip("/") + "/"


class Recording:
    """16 kHz int16 from a file, each block as soon as the ring is empty."""

    rate, shape, dtype, units, overruns = 16000, (1,), "int16", "full scale", 0

    def __init__(self, path):
        self._file = open(path, "rb")
        self.ring = None

    async def readinto(self, buf):
        while self.ring.ready():
            await asyncio.sleep_ms(0)
        if self._file.readinto(buf) < len(buf):
            raise EOFError
        await asyncio.sleep_ms(0)

    def close(self):
        self._file.close()


class Sink(list):
    def send(self, kind, fields):
        if kind == "stats":
            self.stats = fields
        else:
            self.append((kind, fields))


def same(record, expected):
    """The board adds its account of sleep; its floats have 24 bits."""
    kind, fields = record
    for name, value in expected[1].items():
        wrong = abs(fields[name] - value) > 0.001 if name == "score" else fields[name] != value
        if wrong:
            return False
    return kind == expected[0]


with open(HERE + "pipeline.json") as file:
    expected = json.load(file)
source, sink = Recording(HERE + "recording.i16"), Sink()
app = torpor.Pipeline(
    source=source,
    wake=wake.Energy(-35, hang_ms=800),
    model=torpor.Model(HERE + "keywords.tflite"),
    decide=decide.Smooth(3, threshold=0.8, refractory_ms=1000),
    sink=sink,
)
source.ring = app._ring
asyncio.run(app.run())

assert len(sink) == len(expected), sink
for record, wanted in zip(sink, expected):
    assert same(record, wanted), (record, wanted)
assert (sink.stats["overruns"], sink.stats["skipped"], sink.stats["lost"]) == (0, 0, 0)
assert [kind for kind, _ in sink].count("decision") == 3
assert dsp.BUILD == tflm.BUILD
print("PASS", tflm.BUILD)
