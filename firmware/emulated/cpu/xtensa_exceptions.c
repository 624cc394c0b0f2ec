/* SPDX-License-Identifier: MIT
 * Xtensa exceptions: the timer's interrupt, spilling of the register windows, and MULUH and MULSH, which an ESP32 has and
 * no core of QEMU's (Xtensa Instruction Set Architecture Reference Manual, 4.4 and 6).
 */
#include "hardware.h"
#include "semihosting.h"
#include "xtensa.h"

enum { ILLEGAL_INSTRUCTION = 0, SYSCALL = 1, LEVEL_1_INTERRUPT = 4 }; // of EXCCAUSE
enum { INSTRUCTION_BYTES = 3 };

/* As xtensa_vectors.s saves it: 176 bytes. */
typedef struct {
    uint32_t a[16], ps, pc, cause, address, shift, loop_begin, loop_end, loop_count, booleans, accumulator[2], unused, f[16];
} frame_t;

/* An interrupt, in it setjmp or a multiplication, in that a fault: no deeper. */
static frame_t frames[4];
frame_t *xtensa_frame_top;
static volatile int interrupts;

void xtensa_exceptions_init(void) {
    xtensa_frame_top = frames;
    interrupts = 0;
}

bool hw_in_interrupt(void) {
    return interrupts > 0;
}

static _Noreturn void report_fault(const frame_t *frame) {
    host_print("firmware fault: pc ");
    host_print_hex(frame->pc);
    host_print(" cause ");
    host_print_hex(frame->cause);
    host_print(" address ");
    host_print_hex(frame->address);
    host_print("\n");
    hw_exit(1);
}

/* Behind the instruction, which may be the last of a loop. */
static void go_on(frame_t *frame) {
    frame->pc += INSTRUCTION_BYTES;
    if (frame->pc == frame->loop_end && frame->loop_count) {
        frame->loop_count--;
        frame->pc = frame->loop_begin;
    }
}

/* Each call takes 8 of at most 64 registers, so all windows but the current are in memory afterwards. */
static __attribute__((noinline)) void call_deep(volatile int depth) {
    if (depth > 0) {
        call_deep(depth - 1);
    }
    __asm volatile ("" ::: "memory"); // no tail call
}

void xtensa_spill_windows(void) {
    call_deep(8);
}

/* The upper word of x y, by halves: with 64 bits the compiler would use the instruction itself. */
static uint32_t multiply_high_unsigned(uint32_t x, uint32_t y) {
    uint32_t x0 = x & 0xFFFF, x1 = x >> 16, y0 = y & 0xFFFF, y1 = y >> 16;
    uint32_t middle = x1 * y0 + (x0 * y0 >> 16);
    uint32_t other = x0 * y1 + (middle & 0xFFFF);
    return x1 * y1 + (middle >> 16) + (other >> 16);
}

static uint32_t multiply_high_signed(uint32_t x, uint32_t y) {
    return multiply_high_unsigned(x, y) - ((int32_t)x < 0 ? y : 0) - ((int32_t)y < 0 ? x : 0);
}

/* Returns false for another instruction. Nibbles from the lowest: 0, t, s, r, 2, and A (MULUH) or B (MULSH). */
static bool multiply_high(frame_t *frame) {
    const uint8_t *code = (const uint8_t *)frame->pc;
    bool is_signed = code[2] == 0xB2;
    if ((code[0] & 15) != 0 || (!is_signed && code[2] != 0xA2)) {
        return false;
    }
    uint32_t x = frame->a[code[1] & 15], y = frame->a[code[0] >> 4];
    frame->a[code[1] >> 4] = is_signed ? multiply_high_signed(x, y) : multiply_high_unsigned(x, y);
    go_on(frame);
    return true;
}

/* The only SYSCALL is that of setjmp and longjmp in C libraries, which asks for windows in memory. */
void xtensa_exception(frame_t *frame) {
    if (frame->cause == LEVEL_1_INTERRUPT) {
        interrupts++;
        machine_timer_isr();
        interrupts--;
    } else if (frame->cause == SYSCALL) {
        xtensa_spill_windows();
        go_on(frame);
    } else if (frame->cause != ILLEGAL_INSTRUCTION || !multiply_high(frame)) {
        report_fault(frame);
    }
}
