# SPDX-License-Identifier: MIT
"""torpor.window: every window equals the slice of the stream that it stands for."""

import asyncio
import micropython

from torpor.ring import Ring
from torpor.window import Window

STREAM = bytes(i * 7 % 251 for i in range(400))


def feed(ring, block):
    ring.slot()[:] = STREAM[block * ring.size : (block + 1) * ring.size]
    ring.commit()


def windows_equal_the_stream(slots, hop, size):
    ring = Ring(slots, hop, overlap=max(0, size - hop))
    window = Window(ring, size)

    async def main():
        for block in range(len(STREAM) // hop):
            feed(ring, block)
            end = (block + 1) * hop
            expected = STREAM[max(0, end - size) : end]
            view = bytes(await window.next())
            assert view == bytes(size - len(expected)) + expected, block

    asyncio.run(main())
    assert ring.overruns == 0


def test_overlapping_windows_are_contiguous_over_the_rings_end():
    windows_equal_the_stream(slots=4, hop=8, size=12)


def test_a_window_of_two_hops():
    windows_equal_the_stream(slots=8, hop=5, size=10)


def test_a_window_shorter_than_the_hop_and_one_as_long():
    windows_equal_the_stream(slots=4, hop=8, size=6)
    windows_equal_the_stream(slots=4, hop=8, size=8)


def test_a_window_longer_than_the_rings_overlap_is_refused():
    try:
        Window(Ring(4, 8, overlap=3), 12)
        assert False
    except ValueError:
        pass


def test_back_gives_earlier_windows_until_they_are_overwritten():
    ring = Ring(8, 4, overlap=2)
    window = Window(ring, 6)

    async def main():
        for block in range(20):
            feed(ring, block)
            await window.next()

    asyncio.run(main())
    for hops in range(6):
        end = (20 - hops) * 4
        assert bytes(window.back(hops)) == STREAM[end - 6 : end], hops
    assert ring.overruns == 0
    assert window.back(6) is None and ring.overruns == 1  # gone, and counted


def test_back_before_the_first_window_is_none_and_no_overrun():
    ring = Ring(8, 4)
    window = Window(ring, 4)
    feed(ring, 0)
    asyncio.run(window.next())
    assert bytes(window.back(0)) == STREAM[:4]
    assert window.back(1) is None and ring.overruns == 0


def test_next_skips_what_was_lost():
    ring = Ring(4, 4, overlap=2)
    window = Window(ring, 6)
    for block in range(9):
        feed(ring, block)
    view = bytes(asyncio.run(window.next()))
    # The last 4 - 2 blocks, 7 and 8, are left.
    assert window.number == 7 and view == STREAM[8 * 4 - 6 : 8 * 4]
    assert ring.overruns == 7


def test_next_waits_and_ends_with_the_source():
    ring = Ring(4, 4)
    window = Window(ring, 4)
    got = []

    async def consumer():
        try:
            while True:
                got.append(bytes(await window.next()))
        except EOFError:
            got.append("end")

    async def main():
        task = asyncio.create_task(consumer())
        for block in range(3):
            await asyncio.sleep_ms(1)
            feed(ring, block)
        ring.close()
        await task

    asyncio.run(main())
    assert got == [STREAM[0:4], STREAM[4:8], STREAM[8:12], "end"]


def test_back_allocates_nothing():
    ring = Ring(4, 4)
    window = Window(ring, 4)
    feed(ring, 0)
    asyncio.run(window.next())
    micropython.heap_lock()
    try:
        window.back(0)
    finally:
        micropython.heap_unlock()


for name, test in list(globals().items()):
    if name.startswith("test_"):
        test()
print("PASS")
