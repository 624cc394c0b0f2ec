# SPDX-License-Identifier: MIT
"""ST's LSM6DSOX: accelerometer and gyroscope, their FIFO, the wake-up interrupt. Sections are of its data sheet, DS12814.

Modelled: output registers and rates, full scales, data ready, FIFO and its threshold, wake-up with and without latch, on INT1
and INT2, reset. Not modelled: filters, steps and taps, the machine learning core, sensor hub, timestamps. Registers that are
not modelled keep what is written.
"""

from collections.abc import Callable

import numpy as np

from torpor_host.sim.chips.chip import Chip
from torpor_host.sim.chips.lsm6dsox_fifo import ACCELERATION, ROTATION, Fifo
from torpor_host.sim.chips.lsm6dsox_wake import Wake
from torpor_host.sim.chips.sampling import Sampling

_FIFO_CTRL1, _FIFO_CTRL2, _FIFO_CTRL3, _FIFO_CTRL4 = 0x07, 0x08, 0x09, 0x0A
_INT1_CTRL, _INT2_CTRL, _WHO_AM_I, _CTRL1_XL, _CTRL2_G, _CTRL3_C = 0x0D, 0x0E, 0x0F, 0x10, 0x11, 0x12
_ALL_INT_SRC, _WAKE_UP_SRC, _STATUS, _OUT_TEMP, _OUT_G, _OUT_XL = 0x1A, 0x1B, 0x1E, 0x20, 0x22, 0x28
_FIFO_STATUS1, _FIFO_STATUS2, _TAP_CFG0, _TAP_CFG2 = 0x3A, 0x3B, 0x56, 0x58
_WAKE_UP_THS, _WAKE_UP_DUR, _MD1_CFG, _MD2_CFG = 0x5B, 0x5C, 0x5E, 0x5F
_FIFO_OUT, _FIFO_OUT_END = 0x78, 0x7E
_IDENTITY, _SW_RESET, _IF_INC, _H_LACTIVE = 0x6C, 0x01, 0x04, 0x20
_WAKE_REGISTERS = _TAP_CFG0, _TAP_CFG2, _WAKE_UP_THS, _WAKE_UP_DUR
_FIFO_REGISTERS = _FIFO_CTRL1, _FIFO_CTRL2, _FIFO_CTRL3, _FIFO_CTRL4

# Hz for ODR_XL, ODR_G and BDR: sections 9.12, 9.13 and 9.6.
RATES = 0, 12.5, 26, 52, 104, 208, 417, 833, 1667, 3333, 6667, 1.6
_ACCELERATION_G = 0.061e-3, 0.488e-3, 0.122e-3, 0.244e-3  # a unit, for FS_XL: section 4.1
_ROTATION_DPS = 8.75e-3, 17.5e-3, 35e-3, 70e-3  # for FS_G
_ROTATION_125_DPS = 4.375e-3
_FULL_SCALE_G = 2, 16, 4, 8


class Lsm6dsox(Chip):
    """motion(µs) gives the six values at moments: array [n] -> [n, 6], g and degrees a second. Address 0x6A or 0x6B."""

    def __init__(self, motion: Callable[[np.ndarray], np.ndarray]):
        super().__init__()
        self._motion = motion
        self._reset(0)

    def _reset(self, now):
        self._registers = bytearray(128)
        self._registers[_WHO_AM_I], self._registers[_CTRL3_C] = _IDENTITY, _IF_INC
        self._samplings = {_CTRL1_XL: Sampling(0, now), _CTRL2_G: Sampling(0, now)}
        self._seen = {_CTRL1_XL: -1, _CTRL2_G: -1}  # the samples that have been read
        self._fifo = Fifo(self._raw, now)
        self._wake = Wake(self._acceleration, now)

    def after(self, register: int) -> int:
        """The FIFO's registers come again, so that one read takes many words: section 6.5.7."""
        if not self._registers[_CTRL3_C] & _IF_INC:
            return register
        return _FIFO_OUT if register == _FIFO_OUT_END else register + 1 & 0x7F

    def put(self, register: int, value: int, now: int) -> None:
        self._advance(now)
        if register == _CTRL3_C and value & _SW_RESET:
            self._reset(now)
        elif register not in (_WHO_AM_I, _STATUS, _WAKE_UP_SRC, _ALL_INT_SRC):
            self._registers[register & 0x7F] = value
            self._configure(register, now)

    def _configure(self, register, now):
        registers = self._registers
        if register in self._samplings and self._samplings[register].rate != RATES[self._rate_code(register)]:
            self._samplings[register] = Sampling(RATES[self._rate_code(register)], now)
            self._seen[register] = -1
        if register in _FIFO_REGISTERS:
            batch = registers[_FIFO_CTRL3]
            threshold = registers[_FIFO_CTRL1] | (registers[_FIFO_CTRL2] & 1) << 8
            rates = {ACCELERATION: RATES[min(batch & 15, 11)], ROTATION: RATES[min(batch >> 4, 11)]}
            self._fifo.configure(registers[_FIFO_CTRL4] & 7, threshold, rates, now)
        if register in _WAKE_REGISTERS or register == _CTRL1_XL:
            enabled = registers[_TAP_CFG2] & 0x80
            unit = _FULL_SCALE_G[registers[_CTRL1_XL] >> 2 & 3] / (256 if registers[_WAKE_UP_DUR] & 0x10 else 64)
            threshold = (registers[_WAKE_UP_THS] & 0x3F) * unit if enabled else None
            duration = registers[_WAKE_UP_DUR] >> 5 & 3
            self._wake.configure(self._samplings[_CTRL1_XL], threshold, duration, bool(registers[_TAP_CFG0] & 1), now)

    def _rate_code(self, register):
        return min(self._registers[register] >> 4, 11)

    def get(self, register: int, now: int) -> int:
        self._advance(now)
        if register == _STATUS:
            return self._ready(_CTRL1_XL, now) | self._ready(_CTRL2_G, now) << 1
        if _OUT_TEMP <= register < _OUT_XL + 6:
            return self._output(register, now)
        if register == _WAKE_UP_SRC:
            return self._wake.source()
        if register == _ALL_INT_SRC:
            return bool(self._wake.source()) << 1
        if register == _FIFO_STATUS1:
            return len(self._fifo) & 0xFF
        if register == _FIFO_STATUS2:
            return self._fifo.status() | len(self._fifo) >> 8
        if _FIFO_OUT <= register <= _FIFO_OUT_END:
            return self._fifo.take(register - _FIFO_OUT)
        return self._registers[register & 0x7F]

    def _ready(self, control, now):
        """Whether there is a sample that nobody has read."""
        return int(self._samplings[control].index(now) > self._seen[control])

    def _output(self, register, now):
        control = _CTRL1_XL if register >= _OUT_XL else _CTRL2_G
        if register < _OUT_G:
            return 0  # 25 °C
        if control == _CTRL1_XL and register == _OUT_XL or register == _OUT_G:
            self._seen[control] = self._samplings[control].index(now)
        index = self._samplings[control].index(now)
        if index < 0:
            return 0
        kind, first = (ACCELERATION, _OUT_XL) if control == _CTRL1_XL else (ROTATION, _OUT_G)
        words = self._raw(kind, np.array([self._samplings[control].time(index)]))[0]
        return words.tobytes()[register - first]

    def _acceleration(self, times):
        """g, [n, 3], as the chip resolves it."""
        return self._raw(ACCELERATION, times) * _ACCELERATION_G[self._registers[_CTRL1_XL] >> 2 & 3]

    def _raw(self, kind, times) -> np.ndarray:
        """The 16-bit words of acceleration or rotation at moments: [n, 3]."""
        motion = self._motion(np.asarray(times, np.int64))
        if kind == ACCELERATION:
            values = motion[:, :3] / _ACCELERATION_G[self._registers[_CTRL1_XL] >> 2 & 3]
        else:
            control = self._registers[_CTRL2_G]
            values = motion[:, 3:] / (_ROTATION_125_DPS if control & 2 else _ROTATION_DPS[control >> 2 & 3])
        return np.clip(np.round(values), -32768, 32767).astype("<i2")

    def _advance(self, now):
        self._fifo.advance({ACCELERATION: self._samplings[_CTRL1_XL], ROTATION: self._samplings[_CTRL2_G]}, now)
        self._wake.advance(now)

    def level(self, output: str, now: int) -> int:
        """INT1 and INT2: what INT1_CTRL and MD1_CFG, or INT2_CTRL and MD2_CFG, put there (9.9, 9.10, 9.57, 9.58)."""
        self._advance(now)
        return int(self._pulls(output, now) != self._active_low())

    def _active_low(self):
        return bool(self._registers[_CTRL3_C] & _H_LACTIVE)

    def _routes(self, output):
        """(FIFO_STATUS2's flags, data ready of (acceleration, rotation), wake-up) that drive this output."""
        control, functions = ((_INT1_CTRL, _MD1_CFG), (_INT2_CTRL, _MD2_CFG))[("INT1", "INT2").index(output)]
        control = self._registers[control]
        flags = (control & 0x08) << 4 | (control & 0x10) << 2 | control & 0x20
        ready = [kind for kind, bit in ((_CTRL1_XL, 1), (_CTRL2_G, 2)) if control & bit]
        return flags, ready, bool(self._registers[functions] & 0x20)

    def _pulls(self, output, now):
        _, _, wakes = self._routes(output)
        return self._others(output, now) or (wakes and self._wake.active)

    def next_change(self, output: str, now: int) -> tuple[int, int] | None:
        self._advance(now)
        flags, ready, wakes = self._routes(output)
        changes = [(self._fifo.next_flag(flags, now), 1)]
        changes += [(self._next_sample(kind, now), 1) for kind in ready if not self._ready(kind, now)]
        changes += [self._wake.next_change(now) or (None, 0)] if wakes else []
        changes = [change for change in changes if change[0] is not None]
        if not changes:
            return None
        at, level = min(changes)
        return at, int(bool(level or self._others(output, now)) != self._active_low())

    def _others(self, output, now):
        """Whether anything but the wake-up interrupt drives the output."""
        flags, ready, _ = self._routes(output)
        return bool(self._fifo.flags() & flags or any(self._ready(kind, now) for kind in ready))

    def _next_sample(self, control, now):
        sampling = self._samplings[control]
        return sampling.time(sampling.index(now) + 1) if sampling.rate else None
