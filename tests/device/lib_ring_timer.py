# SPDX-License-Identifier: MIT
"""torpor.ring filled by a timer that interrupts the reading task at any bytecode, the heap locked meanwhile."""

import asyncio
import micropython
import sys

try:
    from machine import Timer
except ImportError:
    print("SKIP: this MicroPython has no machine.Timer")
    sys.exit()

from torpor.ring import Ring

BLOCKS = 200


class Producer:
    """Writes the block's number into its slot, from the timer's handler, until BLOCKS are done."""

    def __init__(self, ring):
        self._ring = ring
        self._count = 0
        self.timer = Timer(-1, mode=Timer.PERIODIC, period=1, callback=self._irq)

    def _irq(self, _timer):
        if self._count == BLOCKS:
            return
        micropython.heap_lock()
        slot = self._ring.slot()
        slot[0] = self._count
        self._ring.commit()
        self._count += 1
        micropython.heap_unlock()


async def consume(ring):
    """The numbers that arrive, with a pause now and then that is shorter than the ring."""
    heard = []
    while len(heard) < BLOCKS:
        number = ring.take()
        if number < 0:
            await ring.wait()
            continue
        heard.append(ring.blocks[number & (ring.slots - 1)][0])
        if number % 40 == 0:
            await asyncio.sleep_ms(10)
    return heard


ring = Ring(16, 2, overlap=1)
producer = Producer(ring)
try:
    heard = asyncio.run(asyncio.wait_for(consume(ring), 5))
finally:
    producer.timer.deinit()
assert heard == list(range(BLOCKS))
assert ring.overruns == 0
print("PASS")
