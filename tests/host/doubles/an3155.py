# SPDX-License-Identifier: MIT
"""An STM32's ROM boot loader at its UART, as AN3155 describes it: a double with a flash that tests read afterwards.

0x7F opens it. A command is its byte and the complement; each piece that follows has an XOR checksum; 0x79 says yes, 0x1F no.
"""

import functools
import operator

from doubles.serial_double import SerialDouble

_YES, _NO = b"\x79", b"\x1f"
_FLASH = 0x0800_0000
_GET, _GET_ID, _READ, _GO, _WRITE, _ERASE = 0x00, 0x02, 0x11, 0x21, 0x31, 0x44
_COMMANDS = bytes([_GET, 0x01, _GET_ID, _READ, _GO, _WRITE, _ERASE, 0x63, 0x73, 0x82, 0x92])


class An3155(SerialDouble):
    """chip: DEV_ID. sectors: sizes in bytes, in order. protected: read protection is on, which refuses READ, WRITE, ERASE and GO.

    worn: a bit of what is written stays cleared. deaf: it runs a program of its own, that says nothing.
    """

    def __init__(self, chip: int, sectors: list[int], protected: bool = False, worn: bool = False, deaf: bool = False, **faults):
        super().__init__(**faults)
        self.worn, self.deaf = worn, deaf
        self.chip, self.sectors, self.protected = chip, sectors, protected
        self.flash = bytearray(b"\x55" * sum(sectors))  # not erased: what writing without erasing would leave is seen
        self.erased: list[int] = []
        self.started: int | None = None
        self._written = 0

    def serve(self):
        while self.take(1) != b"\x7f" or self.deaf:
            pass
        self.say(_YES)
        while True:
            code = self.take(1)[0]
            if code == 0x7F:  # open already
                self.say(_NO)
            elif self.take(1)[0] != code ^ 0xFF or code not in self._handlers:
                self.say(_NO)
            elif self.protected and code not in (_GET, _GET_ID):
                self.say(_NO)
            else:
                self.say(_YES)
                self._handlers[code](self)

    def _get(self):
        self.say(bytes([len(_COMMANDS), 0x31]) + _COMMANDS + _YES)

    def _get_id(self):
        self.say(b"\x01" + self.chip.to_bytes(2) + _YES)

    def _read(self):
        at = self._address()
        if at is None:
            return
        count, check = self.take(2)
        if count ^ check != 0xFF:
            return self.say(_NO)
        self.say(_YES + self.flash[at : at + count + 1])

    def _write(self):
        at = self._address()
        if at is None:
            return
        count = self.take(1)
        data = self.take(count[0] + 1)
        if _xor(count + data) != self.take(1)[0] or len(data) % 4:
            return self.say(_NO)
        for i, byte in enumerate(data):
            self.flash[at + i] &= byte  # writing only clears bits
        if self.worn:
            self.flash[at] &= 0xFE
        self._written += len(data)
        self.wrote(self._written)
        self.say(_YES)

    def _erase(self):
        count = self.take(2)
        numbers = b"" if count >= b"\xff\xf0" else self.take(2 * (int.from_bytes(count) + 1))
        if _xor(count + numbers) != self.take(1)[0]:
            return self.say(_NO)
        wanted = [int.from_bytes(numbers[i : i + 2]) for i in range(0, len(numbers), 2)] or range(len(self.sectors))
        for sector in wanted:
            start = sum(self.sectors[:sector])
            self.flash[start : start + self.sectors[sector]] = b"\xff" * self.sectors[sector]
            self.erased.append(sector)
        self.say(_YES)

    def _go(self):
        at = self._sent_address()
        if at is not None:
            self.started = _FLASH + at  # before the answer: a test looks as soon as the client has it
        self.say(_NO if at is None else _YES)

    def _address(self):
        at = self._sent_address()
        self.say(_NO if at is None else _YES)
        return at

    def _sent_address(self):
        """The offset in flash of an address that was sent; None if its checksum or place is wrong."""
        sent = self.take(5)
        at = int.from_bytes(sent[:4]) - _FLASH
        return at if _xor(sent) == 0 and 0 <= at < len(self.flash) else None

    _handlers = {_GET: _get, _GET_ID: _get_id, _READ: _read, _WRITE: _write, _ERASE: _erase, _GO: _go}


def _xor(data) -> int:
    return functools.reduce(operator.xor, data, 0)
