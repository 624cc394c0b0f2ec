# For an STM32F4 with 512 KiB of flash: compiled for size, and, unless operators were chosen (OPS), laid out so that all of them fit.
TORPOR_OPT := -Os
include $(BOARD_DIR)/../stm32.mk
ifeq ($(OPS),)
LD_FILES := $(TORPOR_DIR)/../stm32f4_512k.ld boards/common_ifs.ld
TEXT1_ADDR := 0x08010000
endif
