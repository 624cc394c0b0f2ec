# SPDX-License-Identifier: MIT
"""The emulated Cortex-M4F: what is wired where, and its own account of time (see lib/DESIGN.md)."""

from emu import asleep_us, uptime_us
from machine import I2S, Pin

MIC_RATE = 16000  # samples a second
MIC_DEPTH = 4000  # samples that the driver holds: 250 ms, far more than an inference takes


def microphone():
    """An I2S that hears mic.wav, from now on."""
    pins = {"sck": Pin(13), "ws": Pin(14), "sd": Pin(15)}
    return I2S(0, **pins, mode=I2S.RX, bits=16, format=I2S.MONO, rate=MIC_RATE, ibuf=2 * MIC_DEPTH)
