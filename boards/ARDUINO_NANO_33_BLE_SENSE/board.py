# SPDX-License-Identifier: MIT
"""Arduino's Nano 33 BLE Sense: its LEDs.

The pins are from MicroPython 1.25, ports/nrf/boards/ARDUINO_NANO_33_BLE_SENSE/pins.csv and mpconfigboard.h. It has
no microphone(): the one on the board gives PDM, which MicroPython has no driver for, and no button but reset.
"""

LEDS = ("LED_RED", "LED_GREEN", "LED_BLUE", "LED_YELLOW")  # lit: 0, but the yellow one: 1
