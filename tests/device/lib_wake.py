# SPDX-License-Identifier: MIT
"""torpor.wake.Energy: threshold, hysteresis, hang-over; levels in 1/100 dB, blocks of 20 ms."""

import asyncio
import micropython

from torpor.wake import Energy


def awake(energy, levels):
    return "".join("#" if energy.feed(level, 20) else "." for level in levels)


def test_sleeps_below_the_threshold_and_wakes_at_it():
    assert awake(Energy(-35, hang_ms=800), (-12000, -3501, -3500)) == "..#"


def test_hang_over_lasts_exactly_its_time():
    # 100 ms of quiet are five blocks: awake through four of them.
    assert awake(Energy(-35, hang_ms=100), [-2000] + 7 * [-9000]) == "#####..."


def test_a_sound_restarts_the_hang_over():
    levels = [-2000] + 4 * [-9000] + [-2000] + 6 * [-9000]
    assert awake(Energy(-35, hang_ms=100), levels) == "##########.."


def test_hysteresis_counts_as_loud_only_once_awake():
    energy = Energy(-35, hang_ms=20, hysteresis_db=6)
    assert awake(energy, (-4100, -3500, -4100, -4100, -4101, -4100)) == ".###.."


def test_no_hang_over_sleeps_at_once():
    assert awake(Energy(-35, hang_ms=0), (-2000, -9000, -2000)) == "#.#"


def test_threshold_may_be_a_fraction():
    assert awake(Energy(-35.5, hang_ms=0), (-3551, -3550)) == ".#"


def test_negative_settings_are_refused():
    for settings in ({"hang_ms": -1}, {"hysteresis_db": -1}):
        try:
            Energy(-35, **settings)
            assert False, settings
        except ValueError:
            pass


def test_wait_takes_levels_until_one_wakes():
    levels = iter((-9000, -8000, -3000, -100))

    async def next_level():
        return next(levels)

    energy = Energy(-35)
    asyncio.run(energy.wait(next_level, 20))
    assert energy.awake and next(levels) == -100


def test_feed_allocates_nothing():
    energy = Energy(-35, hang_ms=40)
    micropython.heap_lock()
    try:
        for level in range(-12000, 0, 3000):
            energy.feed(level, 20)
        for _ in range(4):
            energy.feed(-12000, 20)
    finally:
        micropython.heap_unlock()


for name, test in list(globals().items()):
    if name.startswith("test_"):
        test()
print("PASS")
