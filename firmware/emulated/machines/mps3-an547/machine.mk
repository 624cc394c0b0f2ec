# MPS3 with AN547: Cortex-M55 with Helium, SSE-300's timer, CMSDK UART.
CROSS_COMPILE ?= arm-none-eabi-
MACHINE_SRC_C = cpu/cortex_m.c chips/sse_timer.c chips/cmsdk_uart.c
MACHINE_SRC_S = shared/runtime/gchelper_thumb2.s
AFLAGS += -march=armv8.1-m.main
MACHINE_CFLAGS = -mcpu=cortex-m55 -mthumb -mfloat-abi=hard
MACHINE_MPY_ARCH = armv7emdp
