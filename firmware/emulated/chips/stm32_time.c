/* SPDX-License-Identifier: MIT
 * Time on an STM32: TIM2 counts freely (RM0090, 18.4), SysTick is the alarm (ARMv7-M Architecture Reference Manual, B3.3).
 *
 * SysTick has 24 bits, so a far alarm comes in steps of 0.8 s, and clock.c sets the next one.
 */
#include "hardware.h"

#define REG(address) (*(volatile uint32_t *)(address))
#define TIM2_EGR REG(STM32_TIM2 + 0x14)
#define TIM2_CNT REG(STM32_TIM2 + 0x24)
#define TIM2_PSC REG(STM32_TIM2 + 0x28)
#define TIM2_CR1 REG(STM32_TIM2)

#define SYST_CSR REG(0xE000E010)
#define SYST_RVR REG(0xE000E014)
#define SYST_CVR REG(0xE000E018)

enum { CR1_ENABLE = 1, EGR_UPDATE = 1 };
enum { CSR_ENABLE = 1, CSR_IRQ = 2 };

#define SYSTICK_LEAST 16 // a reload value that is seen before it has run down
#define SYSTICK_MOST 0xFFFFFF

static bool stopped;
static uint32_t stopped_at;

/* The counter's auto-reload value is left as it is after a reset: the largest. */
void hw_time_init(void) {
    TIM2_PSC = STM32_TIM2_HZ / MACHINE_TICK_HZ - 1;
    TIM2_EGR = EGR_UPDATE;
    TIM2_CR1 = CR1_ENABLE;
    hw_alarm(0);
}

uint32_t hw_counter(void) {
    return stopped ? stopped_at : TIM2_CNT;
}

/* QEMU's TIM2 counts on without its enable bit, so it is put back where it was. */
void hw_counter_run(bool on) {
    if (on && stopped) {
        TIM2_CNT = stopped_at;
    } else if (!on) {
        stopped_at = TIM2_CNT;
        SYST_CSR = 0;
    }
    stopped = !on;
}

static uint32_t reload_of(uint32_t ticks) {
    uint64_t n = (uint64_t)ticks * (STM32_SYSTICK_HZ / 1000000) / (MACHINE_TICK_HZ / 1000000);
    return ticks == 0 || n > SYSTICK_MOST ? SYSTICK_MOST : n < SYSTICK_LEAST ? SYSTICK_LEAST : (uint32_t)n;
}

/* SysTick takes its reload value at its next tick after it was cleared; then a 0 lets it stop at its end. Without that
 * the next end was seen to pass in WFI as well (QEMU 7.2). Without an alarm there is still one before the counter wraps. */
void hw_alarm(uint32_t ticks) {
    SYST_CSR = 0;
    SYST_RVR = reload_of(ticks);
    SYST_CVR = 0;
    SYST_CSR = CSR_ENABLE | CSR_IRQ;
    while (SYST_CVR == 0) {
    }
    SYST_RVR = 0;
}

void stm32_alarm_isr(void) {
    SYST_CSR = 0;
    clock_isr();
}
