# SPDX-License-Identifier: MIT
"""ST's LSM6DSOX: its FIFO read in bursts, its own interrupt to wake on motion (data sheet DS12814)."""

import asyncio
from time import ticks_diff, ticks_ms

from micropython import const

from ..ring import ALL

_FIFO_CTRL3, _FIFO_CTRL4, _FIFO_STATUS, _FIFO_OUT = 0x09, 0x0A, 0x3A, 0x78
_CTRL1_XL, _CTRL2_G, _CTRL3_C, _WHO_AM_I = 0x10, 0x11, 0x12, 0x0F
_WAKE_UP_SRC, _TAP_CFG0, _TAP_CFG2 = 0x1B, 0x56, 0x58
_WAKE_UP_THS, _WAKE_UP_DUR, _MD1_CFG = 0x5B, 0x5C, 0x5E
_IDENTITY, _RESET, _BDU_IF_INC = 0x6C, 0x01, 0x44
_BYPASS, _CONTINUOUS = 0, 6
_LATCHED, _INTERRUPTS, _WAKE_ON_INT1, _FINE = 0x01, 0x80, 0x20, 0x10
_WORD = const(7)  # bytes of a FIFO word: a tag and three int16
_BURST = const(16)  # words of one transfer
_FRAME = const(12)  # bytes of a sample

_RATES = 0, 12, 26, 52, 104, 208, 416, 833, 1666  # Hz, by code
_G = 2, 16, 4, 8
_DPS = 250, 500, 1000, 2000
_G_UNIT = 0.061e-3, 0.488e-3, 0.122e-3, 0.244e-3
_DPS_UNIT = 8.75e-3, 17.5e-3, 35e-3, 70e-3


class Lsm6dsox:
    """A source of six int16 a sample; see imu.py.

    registers   I2CRegisters(bus, 0x6A or 0x6B) or SPIRegisters(bus, select)
    interrupt   the Pin that INT1 is wired to, None: it cannot wake the board

    The chip keeps 256 samples, 0.6 s at 416 Hz; `overruns` are samples lost because nobody read for longer, by the clock.
    Raises OSError if another chip answers, or none.
    """

    shape = (6,)
    dtype = "int16"
    units = "g, degrees a second"

    def __init__(self, registers, interrupt=None):
        self._registers = registers
        self.interrupt = interrupt
        if registers.read(_WHO_AM_I) != _IDENTITY:
            raise OSError("the inertial sensor is no LSM6DSOX")
        registers.write(_CTRL3_C, _RESET)
        while registers.read(_CTRL3_C) & _RESET:
            pass
        registers.write(_CTRL3_C, _BDU_IF_INC)
        self.rate = 0
        self.scale = None
        self.overruns = 0
        self._status = bytearray(2)
        words, frames = memoryview(bytearray(_WORD * _BURST)), memoryview(bytearray(_FRAME * (_BURST // 2)))
        self._words, self._frames = words, frames
        self._values = [words[at + 1 : at + _WORD] for at in range(0, len(words), _WORD)]
        self._accelerations = [frames[at : at + 6] for at in range(0, len(frames), _FRAME)]
        self._rotations = [frames[at + 6 : at + _FRAME] for at in range(0, len(frames), _FRAME)]
        self._kept = memoryview(bytearray(6))  # a rotation whose acceleration has yet to come
        self._waits = False  # whether there is one
        self._empty_ms = self._since = 0  # when the FIFO was last seen empty, and samples taken since

    def start(self, rate=104, g=4, dps=500):
        """Samples from now on: 12, 26, 52, 104, 208, 416, 833 or 1666 Hz."""
        code = _index(_RATES, rate, "Hz")
        g, dps = _index(_G, g, "g"), _index(_DPS, dps, "degrees a second")
        write = self._registers.write
        write(_FIFO_CTRL4, _BYPASS)  # empties it
        write(_CTRL1_XL, code << 4 | g << 2)
        write(_CTRL2_G, code << 4 | dps << 2)
        write(_FIFO_CTRL3, code << 4 | code)
        write(_FIFO_CTRL4, _CONTINUOUS)
        self.rate, self.scale = rate, (_G_UNIT[g], _DPS_UNIT[dps])
        self._waits = False
        self._empty_ms, self._since = ticks_ms(), 0

    def rest(self, g=0.1, samples=1):
        """Only watches from now on, at 26 Hz and a few µA: INT1 rises when two samples differ by more than 2 * g on an axis.

        g: to 1/128 g, less than 0.5. samples: how many in a row, 1 to 3. moved() ends the interrupt.
        """
        if not 0 < g < 0.5 or not 1 <= samples <= 3:
            raise ValueError("g is more than 0 and less than 0.5, samples 1 to 3")
        write = self._registers.write
        write(_FIFO_CTRL4, _BYPASS)
        write(_CTRL2_G, 0)
        write(_CTRL1_XL, 2 << 4)  # 26 Hz, 2 g
        write(_WAKE_UP_THS, max(1, round(g * 128)))
        write(_WAKE_UP_DUR, samples << 5 | _FINE)
        write(_TAP_CFG0, _LATCHED)
        write(_TAP_CFG2, _INTERRUPTS)
        write(_MD1_CFG, _WAKE_ON_INT1)
        self.rate = 0

    def moved(self):
        """Whether there was motion since rest() or the last call."""
        return bool(self._registers.read(_WAKE_UP_SRC) & 0x08)

    async def readinto(self, buf):
        """Fills buf, whole samples of twelve bytes; returns its length. Sleeps by the clock until they are due."""
        view = memoryview(buf)
        done = self._take(view)
        while done < len(buf):
            missing = (len(buf) - done) // _FRAME
            await asyncio.sleep_ms(missing * 1000 // self.rate + 1)
            done += self._take(view[done:])
        return done

    def _take(self, view):
        """Reads what is there, at most len(view) bytes; returns how much."""
        words = self._waiting()
        done = 0
        while words and done < len(view):
            count = min(words, 2 * (len(view) - done) // _FRAME - self._waits, _BURST)
            self._registers.read_into(_FIFO_OUT, self._words[: _WORD * count])
            size = _FRAME * self._sort(count)
            view[done : done + size] = self._frames[:size]
            done += size
            words -= count
        self._since += done // _FRAME
        return done

    def _sort(self, count):
        """FIFO words to whole samples in `_frames`; returns how many. A rotation comes before its acceleration."""
        words, values = self._words, self._values
        rotation = self._kept if self._waits else None
        samples = 0
        for i in range(count):
            kind = words[_WORD * i] >> 3
            if kind == 1:
                rotation = values[i]
            elif kind == 2 and rotation is not None:
                self._accelerations[samples][ALL] = values[i]
                self._rotations[samples][ALL] = rotation
                rotation = None
                samples += 1
        self._waits = rotation is not None
        if rotation is not None:
            self._kept[ALL] = rotation
        return samples

    def _waiting(self):
        """Words in the FIFO; counts what was lost."""
        now = ticks_ms()
        self._registers.read_into(_FIFO_STATUS, self._status)
        flags = self._status[1]
        words = self._status[0] | (flags & 3) << 8
        if flags & 0x08:
            due = ticks_diff(now, self._empty_ms) * self.rate // 1000
            lost = max(1, due - self._since - words // 2)
            self.overruns += lost
            self._since += lost
        if words < 2:
            self._empty_ms, self._since = now, 0
        return words

    def close(self):
        """Switches the chip off."""
        self._registers.write(_FIFO_CTRL4, _BYPASS)
        self._registers.write(_CTRL1_XL, 0)
        self._registers.write(_CTRL2_G, 0)


def _index(choices, value, unit):
    if value not in choices or not value:
        raise ValueError("this sensor has {} {}".format(", ".join(str(choice) for choice in sorted(choices) if choice), unit))
    return choices.index(value)
