# MPS2 with AN500: Cortex-M7, CMSDK timers and UART.
CROSS_COMPILE ?= arm-none-eabi-
MACHINE_SRC_C = cpu/cortex_m.c chips/cmsdk_timer.c chips/cmsdk_uart.c
MACHINE_SRC_S = shared/runtime/gchelper_thumb2.s
MACHINE_CFLAGS = -mcpu=cortex-m7 -mthumb -mfpu=fpv5-d16 -mfloat-abi=hard
MACHINE_MPY_ARCH = armv7emdp
