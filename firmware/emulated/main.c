/* SPDX-License-Identifier: MIT
 * Starts the board: hardware, MicroPython, _boot.py, boot.py, main.py, then the REPL; again
 * after every soft reset.
 */
#include "clock.h"
#include "console.h"
#include "hardware.h"
#include "port.h"
#include "semihosting.h"

#include "py/cstack.h"
#include "py/gc.h"
#include "py/mphal.h"
#include "py/runtime.h"
#include "extmod/vfs.h"
#include "shared/readline/readline.h"
#include "shared/runtime/gchelper.h"
#include "shared/runtime/pyexec.h"
#include "shared/runtime/softtimer.h"

#define STACK_RESERVE 8192 // left to interrupts and to C code that does not check

extern char heap_start[], heap_end[], stack_bottom[], stack_top[];

static void run_repl(void) {
    while ((pyexec_mode_kind == PYEXEC_MODE_RAW_REPL ? pyexec_raw_repl() : pyexec_friendly_repl()) == 0) {
    }
}

static void run_until_soft_reset(void) {
    mp_vfs_mount_romfs_protected(); // there may be none
    pyexec_frozen_module("_boot.py", false);
    int result = pyexec_file_if_exists("boot.py");
    if (!(result & PYEXEC_FORCED_EXIT) && pyexec_mode_kind == PYEXEC_MODE_FRIENDLY_REPL && result != 0) {
        result = pyexec_file_if_exists("main.py");
    }
    if (!(result & PYEXEC_FORCED_EXIT)) {
        run_repl();
    }
}

int main(void) {
    clock_init();
    console_init();
    storage_init();
    for (;;) {
        mp_cstack_init_with_top(stack_top, stack_top - stack_bottom - STACK_RESERVE);
        gc_init(heap_start, heap_end);
        mp_init();
        readline_init0();
        timer_init();
        pins_init();
        sound_init();
        run_until_soft_reset();
        mp_printf(MP_PYTHON_PRINTER, "MPY: soft reboot\n");
        sound_deinit();
        pins_deinit();
        soft_timer_deinit();
        gc_sweep_all();
        mp_deinit();
    }
}

void gc_collect(void) {
    gc_collect_start();
    gc_helper_collect_regs_and_stack();
    soft_timer_gc_mark_all();
    gc_collect_end();
}

static _Noreturn void die(const char *what, const char *detail) {
    host_print(what);
    host_print(detail);
    host_print("\n");
    hw_exit(1);
}

void nlr_jump_fail(void *value) {
    (void)value;
    die("firmware fault: ", "exception without a handler");
}

void __assert_func(const char *file, int line, const char *function, const char *expression) {
    (void)line;
    host_print(file);
    host_print(": ");
    host_print(function);
    die(": assertion failed: ", expression);
}
