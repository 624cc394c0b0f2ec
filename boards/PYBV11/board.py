# SPDX-License-Identifier: MIT
"""A pyboard 1.1: LEDs, the button, and where a microphone is wired.

The pins are from MicroPython 1.25, ports/stm32/boards/PYBV11: pins.csv; mpconfigboard.h has I2S2, whose pins Y5, Y6 and Y8 are.
"""

from machine import I2S, Pin
from micropython import const

LEDS = ("LED_RED", "LED_GREEN", "LED_YELLOW", "LED_BLUE")  # lit: 1
BUTTON = "SW"  # pressed: 0, needs Pin.PULL_UP
# An I2S microphone such as INMP441 or SPH0645, its L/R or SEL pin at ground; change the pins here.
MIC_SCK = "Y6"
MIC_WS = "Y5"
MIC_SD = "Y8"
MIC_RATE = const(16000)  # Hz
MIC_DEPTH = const(2400)  # samples that the driver holds: 150 ms; it must outlast an inference


def microphone():
    """The microphone as a machine.I2S: 16 bit, mono, MIC_RATE. It starts to listen now."""
    return I2S(
        2,
        sck=Pin(MIC_SCK),
        ws=Pin(MIC_WS),
        sd=Pin(MIC_SD),
        mode=I2S.RX,
        bits=16,
        format=I2S.MONO,
        rate=MIC_RATE,
        ibuf=8 * MIC_DEPTH,  # MicroPython's ring keeps 8 bytes a sample
    )
