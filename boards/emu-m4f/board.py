# SPDX-License-Identifier: MIT
"""An emulated board: what is wired to which pin, and its account of its sleep."""

from emu import asleep_us, uptime_us
from machine import I2C, I2S, Pin
from micropython import const

MIC_RATE = const(16000)  # Hz
MIC_DEPTH = const(4800)  # samples that the driver holds: 300 ms, longer than any inference here

_SCK, _WS, _SD = const(0), const(1), const(2)


def microphone():
    """The microphone as a machine.I2S: 16 bit, mono, MIC_RATE. It starts to listen now."""
    return I2S(
        0,
        sck=Pin(_SCK),
        ws=Pin(_WS),
        sd=Pin(_SD),
        mode=I2S.RX,
        bits=16,
        format=I2S.MONO,
        rate=MIC_RATE,
        ibuf=2 * MIC_DEPTH,
    )


def imu():
    """The inertial sensor on I2C 0, its INT1 at pin 4."""
    from torpor.sensors.lsm6dsox import Lsm6dsox
    from torpor.sensors.registers import I2CRegisters

    return Lsm6dsox(I2CRegisters(I2C(0, freq=1_000_000), 0x6A), interrupt=Pin(4, Pin.IN))


def climate():
    """The climate sensor on I2C 0."""
    from torpor.sensors.bme280 import Bme280
    from torpor.sensors.registers import I2CRegisters

    return Bme280(I2CRegisters(I2C(0, freq=400_000), 0x76))
