# SPDX-License-Identifier: MIT
"""A board with an ESP32-C6: where a microphone is wired, as a default of ours.

These pins are no strapping pins (ESP32-C6 data sheet, `Strapping Pins`). A generic board has no LED that all share. BOOT
is on GPIO9, which is what makes it the loader's button.
"""

from machine import I2S, Pin
from micropython import const

BUTTON = const(9)  # BOOT, pressed: 0
# An I2S microphone such as INMP441 or SPH0645, its L/R or SEL pin at ground; change the pins here.
MIC_SCK = const(18)
MIC_WS = const(19)
MIC_SD = const(20)
MIC_RATE = const(16000)  # Hz
MIC_DEPTH = const(4800)  # samples that the driver holds: 300 ms; it must outlast an inference


def microphone():
    """The microphone as a machine.I2S: 16 bit, mono, MIC_RATE. It starts to listen now."""
    return I2S(
        0,
        sck=Pin(MIC_SCK),
        ws=Pin(MIC_WS),
        sd=Pin(MIC_SD),
        mode=I2S.RX,
        bits=16,
        format=I2S.MONO,
        rate=MIC_RATE,
        ibuf=8 * MIC_DEPTH,  # MicroPython's ring keeps 8 bytes a sample
    )
