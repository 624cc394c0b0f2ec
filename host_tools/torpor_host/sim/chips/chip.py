# SPDX-License-Identifier: MIT
"""What every chip is to a bus. All times are µs since the emulator's start, and never go back."""


class Chip:
    """A chip with 8-bit registers that count up by themselves, on I2C or on SPI.

    On I2C the first byte of a write says which register comes next. On SPI the first byte after the selection does, and its
    bit 7 says that this is a read: so it is with Bosch's and ST's sensors.
    """

    spi_page = 0x00  # what SPI's seven bits of a register's number are counted from

    def __init__(self):
        self._next = 0  # register
        self._spi_read = None  # whether the exchange that is under way reads; None: its first byte is to come

    def get(self, register: int, now: int) -> int:
        """The content of a register, 0 to 255. Reading may change the chip."""
        raise NotImplementedError

    def put(self, register: int, value: int, now: int) -> None:
        """Takes a write to a register."""
        raise NotImplementedError

    def after(self, register: int) -> int:
        """The register after this one in a long read or write."""
        return register + 1 & 0xFF

    def level(self, output: str, now: int) -> int:
        """What an output drives: 0 or 1."""
        raise NotImplementedError(f"{type(self).__name__} has no output {output}")

    def next_change(self, output: str, now: int) -> tuple[int, int] | None:
        """(when, the level then) of the output's next change, if nobody talks to the chip before; None: there will be none.

        A level that is the same as now means: ask again then.
        """
        raise NotImplementedError(f"{type(self).__name__} has no output {output}")

    def write(self, data: bytes, now: int) -> None:
        """An I2C write."""
        if data:
            self._next = data[0]
        for value in data[1:]:
            self.put(self._next, value, now)
            self._next = self.after(self._next)

    def read(self, count: int, now: int) -> bytes:
        """An I2C read."""
        found = bytearray()
        for _ in range(count):
            found.append(self.get(self._next, now))
            self._next = self.after(self._next)
        return bytes(found)

    def exchange(self, data: bytes, now: int) -> bytes:
        """SPI bytes while this chip is selected; what it says meanwhile."""
        if self._spi_read is None and data:
            self._spi_read, self._next = bool(data[0] & 0x80), self.spi_page | data[0] & 0x7F
            return b"\xff" + self.exchange(data[1:], now)
        if self._spi_read:
            return self.read(len(data), now)
        for value in data:
            self.put(self._next, value, now)
            self._next = self.after(self._next)
        return b"\xff" * len(data)

    def deselect(self, now: int) -> None:
        """The end of an SPI exchange."""
        self._spi_read = None
