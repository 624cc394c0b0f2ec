# SPDX-License-Identifier: MIT
"""What lies outside of an emulated board: chips on its buses, what they drive its pins with, signals on its ADC.

    world = World()
    world.i2c(0, 0x76, Bme280(weather))
    world.signal(3, rate=250, samples=heart)
    with Board("emu-m4f", folder, world=world) as board: ...

firmware/emulated/world.h is the other end and says what a question and an answer look like. A thread answers; the board
stands still meanwhile, so virtual time does not pass and a run repeats.
"""

import errno
import os
import select
import struct
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np

from torpor_host.sim.chips.chip import Chip

_REQUEST = struct.Struct("<BBHHHQ")
_ANSWER = struct.Struct("<iBBHQ")
_SIGNAL = struct.Struct("<QII")
_LOOK, _I2C, _SPI, _PIN, _SIGNAL_AT = range(5)
_SOUND = 255  # a channel
_TAKEN = 1  # of a look: the edge that was told last has come
_NEVER = 2**64 - 1
PIPES = "to_world", "from_world"


class World:
    """Chips, wires and signals; `start` answers for them. Times are integers, µs since the emulator's start."""

    def __init__(self):
        self._i2c: dict[tuple[int, int], Chip] = {}
        self._spi: dict[tuple[int, int], Chip] = {}
        self._signals: dict[int, tuple[int, Callable[[int, int], np.ndarray]]] = {}
        self._wires: dict[int, tuple[Chip, str]] = {}
        self._levels: dict[int, int] = {}  # of the wires, as the board knows them
        self._driven: dict[int, int] = {}  # what the board drives
        self._told = None  # (pin, level)
        self._thread = None
        self._error = None

    def i2c(self, bus: int, address: int, chip: Chip) -> None:
        """Puts a chip on an I2C bus at a 7-bit address."""
        self._i2c[bus, address] = chip

    def spi(self, bus: int, select_pin: int, chip: Chip) -> None:
        """Puts a chip on an SPI bus; it listens while the board drives `select_pin` low."""
        self._spi[bus, select_pin] = chip

    def wire(self, pin: int, chip: Chip, output: str) -> None:
        """Joins an output of a chip, its interrupt for one, to an input pin of the board."""
        self._wires[pin] = chip, output

    def signal(self, channel: int, rate: int, samples: Callable[[int, int], np.ndarray]) -> None:
        """Puts a voltage on an ADC channel: samples(first, n) gives n samples from number `first` on, `rate` a second.

        They are fractions of full scale, 0 to 1; what is outside is clipped, as by an ADC. Sample 0 is at time 0.
        """
        self._signals[channel] = rate, samples

    def sound(self, rate: int, samples: Callable[[int, int], np.ndarray]) -> None:
        """What the microphone hears: samples(first, n) gives n samples of int16 from number `first` on; sample 0 is at time 0."""
        self.signal(_SOUND, rate, samples)

    def start(self, folder: Path) -> None:
        """Makes the pipes in a board's folder and answers there until stop()."""
        paths = [Path(folder) / name for name in PIPES]
        for path in paths:
            os.mkfifo(path)
        self._asked, self._answers = (os.open(path, os.O_RDWR) for path in paths)  # so that no end waits for the other
        self._ended, self._end = os.pipe()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends the answers. Raises what went wrong in a chip's model, if anything did."""
        if self._thread is None:
            return
        os.write(self._end, b".")
        self._thread.join()
        self._thread = None
        for end in (self._asked, self._answers, self._ended, self._end):
            os.close(end)
        if self._error:
            raise self._error

    def _serve(self):
        while True:
            head = self._read(_REQUEST.size)
            if head is None:
                return
            op, unit, address, sent, wanted, now = _REQUEST.unpack(head)
            data = self._read(sent)
            if data is None:
                return
            try:
                status, back = self._answer(op, unit, address, data, wanted, now)
                pin, level, at = self._next_edge(now)
            except Exception as error:
                self._error = self._error or error
                status, back, pin, level, at = -errno.EIO, b"", 0, 0, _NEVER
            os.write(self._answers, _ANSWER.pack(status, pin, level, len(back), at) + back)

    def _read(self, size):
        """The next `size` bytes of the questions; None at the end."""
        found = b""
        while len(found) < size:
            ready, _, _ = select.select([self._asked, self._ended], [], [])
            if self._ended in ready:
                return None
            found += os.read(self._asked, size - len(found))
        return found

    def _answer(self, op, unit, address, data, wanted, now) -> tuple[int, bytes]:
        """(status, bytes for the board)."""
        if op == _I2C:
            return self._transfer(self._i2c.get((unit, address)), data, wanted, now)
        if op == _SPI:
            return 0, self._exchange(unit, data, now)[:wanted]
        if op == _PIN:
            self._drive(unit, address, now)
        elif op == _SIGNAL_AT:
            return 0, self._samples(unit, data, (wanted - _SIGNAL.size) // 2, now)
        elif unit == _TAKEN and self._told:
            pin, level = self._told
            self._levels[pin] = level
        return 0, b""

    def _transfer(self, chip, data, wanted, now):
        if chip is None:
            return -errno.ENODEV, b""
        if data or not wanted:
            chip.write(data, now)
        return 0, chip.read(wanted, now) if wanted else b""

    def _exchange(self, bus, data, now):
        for (at, pin), chip in self._spi.items():
            if at == bus and self._driven.get(pin) == 0:
                return chip.exchange(data, now)
        return b"\xff" * len(data)

    def _drive(self, pin, level, now):
        rises = level and self._driven.get(pin) == 0
        self._driven[pin] = level
        for (_, select_pin), chip in self._spi.items():
            if select_pin == pin and rises:
                chip.deselect(now)

    def _samples(self, channel, data, count, now):
        if channel not in self._signals:
            return _SIGNAL.pack(0, 0, 0)
        rate, samples = self._signals[channel]
        first = int.from_bytes(data, "little") if data else now * rate // 1_000_000
        values = np.asarray(samples(first, count))
        if channel != _SOUND:
            values = np.round(np.clip(values, 0, 1) * 65535)
        return _SIGNAL.pack(first, rate, count) + values.astype("<i2" if channel == _SOUND else "<u2").tobytes()

    def _next_edge(self, now) -> tuple[int, int, int]:
        """(pin, its level then, when) of the first wire that changes; kept for the board's word that it has seen it."""
        edges = [self._edge_of(pin, *wire, now) for pin, wire in self._wires.items()]
        at, pin, level = min((edge for edge in edges if edge), default=(_NEVER, 0, 0))
        self._told = (pin, level) if at != _NEVER else None
        return pin, level, at

    def _edge_of(self, pin, chip, output, now):
        known = self._levels.get(pin, 0)
        if chip.level(output, now) != known:
            return now, pin, 1 - known
        change = chip.next_change(output, now)
        return change and (change[0], pin, change[1])
