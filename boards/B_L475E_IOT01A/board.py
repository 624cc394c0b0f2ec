# SPDX-License-Identifier: MIT
"""ST's B-L475E-IOT01A: its LEDs, its button, and the bus of its sensors.

The pins are from MicroPython 1.25, ports/stm32/boards/B_L475E_IOT01A/pins.csv and mpconfigboard.h. It has
no microphone(): its two microphones give PDM to the DFSDM, which MicroPython has no driver for.
"""

from machine import I2C

LEDS = ("PA5", "PB14")  # lit: 1
BUTTON = "PC13"  # pressed: 0


def i2c():
    """The bus of the sensors on the board (ST, UM2153): LSM6DSL, LIS3MDL, HTS221, LPS22HB, VL53L0X."""
    return I2C(2)  # PB10, PB11
