# SPDX-License-Identifier: MIT
"""torpor.sensors.mic over a stand-in for machine.I2S, in a time of its own: 1 sample a millisecond."""

import asyncio
import io
import sys

from torpor import sensors
from torpor.sensors import mic


class Clock:
    """Stands for `time` and `asyncio` in the driver: sleeping moves the clock."""

    now = 0
    naps = []

    @staticmethod
    async def sleep_ms(ms):
        Clock.naps.append(ms)
        Clock.now += ms


class I2S(io.IOBase):
    """Holds up to 100 samples; sample n is n & 255 and was taken in millisecond n. Older ones are dropped."""

    def __init__(self):
        self.read = 0
        self.polls = 0
        self.open = True

    def ioctl(self, request, _flags):
        if request != 3:  # MP_STREAM_POLL
            return -1
        self.polls += 1
        return 0

    def readinto(self, view):
        assert self.polls, "would block: it was never polled"
        self.read = max(self.read, Clock.now - 100)
        count = min(len(view) // 2, Clock.now - self.read)
        for i in range(count):
            view[2 * i] = (self.read + i) & 255
        self.read += count
        return 2 * count

    def deinit(self):
        self.open = False


def microphone():
    Clock.now, Clock.naps = 0, []
    return mic.Mic(I2S(), 1000, 100)


def read(source, samples):
    block = bytearray(2 * samples)
    assert asyncio.run(source.readinto(block)) == len(block)
    return [block[i] for i in range(0, len(block), 2)]


def test_blocks_follow_each_other_without_a_gap():
    source = microphone()
    heard = read(source, 20) + read(source, 20) + read(source, 5)
    assert heard == list(range(45)) and source.overruns == 0


def test_it_sleeps_once_a_block_until_the_block_is_due():
    source = microphone()
    for _ in range(5):
        read(source, 20)
    assert Clock.naps == [20, 20, 20, 20, 20]


def test_after_a_pause_it_catches_up_without_sleeping():
    source = microphone()
    read(source, 20)
    Clock.now += 60  # an inference
    del Clock.naps[:]
    assert read(source, 20) + read(source, 20) + read(source, 20) == list(range(20, 80))
    assert Clock.naps == [] and source.overruns == 0


def test_a_pause_as_long_as_the_driver_is_deep_loses_nothing_and_a_longer_one_is_counted():
    source = microphone()
    read(source, 20)
    Clock.now += 100
    assert read(source, 20) == list(range(20, 40)) and source.overruns == 0
    while Clock.now > source._i2s.read:
        read(source, 20)
    Clock.now += 101
    read(source, 20)
    assert source.overruns == 1
    read(source, 20)
    assert source.overruns == 1  # the same loss is not counted twice


def test_a_loss_after_a_block_that_came_in_two_parts_is_counted():
    source = microphone()
    Clock.now += 5
    assert read(source, 20) == list(range(20))
    Clock.now += 103
    read(source, 20)
    assert source.overruns == 3


def test_a_driver_that_counts_its_losses_is_believed():
    source = microphone()
    source._i2s.overruns = lambda: 7
    assert source.overruns == 7


def test_what_it_says_of_itself():
    source = microphone()
    assert (source.rate, source.shape, source.dtype) == (1000, (1,), "int16")
    source.close()
    assert not source._i2s.open


def test_a_sensor_that_is_not_there_is_named():
    try:
        sensors.open("nose")
        assert False
    except ValueError as error:
        assert str(error) == "no sensor of kind nose"


def refusal():
    """What is said of the `board` that is in sys.modules, or of none."""
    try:
        mic.open()
    except OSError as error:
        return str(error)


def test_a_board_without_a_microphone_says_so():
    before = sys.modules.pop("board", None)
    path, sys.path[:] = list(sys.path), []
    without = refusal()
    sys.path[:] = path
    sys.modules["board"] = object()
    silent = refusal()
    del sys.modules["board"]
    if before:
        sys.modules["board"] = before
    assert "no board.py" in without and "no microphone" in silent


asyncio_of_the_driver, ticks = mic.asyncio, mic.ticks_ms
mic.asyncio, mic.ticks_ms = Clock, lambda: Clock.now
try:
    for name, test in list(globals().items()):
        if name.startswith("test_"):
            test()
finally:
    mic.asyncio, mic.ticks_ms = asyncio_of_the_driver, ticks
print("PASS")
