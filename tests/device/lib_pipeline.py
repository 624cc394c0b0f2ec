# SPDX-License-Identifier: MIT
"""torpor.Pipeline with stand-ins for source, dsp and model; a hop is 20 samples at 1 kHz, 20 ms.

Every sample of block k is k (mod 128), so a matrix row tells which window it came from.
"""

import asyncio
import sys


class StandIn:
    """dsp whose features are the window's first and last sample."""

    loud = ()

    class LogMel:
        def __init__(self, *config):
            pass

        def frame(self, samples, out):
            out[0], out[1] = samples[0], samples[58]

    @staticmethod
    def quantize(features, out, offset, multiplier, zero_point):
        silent = not features[0] and not features[1]
        out[0], out[1] = (SILENT, SILENT) if silent else (features[0], features[1])

    @staticmethod
    def level(samples):
        return -2000 if samples[58] in StandIn.loud else -9000


SILENT = 100
real = sys.modules.get("dsp")
sys.modules["dsp"] = StandIn
import torpor
from torpor import decide, wake


class Source:
    """Blocks of their own number, each when the one before is handled; `backlog` of them at once, as after a pause."""

    rate, shape, dtype, units = 1000, (1,), "int16", "full scale"

    def __init__(self, blocks, error=EOFError):
        self.overruns = self.backlog = self.deepest = self._block = self.closed = 0
        self._blocks, self._error = blocks, error

    async def readinto(self, buf):
        while not self.backlog:
            await asyncio.sleep_ms(0)
            if not self.ring.ready():
                break
        self.backlog = max(0, self.backlog - 1)
        if self._block + len(buf) // 40 > self._blocks:
            raise self._error
        for at in range(0, len(buf), 40):
            for i in range(at, at + 40, 2):
                buf[i] = self._block % 128
            self._block += 1
        return len(buf)

    def close(self):
        self.closed += 1


class Model:
    """Says "yes" 1.0 whenever a row of its matrix ends with a block in `words`; an inference takes `pause` blocks."""

    labels, scale, zero_point, input_zero_point = ("yes", "silence"), 1 / 255, -128, -128
    features = {
        "kind": "logmel", "rate": 1000, "window": 30, "hop": 20, "fft": 32, "bands": 2,
        "low_hz": 100, "high_hz": 400, "frames": 5, "offset": 0, "multiplier": 0,
    }  # fmt: skip

    def __init__(self, words=(), pause=0, source=None):
        self.words, self.pause, self.source, self.seen = words, pause, source, []

    def run(self, matrix):
        rows = bytes(matrix)
        self.seen.append(rows)
        if self.source:
            self.source.backlog += self.pause
            self.source.deepest = max(self.source.deepest, self.source.backlog)
        heard = any(rows[i] in self.words for i in range(1, len(rows), 2))
        return (127, -128) if heard else (-128, 127)


class Sink(list):
    def send(self, kind, fields):
        if kind != "stats":
            self.append((kind, fields))
        self.last = fields


def run(blocks, loud, model=None, every=2, **more):
    StandIn.loud = loud
    source, sink = Source(blocks, **more), Sink()
    model = model or Model()
    if model.pause:
        model.source = source
    trigger = wake.Energy(-35, hang_ms=60)
    asyncio.run(pipeline(source, trigger, model, decide.Smooth(2, 0.9, 200), sink, every).run())
    return sink, model, source


def pipeline(source, *more):
    app = torpor.Pipeline(source, *more)
    source.ring = app._ring
    return app


def plain(record, names):
    kind, fields = record
    return kind, [fields[name] for name in names.split()]


def test_silence_never_wakes():
    sink, model, source = run(60, loud=())
    assert sink == [] and model.seen == [] and source.closed
    assert sink.last["t_ms"] == 1200 and sink.last["inferences"] == 0


def test_a_sound_wakes_is_heard_and_sleep_returns():
    sink, model, _ = run(60, loud=(10, 11, 12), model=Model(words=(11,)))
    # Block 10 ends at 220 ms. Loud to block 12, three quiet blocks of hang-over: asleep at block 15's end.
    assert plain(sink[0], "t_ms") == ("wake", [220])
    assert plain(sink[-1], "t_ms awake_ms inferences") == ("sleep", [320, 100, 2])
    # Inferences after blocks 12 and 14, both with block 11 in the matrix: decided at 300 ms.
    assert plain(sink[1], "t_ms label score") == ("decision", [300, "yes", 1.0])
    assert len(sink) == 3


def test_the_matrix_holds_the_windows_before_the_wake_too():
    _, model, _ = run(60, loud=(10, 11, 12))
    # A window of 30 samples begins in the middle of the block before: rows are (k - 1, k).
    assert model.seen[0] == bytes((7, 8, 8, 9, 9, 10, 10, 11, 11, 12))
    assert model.seen[1] == bytes((9, 10, 10, 11, 11, 12, 12, 13, 13, 14))


def test_what_was_before_the_source_began_is_silence():
    _, model, _ = run(20, loud=(1, 2, 3))
    assert model.seen[0] == bytes((SILENT, SILENT, SILENT, SILENT, 0, 1, 1, 2, 2, 3))


def test_the_refractory_time_spans_wakes():
    words = (10, 20, 40)
    sink, _, _ = run(60, loud=words + (11, 12, 21, 22, 41, 42), model=Model(words=words))
    decisions = [fields["t_ms"] for kind, fields in sink if kind == "decision"]
    # Blocks 10, 20, 40 wake at 220, 420, 820 ms and would be decided 80 ms later; 500 is exactly 200 after 300.
    assert decisions == [300, 500, 900]
    sink, _, _ = run(60, loud=(10, 11, 12, 19, 20, 21), model=Model(words=(10, 19)))
    assert [fields["t_ms"] for kind, fields in sink if kind == "decision"] == [300]


def test_slow_inferences_lose_no_block():
    loud = tuple(range(10, 50))
    quick, slow = Model(), Model(pause=1)
    run(80, loud, quick)
    sink, _, _ = run(80, loud, slow)
    # Blocks 11 to 51 are 41 hops: an inference at every second of them.
    assert len(quick.seen) == 20 and slow.seen == quick.seen
    assert sink.last["overruns"] == 0 and sink.last["skipped"] == 0


def test_a_board_that_cannot_keep_up_skips_inferences_and_says_so():
    model = Model(pause=7)
    sink, _, source = run(80, tuple(range(10, 50)), model)
    assert sink.last["overruns"] == 0
    assert source.deepest == 7  # the driver never had to hold more than came during one inference
    assert sink.last["skipped"] > 0 and sink.last["inferences"] + sink.last["skipped"] == 20
    for rows in model.seen:  # consecutive blocks all the same
        assert [rows[i + 2] - rows[i] for i in range(0, 8, 2)] == [1, 1, 1, 1]


def test_blocks_that_were_overwritten_are_counted_and_time_goes_on():
    model = Model(pause=40)
    sink, _, _ = run(100, tuple(range(10, 60)), model)
    assert sink.last["overruns"] > 0
    assert sink.last["t_ms"] == 2000


def test_stats_come_every_second_of_samples():
    times = []

    class Times(Sink):
        def send(self, kind, fields):
            if kind == "stats":
                times.append(fields["t_ms"])

    StandIn.loud = ()
    app = pipeline(Source(112), wake.Energy(-35), Model(), decide.Smooth(1, 0.9), Times())
    asyncio.run(app.run())
    assert times == [0, 1000, 2000, 2240]


def test_an_error_of_the_source_ends_run():
    try:
        run(5, (), error=OSError(5))
        assert False
    except OSError as error:
        assert error.errno == 5


def test_close_stops_the_source_and_run_returns():
    StandIn.loud = ()
    source = Source(10000)
    app = pipeline(source, wake.Energy(-35), Model(), decide.Smooth(1, 0.9), Sink())

    async def main():
        task = asyncio.create_task(app.run())
        await asyncio.sleep_ms(20)
        app.close()
        await asyncio.wait_for(task, 2)

    asyncio.run(main())
    assert 0 < source._block < 10000 and source.closed


def test_source_and_model_must_fit():
    source = Source(1)
    source.rate = 8000
    try:
        torpor.Pipeline(source, wake.Energy(-35), Model(), decide.Smooth(1, 0.9))
        assert False
    except ValueError as error:
        assert str(error) == "the model hears int16 at 1000 Hz, the source has int16 at 8000 Hz"


try:
    for name, test in list(globals().items()):
        if name.startswith("test_"):
            test()
finally:
    del sys.modules["dsp"]
    if real:
        sys.modules["dsp"] = real
print("PASS")
