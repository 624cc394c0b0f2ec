TORPOR_BOARD := NUCLEO_H743ZI
TORPOR_ROMFS := romfs.ld
include $(BOARD_DIR)/../stm32.mk
