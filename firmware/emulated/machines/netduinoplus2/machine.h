/* SPDX-License-Identifier: MIT
 * Netduino Plus 2, a board with an STM32F405, as QEMU emulates it: addresses and interrupt numbers of ST's reference
 * manual RM0090, clocks of the emulator (its TIM2 counts ns; a real one counts at 84 MHz).
 */
#ifndef EMULATED_MACHINE_H
#define EMULATED_MACHINE_H

#define MACHINE_NAME "netduinoplus2"
#define MACHINE_TICK_HZ 25000000 // of TIM2 behind its prescaler: one tick is 40 ns

#define STM32_TIM2 0x40000000
#define STM32_TIM2_HZ 1000000000
#define STM32_SYSTICK_HZ 21000000 // an eighth of the core's clock
#define STM32_USART 0x40011000 // USART1

#define STM32_USART_IRQ 37

void stm32_alarm_isr(void);
void stm32_usart_isr(void);

/* Entries of the vector table: of the core, and after its 16. */
#define MACHINE_SYSTICK stm32_alarm_isr
#define MACHINE_VECTORS \
    [STM32_USART_IRQ] = stm32_usart_isr,
#define MACHINE_VECTOR_COUNT 82

#endif
