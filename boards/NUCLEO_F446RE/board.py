# SPDX-License-Identifier: MIT
"""ST's Nucleo-F446RE: its LED and its button.

The pins are from MicroPython 1.25, ports/stm32/boards/NUCLEO_F446RE/pins.csv and mpconfigboard.h. It has no microphone() because MicroPython has no I2S on this board.
"""

LEDS = ("LED",)  # lit: 1
BUTTON = "SW"  # pressed: 0
