# SPDX-License-Identifier: MIT
"""ST's Nucleo-L476RG: its LED and its button.

The pins are from MicroPython 1.25, ports/stm32/boards/NUCLEO_L476RG/pins.csv and mpconfigboard.h. It has no microphone() because MicroPython has no I2S on this board.
"""

LEDS = ("PA5",)  # lit: 1
BUTTON = "SW"  # pressed: 0
