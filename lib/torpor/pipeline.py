# SPDX-License-Identifier: MIT
"""Joins source, wake, features, model, decide and sink into one flow."""

import asyncio
from time import ticks_diff, ticks_us

from .link import Link
from .ring import COUNT, Ring
from .window import Window

_DOZE = 4  # hops read at once while asleep; a power of two
_SPARE = 8  # hops the ring holds beyond the model's; more unread than half of it: no inference


def _power():
    """The board's own account of its sleep, where `board.py` keeps one."""
    try:
        from board import asleep_us, uptime_us
    except ImportError:
        return {}
    return {"asleep_us": asleep_us(), "uptime_us": uptime_us()}


class Pipeline:
    """Sleeps until `wake` fires, then infers every `every` hops until it is quiet again.

    Two tasks: one fills the ring from the source, the other (run) takes windows out.
    What run() does depends on the samples only, not on how fast they are handled, so a
    recording gives the same records each time. Times are the source's: milliseconds of
    samples since its start.

    `sink.send(kind, fields)` gets every record; a Link (the serial line) unless given.
    The constructor allocates all buffers; see lib/DESIGN.md for their bytes.
    Raises ValueError if source and model do not fit each other.
    """

    def __init__(self, source, wake, model, decide, sink=None, every=5):
        import dsp
        from .features import Features

        want = model.features
        if (source.rate, source.dtype) != (want["rate"], "int16"):
            raise ValueError("the model hears int16 at {} Hz, the source has {} at {} Hz".format(
                want["rate"], source.dtype, source.rate))
        self._hop_ms, rest = divmod(want["hop"] * 1000, want["rate"])
        if rest:
            raise ValueError("a hop must be whole milliseconds")
        self._source, self._wake, self._model, self._decide = source, wake, model, decide
        self._sink = Link() if sink is None else sink
        self._every = every
        self._frames = want["frames"]
        slots = 4
        while slots < self._frames + _SPARE:
            slots *= 2
        overlap = max(0, 2 * (want["window"] - want["hop"]))
        self._ring = Ring(slots, 2 * want["hop"], overlap, flag=asyncio.Event(), stretch=_DOZE)
        self._window = Window(self._ring, 2 * want["window"])
        self._features = Features(want, model.input_zero_point)
        self._level = dsp.level
        decide.bind(model.labels, model.scale, model.zero_point)
        self._task = None
        self._error = None  # what the source raised
        self._view = None  # the newest window
        self._number = -1  # of its block
        self._t_ms = 0  # its end
        self._inferences = self._infer_us = self._skipped = 0

    async def run(self):
        """Runs until the source ends or close() is called; raises what the source raised."""
        self._task = asyncio.create_task(self._fill())
        self._report()
        try:
            while True:
                await self._doze()
                await self._attend()
        except EOFError:
            self._report()
        finally:
            self.close()
        await self._task
        if self._error:
            raise self._error

    def close(self):
        """Stops the source; run() handles what is left in the ring and returns."""
        if self._task:
            self._task.cancel()
        self._source.close()

    async def _fill(self):
        """Source to ring, for ever; the driver's buffer covers the time run() is busy."""
        ring, read, size = self._ring, self._source.readinto, self._ring.size
        try:
            while True:
                view = ring.slot() if self._wake.awake else ring.stretch()
                await read(view)
                ring.commit(len(view) // size)
        except (EOFError, asyncio.CancelledError):
            pass
        except Exception as error:
            self._error = error
        finally:
            self._ring.close()

    async def _doze(self):
        """Until the trigger fires. The windows that are there are handled without a pause."""
        window, level, feed = self._window, self._level, self._wake.feed
        while True:
            view = await window.next()
            while view is not None:
                self._count(view)
                if feed(level(view), self._hop_ms):
                    return
                view = window.take()

    def _count(self, view):
        """Time goes on by the hops that this window ends, one and those that were lost before it."""
        self._view = view
        hops = (self._window.number - self._number) & COUNT
        self._number = self._window.number
        self._t_ms += hops * self._hop_ms
        if self._t_ms % 1000 < self._hop_ms:
            self._report()

    async def _listen(self):
        """Waits for the next window; returns its level."""
        view = await self._window.next()
        self._count(view)
        return self._level(view)

    async def _attend(self):
        """From one wake to the next sleep."""
        woke, before = self._t_ms, self._inferences
        self._sink.send("wake", {"t_ms": woke})
        self._decide.reset()
        try:
            await self._catch_up()
            hops = 0
            while self._wake.feed(await self._listen(), self._hop_ms):
                self._features.push(self._view)
                hops += 1
                if hops % self._every == 0:
                    self._infer()
                    await asyncio.sleep_ms(0)  # lets the source be read
        finally:
            fields = {"t_ms": self._t_ms, "awake_ms": self._t_ms - woke, "inferences": self._inferences - before}
            fields.update(_power())
            self._sink.send("sleep", fields)

    async def _catch_up(self):
        """Features of all that the model sees, up to the window that woke us."""
        self._features.reset()
        for hops in range(self._frames - 1, -1, -1):
            view = self._window.back(hops)
            if view is not None:
                self._features.push(view)
            if hops % 8 == 0:
                await asyncio.sleep_ms(0)

    def _infer(self):
        """One inference, unless so much waits in the ring that the board cannot keep up."""
        if self._ring.ready() > _SPARE // 2:
            self._skipped += 1
            return
        start = ticks_us()
        scores = self._model.run(self._features.matrix)
        self._infer_us = ticks_diff(ticks_us(), start)
        self._inferences += 1
        if scores is None:  # a streaming model waits for more
            return
        decision = self._decide.update(scores, self._t_ms)
        if decision:
            label, score = decision
            self._sink.send("decision", {"t_ms": self._t_ms, "label": label, "score": round(score, 3)})

    def _report(self):
        """A stats record: device time, work done, and everything that was lost."""
        fields = {
            "t_ms": self._t_ms,
            "inferences": self._inferences,
            "infer_us": self._infer_us,  # the last one
            "skipped": self._skipped,  # inferences left out to keep up
            "overruns": self._ring.overruns,  # hops
            "lost": self._source.overruns,  # samples
        }
        fields.update(_power())
        self._sink.send("stats", fields)
