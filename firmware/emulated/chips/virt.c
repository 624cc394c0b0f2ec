/* SPDX-License-Identifier: MIT
 * The peripherals of QEMU's RISC-V `virt` machine: the CLINT's timer is counter and alarm (RISC-V
 * Advanced Core Local Interruptor, chapter 2), a 16550 UART carries the REPL, the PLIC leads its
 * interrupt to the CPU (RISC-V PLIC 1.0), and the test device resets the machine.
 */
#include "hardware.h"

#define REG8(address) (*(volatile uint8_t *)(address))
#define REG32(address) (*(volatile uint32_t *)(address))

#define MTIMECMP_LOW REG32(VIRT_CLINT + 0x4000)
#define MTIMECMP_HIGH REG32(VIRT_CLINT + 0x4004)
#define MTIME_LOW REG32(VIRT_CLINT + 0xBFF8)
#define MTIME_HIGH REG32(VIRT_CLINT + 0xBFFC)

#define PLIC_PRIORITY(irq) REG32(VIRT_PLIC + 4 * (irq))
#define PLIC_ENABLE REG32(VIRT_PLIC + 0x2000)
#define PLIC_THRESHOLD REG32(VIRT_PLIC + 0x200000)
#define PLIC_CLAIM REG32(VIRT_PLIC + 0x200004)

#define UART_DATA REG8(VIRT_UART + 0)
#define UART_IER REG8(VIRT_UART + 1)
#define UART_IIR REG8(VIRT_UART + 2)
#define UART_LSR REG8(VIRT_UART + 5)

#define TEST_RESET 0x7777

enum { IER_RX = 1, IER_TX = 2 };
enum { LSR_RX_READY = 1, LSR_TX_EMPTY = 0x20 };

static uint32_t stopped_for;  // ticks of mtime that the firmware has not seen
static uint32_t stopped_at;
static bool stopped;

static uint64_t mtime(void) {
    uint32_t high, low;
    do {
        high = MTIME_HIGH;
        low = MTIME_LOW;
    } while (high != MTIME_HIGH);
    return (uint64_t)high << 32 | low;
}

/* QEMU keeps a timer for every compare value ahead, however far, and sleep jumps to it. So no value on the
 * way is far ahead, and without an alarm the value lies in the past and the interrupt is off. */
static void set_compare(uint64_t at) {
    riscv_timer_irq(false);
    MTIMECMP_LOW = 0;
    MTIMECMP_HIGH = (uint32_t)(at >> 32);
    MTIMECMP_LOW = (uint32_t)at;
    riscv_timer_irq(at != 0);
}

uint32_t hw_counter(void) {
    return (stopped ? stopped_at : MTIME_LOW) - stopped_for;
}

/* The machine's timer cannot stand still, so what passes meanwhile is taken off, and nothing is due. */
void hw_counter_run(bool on) {
    if (on && stopped) {
        stopped_for += MTIME_LOW - stopped_at;
    } else if (!on) {
        stopped_at = MTIME_LOW;
        set_compare(0);
    }
    stopped = !on;
}

/* Without an alarm there is still one before the counter has wrapped, as clock.c asks. */
void hw_alarm(uint32_t ticks) {
    set_compare(mtime() + (ticks ? ticks : INT32_MAX));
}

void hw_time_init(void) {
    stopped_for = MTIME_LOW; // it counts from the emulator's start, through every reset
    hw_alarm(0);
}

void machine_timer_isr(void) {
    set_compare(0);
    clock_isr();
}

void hw_serial_init(void) {
    PLIC_PRIORITY(VIRT_UART_IRQ) = 1;
    PLIC_ENABLE = 1 << VIRT_UART_IRQ;
    PLIC_THRESHOLD = 0;
    UART_IER = IER_RX;
}

bool hw_serial_rx_ready(void) {
    return UART_LSR & LSR_RX_READY;
}

uint8_t hw_serial_rx(void) {
    return UART_DATA;
}

void hw_serial_rx_irq(bool on) {
    UART_IER = on ? IER_RX : 0;
}

bool hw_serial_tx_busy(void) {
    bool busy = !(UART_LSR & LSR_TX_EMPTY);
    if (busy) {
        UART_IER |= IER_TX;
    }
    return busy;
}

void hw_serial_tx(uint8_t c) {
    UART_DATA = c;
}

void machine_external_isr(void) {
    uint32_t irq = PLIC_CLAIM;
    if (irq == VIRT_UART_IRQ) {
        (void)UART_IIR; // reading it acknowledges an empty transmitter
        UART_IER &= ~IER_TX;
        console_isr();
    }
    PLIC_CLAIM = irq;
}

_Noreturn void hw_reset(void) {
    REG32(VIRT_TEST) = TEST_RESET;
    for (;;) {
    }
}
