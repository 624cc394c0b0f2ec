# SPDX-License-Identifier: MIT
"""What a board says about itself in `board.py`: see lib/DESIGN.md. Of these, a board has what it can."""

from machine import I2S
from torpor.sensors.bme280 import Bme280
from torpor.sensors.lsm6dsox import Lsm6dsox

MIC_RATE: int
MIC_DEPTH: int

def microphone() -> I2S:
    """The microphone, which delivers mono int16, MIC_RATE samples a second, and holds MIC_DEPTH of them."""

def imu() -> Lsm6dsox:
    """The inertial sensor, at rest."""

def climate() -> Bme280:
    """The climate sensor."""

def asleep_us() -> int:
    """Microseconds asleep since the start."""

def uptime_us() -> int:
    """Microseconds since the start."""
