TORPOR_BOARD := PYBV11
TORPOR_ROMFS := romfs.ld
include $(BOARD_DIR)/../stm32.mk
