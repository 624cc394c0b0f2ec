# MPS2 with AN386: Cortex-M4F, CMSDK timers and UART.
CROSS_COMPILE ?= arm-none-eabi-
MACHINE_SRC_C = cpu/cortex_m.c chips/cmsdk_timer.c chips/cmsdk_uart.c
MACHINE_SRC_S = shared/runtime/gchelper_thumb2.s
MACHINE_CFLAGS = -mcpu=cortex-m4 -mthumb -mfpu=fpv4-sp-d16 -mfloat-abi=hard
MACHINE_MPY_ARCH = armv7emsp
