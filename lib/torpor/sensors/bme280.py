# SPDX-License-Identifier: MIT
"""Bosch's BME280 in forced mode: it measures when it is asked and sleeps between (data sheet BST-BME280-DS002)."""

import asyncio
import struct
from time import ticks_add, ticks_diff, ticks_ms

from micropython import const

_ID, _CTRL_HUM, _STATUS, _CTRL_MEAS, _DATA = 0xD0, 0xF2, 0xF3, 0xF4, 0xF7
_CALIB_LOW, _CALIB_HIGH = 0x88, 0xE1
_IDENTITY, _ONCE, _FORCED = 0x60, 1, 0x25  # one reading each
_MEASURES = const(8)  # in _STATUS
_LONGEST_MS = const(10)  # of a measurement: 9.3 (section 9.1)
_SAMPLE = const(12)


class Bme280:
    """A source of three float32 a sample: °C, Pa, %; see climate.py.

    registers   I2CRegisters(bus, 0x76 or 0x77) or SPIRegisters(bus, select)

    Raises OSError if another chip answers, or none.
    """

    shape = (3,)
    dtype = "float32"
    units = "°C, Pa, %"

    def __init__(self, registers, rate=1):
        self._registers = registers
        self.rate = rate
        self.overruns = 0
        if registers.read(_ID) != _IDENTITY:
            raise OSError("the climate sensor is no BME280")
        low, high = bytearray(26), bytearray(7)
        registers.read_into(_CALIB_LOW, low)
        registers.read_into(_CALIB_HIGH, high)
        self._words = struct.unpack("<HhhHhhhhhhhhBB", low)
        h2, h3, h4, h45, h5, h6 = struct.unpack("<hBbBbb", high)
        self._humidity = self._words[13], h2, h3, h4 << 4 | h45 & 15, h5 << 4 | h45 >> 4, h6
        self._data = bytearray(8)
        self._due = ticks_ms()

    async def readinto(self, buf):
        """Fills buf, whole samples; returns its length. A sample that is a period late or more is left out and counted."""
        for at in range(0, len(buf), _SAMPLE):
            await self._until_due()
            struct.pack_into("<fff", buf, at, *await self.measure())
        return len(buf)

    async def _until_due(self):
        wait, period = ticks_diff(self._due, ticks_ms()), max(1, int(1000 / self.rate))
        late = max(0, -wait) // period
        self.overruns += late
        self._due = ticks_add(self._due, (1 + late) * period)
        if wait > 0:
            await asyncio.sleep_ms(wait)

    async def measure(self):
        """(°C, Pa, %) now. Raises OSError if the chip does not finish."""
        write = self._registers.write
        write(_CTRL_HUM, _ONCE)
        write(_CTRL_MEAS, _FORCED)
        await asyncio.sleep_ms(_LONGEST_MS)
        if self._registers.read(_STATUS) & _MEASURES:
            raise OSError("the climate sensor does not finish measuring")
        self._registers.read_into(_DATA, self._data)
        d = self._data
        return self.compensate(d[0] << 12 | d[1] << 4 | d[2] >> 4, d[3] << 12 | d[4] << 4 | d[5] >> 4, d[6] << 8 | d[7])

    def compensate(self, pressure, temperature, humidity):
        """(°C, Pa, %) of raw counts: the formulas of section 8.1, in floats."""
        t1, t2, t3, p1, p2, p3, p4, p5, p6, p7, p8, p9 = self._words[:12]
        fine = (temperature / 16384 - t1 / 1024) * t2 + (temperature / 131072 - t1 / 8192) ** 2 * t3
        x = fine / 2 - 64000
        y = (x * x * p6 / 32768 + x * p5 * 2) / 4 + p4 * 65536
        x = (1 + (p3 * x * x / 524288 + p2 * x) / 524288 / 32768) * p1
        pascal = (1048576 - pressure - y / 4096) * 6250 / x
        pascal += (p9 * pascal * pascal / 2147483648 + pascal * p8 / 32768 + p7) / 16
        h1, h2, h3, h4, h5, h6 = self._humidity
        x = fine - 76800
        x = (humidity - (h4 * 64 + h5 / 16384 * x)) * (h2 / 65536 * (1 + h6 / 67108864 * x * (1 + h3 / 67108864 * x)))
        percent = min(max(x * (1 - h1 * x / 524288), 0), 100)
        return fine / 5120, pascal, percent

    def close(self):
        """It sleeps already."""
