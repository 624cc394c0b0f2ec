// MicroPython's own.
#include "ports/esp32/boards/ESP32_GENERIC_S3/mpconfigboard.h"
