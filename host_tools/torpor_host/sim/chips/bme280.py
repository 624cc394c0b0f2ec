# SPDX-License-Identifier: MIT
"""Bosch's BME280: temperature, pressure and humidity. Pages are of its data sheet, BST-BME280-DS002, revision 1.6.

A real chip gives raw counts, and calibration words with which the driver works out °C, Pa and %. This one is asked for
physical values, so it searches for the counts from which the data sheet's formulas (pages 25 and 49) give them back.
"""

import struct
from collections.abc import Callable

from torpor_host.sim.chips.chip import Chip

_CALIB_LOW, _CALIB_HIGH = 0x88, 0xE1
_ID, _RESET, _CTRL_HUM, _STATUS, _CTRL_MEAS, _CONFIG, _DATA = 0xD0, 0xE0, 0xF2, 0xF3, 0xF4, 0xF5, 0xF7
_CHIP_ID, _RESET_WORD = 0x60, 0xB6  # page 27
_SLEEP, _NORMAL = 0, 3  # mode; 1 and 2 are forced, page 29
_STANDBY_MS = 0.5, 62.5, 125, 250, 500, 1000, 10, 20  # page 30
_OVERSAMPLING = 0, 1, 2, 4, 8, 16, 16, 16
_NOT_MEASURED = b"\x80\x00\x00\x80\x00\x00\x80\x00"  # pages 31 and 32

# The words of one chip: of temperature and pressure those of the worked example in the BMP280's data sheet, whose formulas
# are the same (BST-BMP280-DS001, page 23), of humidity usual ones.
DIG_T = 27504, 26435, -1000
DIG_P = 36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000
DIG_H = 75, 362, 0, 315, 50, 30


def temperature(raw: int) -> tuple[float, float]:
    """(°C, t_fine) of a 20-bit count: page 49, in double precision."""
    t1, t2, t3 = DIG_T
    fine = (raw / 16384 - t1 / 1024) * t2 + (raw / 131072 - t1 / 8192) ** 2 * t3
    return fine / 5120, fine


def pressure(raw: int, fine: float) -> float:
    """Pa of a 20-bit count: pages 49 and 50."""
    p1, p2, p3, p4, p5, p6, p7, p8, p9 = DIG_P
    x = fine / 2 - 64000
    y = x * x * p6 / 32768 + x * p5 * 2
    y = y / 4 + p4 * 65536
    x = (1 + (p3 * x * x / 524288 + p2 * x) / 524288 / 32768) * p1
    p = (1048576 - raw - y / 4096) * 6250 / x
    return p + (p9 * p * p / 2147483648 + p * p8 / 32768 + p7) / 16


def humidity(raw: int, fine: float) -> float:
    """% of a 16-bit count: page 50."""
    h1, h2, h3, h4, h5, h6 = DIG_H
    x = fine - 76800
    x = (raw - (h4 * 64 + h5 / 16384 * x)) * (h2 / 65536 * (1 + h6 / 67108864 * x * (1 + h3 / 67108864 * x)))
    return min(max(x * (1 - h1 * x / 524288), 0), 100)


def _count(wanted: float, of: Callable[[int], float], bits: int) -> int:
    """The count from which a monotonic formula gives what is nearest to `wanted`."""
    low, high = 0, (1 << bits) - 1
    rising = of(high) > of(low)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if (of(middle) <= wanted) == rising else (low, middle)
    return min((low, high), key=lambda raw: abs(of(raw) - wanted))


class Bme280(Chip):
    """air(µs) gives (°C, Pa, %) of the air around the chip at a time. Address 0x76 or 0x77.

    The filter of register 0xF5 is not modelled: the air changes slowly against any of its settings.
    """

    spi_page = 0x80

    def __init__(self, air: Callable[[int], tuple[float, float, float]]):
        super().__init__()
        self._air = air
        self._reset()

    def _reset(self):
        self._registers = {_CTRL_HUM: 0, _CTRL_MEAS: 0, _CONFIG: 0}
        self._hum = 0  # ctrl_hum counts from the next write to ctrl_meas on: page 27
        self._since = 0  # of the measurement under way, or of the first in normal mode
        self._data, self._data_at = _NOT_MEASURED, -1

    def write(self, data: bytes, now: int) -> None:
        """Register and value by turns; the register does not count up here: page 33."""
        if len(data) == 1:
            self._next = data[0]
        for register, value in zip(data[::2], data[1::2]):
            self.put(register, value, now)

    def exchange(self, data: bytes, now: int) -> bytes:
        """Reads count up, writes are pairs, as on I2C: page 34."""
        if self._spi_read is None and data and not data[0] & 0x80:
            self.write(bytes(byte if i % 2 else byte | 0x80 for i, byte in enumerate(data)), now)
            return b"\xff" * len(data)
        return super().exchange(data, now)

    def put(self, register: int, value: int, now: int) -> None:
        self._finish(now)
        if register == _RESET and value == _RESET_WORD:
            self._reset()
        elif register in self._registers:
            self._registers[register] = value
        if register == _CTRL_MEAS:
            self._hum = self._registers[_CTRL_HUM] & 7
            self._since = now

    def get(self, register: int, now: int) -> int:
        self._finish(now)
        if register == _ID:
            return _CHIP_ID
        if register == _STATUS:
            return 8 * self._measures(now)
        if register >= _DATA:
            return self._data[register - _DATA] if register < 0xFF else 0
        for first, words in ((_CALIB_LOW, _low_words()), (_CALIB_HIGH, _high_words())):
            if first <= register < first + len(words):
                return words[register - first]
        return self._registers.get(register, 0)

    @property
    def _mode(self):
        return self._registers[_CTRL_MEAS] & 3

    def _oversampling(self):
        """(temperature, pressure, humidity): how many readings each; 0: none."""
        control = self._registers[_CTRL_MEAS]
        return _OVERSAMPLING[control >> 5], _OVERSAMPLING[control >> 2 & 7], _OVERSAMPLING[self._hum]

    def measurement_us(self) -> int:
        """How long one takes, typically: page 51."""
        t, p, h = self._oversampling()
        return int(1000 * (1 + 2 * t + (2 * p + 0.5 if p else 0) + (2 * h + 0.5 if h else 0)))

    def _period_us(self):
        return self.measurement_us() + int(1000 * _STANDBY_MS[self._registers[_CONFIG] >> 5])

    def _measures(self, now):
        phase = now - self._since
        if self._mode == _NORMAL:
            phase %= self._period_us()
        return self._mode != _SLEEP and phase < self.measurement_us()

    def _finish(self, now):
        """Takes the newest measurement that has ended by now."""
        done = self._since + self.measurement_us()
        if self._mode == _SLEEP or now < done:
            return
        if self._mode == _NORMAL:
            done += (now - done) // self._period_us() * self._period_us()
        else:
            self._registers[_CTRL_MEAS] &= ~3  # a forced one, and back to sleep
        if done != self._data_at:
            self._data, self._data_at = self._measure(done), done

    def _measure(self, at) -> bytes:
        celsius, pascal, percent = self._air(at)
        wants_t, wants_p, wants_h = self._oversampling()
        t = _count(celsius, lambda raw: temperature(raw)[0], 20)
        fine = temperature(t)[1]
        p = _count(pascal, lambda raw: pressure(raw, fine), 20) if wants_p else 0x80000
        h = _count(percent, lambda raw: humidity(raw, fine), 16) if wants_h else 0x8000
        t = t if wants_t else 0x80000
        return (p << 4).to_bytes(3, "big") + (t << 4).to_bytes(3, "big") + h.to_bytes(2, "big")


def _low_words() -> bytes:
    """Registers 0x88 to 0xA1: page 24."""
    return struct.pack("<HhhHhhhhhhhhBB", *DIG_T, *DIG_P, 0, DIG_H[0])


def _high_words() -> bytes:
    """Registers 0xE1 to 0xE7: page 24; two words of twelve bits share 0xE5."""
    _, h2, h3, h4, h5, h6 = DIG_H
    return struct.pack("<hBBBBb", h2, h3, h4 >> 4 & 0xFF, (h4 & 15) | (h5 & 15) << 4, h5 >> 4 & 0xFF, h6)
