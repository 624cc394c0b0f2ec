# MPS2 with AN385: Cortex-M3 (soft float), CMSDK timers and UART.
CROSS_COMPILE ?= arm-none-eabi-
MACHINE_SRC_C = cpu/cortex_m.c chips/cmsdk_timer.c chips/cmsdk_uart.c
MACHINE_SRC_S = shared/runtime/gchelper_thumb2.s
MACHINE_CFLAGS = -mcpu=cortex-m3 -mthumb -mfloat-abi=soft
MACHINE_MPY_ARCH = armv7m
