# A board of MicroPython's ESP32 port with Torpor in it. boards/<name>/mpconfigboard.cmake includes this, and names
# MicroPython's board, TORPOR_BOARD, from which all else comes. A path in an sdkconfig has to be absolute, so that is written here.
include(${CMAKE_CURRENT_SOURCE_DIR}/boards/${TORPOR_BOARD}/mpconfigboard.cmake)

set(TORPOR_SDKCONFIG ${CMAKE_BINARY_DIR}/sdkconfig.torpor)
file(WRITE ${TORPOR_SDKCONFIG}
    "CONFIG_PARTITION_TABLE_CUSTOM=y\nCONFIG_PARTITION_TABLE_CUSTOM_FILENAME=\"${MICROPY_BOARD_DIR}/partitions.csv\"\n")
list(APPEND SDKCONFIG_DEFAULTS ${TORPOR_SDKCONFIG})
list(APPEND MICROPY_DEF_BOARD MICROPY_VFS_ROM=1)
set(MICROPY_FROZEN_MANIFEST ${MICROPY_BOARD_DIR}/manifest.py)
