# SPDX-License-Identifier: MIT
"""An emulated board: what is wired to which pin, and its account of its sleep."""

from emu import asleep_us, uptime_us
from machine import I2S, Pin
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
