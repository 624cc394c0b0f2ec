# Netduino Plus 2: STM32F405 (Cortex-M4F), SysTick and TIM2, USART1.
CROSS_COMPILE ?= arm-none-eabi-
MACHINE_SRC_C = cpu/cortex_m.c chips/stm32_time.c chips/stm32_usart.c
MACHINE_SRC_S = shared/runtime/gchelper_thumb2.s
MACHINE_CFLAGS = -mcpu=cortex-m4 -mthumb -mfpu=fpv4-sp-d16 -mfloat-abi=hard
MACHINE_MPY_ARCH = armv7emsp
