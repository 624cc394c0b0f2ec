# SPDX-License-Identifier: MIT
"""ST's Nucleo-H743ZI: its LEDs and its button.

The pins are from MicroPython 1.25, ports/stm32/boards/NUCLEO_H743ZI/pins.csv and mpconfigboard.h. It has no microphone() because MicroPython has no I2S on this board.
"""

LEDS = ("LED1", "LED2", "LED3")  # green, blue, red; lit: 1
BUTTON = "SW"  # pressed: 1
