# A board of MicroPython's STM32 port with Torpor in it. boards/<name>/mpconfigboard.mk includes this and names
# MicroPython's board, TORPOR_BOARD, from which all else comes, and, where a ROMFS fits, its linker script, TORPOR_ROMFS.
TORPOR_DIR := $(abspath $(BOARD_DIR))
TORPOR_AGAIN := --board $(notdir $(TORPOR_DIR))
override BOARD_DIR := boards/$(TORPOR_BOARD)
FROZEN_MANIFEST ?= $(TORPOR_DIR)/manifest.py
USER_C_MODULES ?= $(abspath $(TORPOR_DIR)/../..)
include $(BOARD_DIR)/mpconfigboard.mk

ifneq ($(TORPOR_ROMFS),)
LD_FILES += $(TORPOR_DIR)/$(TORPOR_ROMFS)
CFLAGS += -DMICROPY_HW_ROMFS_ENABLE_INTERNAL_FLASH=1 -DMICROPY_HW_ROMFS_ENABLE_PART0=1
endif
