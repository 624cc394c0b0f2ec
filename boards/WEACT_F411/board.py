# SPDX-License-Identifier: MIT
"""WeAct's Black Pill: its LED and its button.

The pins are from MicroPython 1.25, ports/stm32/boards/WEACT_F411_BLACKPILL/pins.csv and mpconfigboard.h. It has no microphone() because MicroPython has no I2S on this board.
"""

LEDS = ("LED_BLUE",)  # lit: 0
BUTTON = "SW"  # pressed: 0, needs Pin.PULL_UP
