# SPDX-License-Identifier: MIT
"""A chip's registers, on I2C or on SPI: what its driver sees of the bus."""

from micropython import const

_READ = const(0x80)


class I2CRegisters:
    """Of the chip at a 7-bit address."""

    def __init__(self, bus, address):
        self._bus, self._address = bus, address
        self._byte = bytearray(1)

    def read_into(self, register, buf):
        """Fills buf, from this register on."""
        self._bus.readfrom_mem_into(self._address, register, buf)

    def read(self, register):
        """One byte."""
        self.read_into(register, self._byte)
        return self._byte[0]

    def write(self, register, value):
        """One byte."""
        self._byte[0] = value
        self._bus.writeto_mem(self._address, register, self._byte)


class SPIRegisters:
    """Of the chip whose select pin is `select`, an output that is high; bit 7 of a register's number means a read."""

    def __init__(self, bus, select):
        self._bus, self._select = bus, select
        self._head = bytearray(2)
        self._one = memoryview(self._head)[:1]
        self._byte = bytearray(1)

    def read_into(self, register, buf):
        """Fills buf, from this register on."""
        self._head[0] = register | _READ
        self._select(0)
        try:
            self._bus.write(self._one)
            self._bus.readinto(buf)
        finally:
            self._select(1)

    def read(self, register):
        """One byte."""
        self.read_into(register, self._byte)
        return self._byte[0]

    def write(self, register, value):
        """One byte."""
        self._head[0], self._head[1] = register & ~_READ, value
        self._select(0)
        try:
            self._bus.write(self._head)
        finally:
            self._select(1)
