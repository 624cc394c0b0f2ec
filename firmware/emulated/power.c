/* SPDX-License-Identifier: MIT
 * machine: reset, sleep, identity. Included by extmod/modmachine.c.
 */
#include "clock.h"
#include "hardware.h"
#include "port.h"
#include "world.h"

#include "py/mphal.h"

enum { PWRON_RESET = 1, HARD_RESET = 2, DEEPSLEEP_RESET = 4 };
enum { PIN_WAKE = 1, TIMER_WAKE = 2 };

static const mp_obj_fun_builtin_fixed_t machine_wake_reason_obj;

#define MICROPY_PY_MACHINE_EXTRA_GLOBALS \
    { MP_ROM_QSTR(MP_QSTR_I2S), MP_ROM_PTR(&machine_i2s_type) }, \
    { MP_ROM_QSTR(MP_QSTR_Pin), MP_ROM_PTR(&machine_pin_type) }, \
    { MP_ROM_QSTR(MP_QSTR_RTC), MP_ROM_PTR(&machine_rtc_type) }, \
    { MP_ROM_QSTR(MP_QSTR_Timer), MP_ROM_PTR(&machine_timer_type) }, \
    { MP_ROM_QSTR(MP_QSTR_wake_reason), MP_ROM_PTR(&machine_wake_reason_obj) }, \
    { MP_ROM_QSTR(MP_QSTR_PWRON_RESET), MP_ROM_INT(PWRON_RESET) }, \
    { MP_ROM_QSTR(MP_QSTR_HARD_RESET), MP_ROM_INT(HARD_RESET) }, \
    { MP_ROM_QSTR(MP_QSTR_DEEPSLEEP_RESET), MP_ROM_INT(DEEPSLEEP_RESET) }, \
    { MP_ROM_QSTR(MP_QSTR_PIN_WAKE), MP_ROM_INT(PIN_WAKE) }, \
    { MP_ROM_QSTR(MP_QSTR_TIMER_WAKE), MP_ROM_INT(TIMER_WAKE) },

/* RAM keeps its content over a reset; it is zero when the emulator starts. */
__attribute__((section(".noinit"))) static uint32_t reset_cause, wake_reason;

static void mp_machine_idle(void) {
    mp_event_wait_ms(1);
}

static _Noreturn void reset_because(uint32_t cause) {
    reset_cause = cause;
    wake_reason = cause == DEEPSLEEP_RESET ? wake_reason : 0;
    sound_deinit();
    pins_deinit();
    storage_deinit();
    world_stop();
    clock_keep();
    hw_reset();
}

NORETURN static void mp_machine_reset(void) {
    reset_because(HARD_RESET);
}

static mp_int_t mp_machine_reset_cause(void) {
    return reset_cause ? reset_cause : PWRON_RESET;
}

static mp_obj_t mp_machine_unique_id(void) {
    return mp_obj_new_bytes((const byte *)BOARD_NAME, sizeof(BOARD_NAME) - 1);
}

/* Instructions in a second of virtual time, as `-icount shift` sets it: two million, timed, to 10 kHz. */
static mp_obj_t mp_machine_get_freq(void) {
    uint32_t irq = hw_irq_off();
    uint32_t start = hw_counter();
    hw_spin(1000000);
    uint32_t ticks = hw_counter() - start;
    hw_irq_restore(irq);
    uint32_t unit = 10000;
    uint64_t units = (2000000ull * (MACHINE_TICK_HZ / unit) + ticks / 2) / ticks;
    return mp_obj_new_int_from_ull(units * unit);
}

static void mp_machine_set_freq(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    (void)args;
    mp_raise_NotImplementedError(MP_ERROR_TEXT("the frequency is fixed"));
}

/* Until the time is over, a pin interrupt, or Ctrl-C; callbacks run after it. Returns what ended it. */
static uint32_t sleep_as(wait_t why, size_t n_args, const mp_obj_t *args) {
    uint64_t end = CLOCK_NEVER;
    if (n_args) {
        end = clock_now() + (uint64_t)mp_obj_get_int(args[0]) * CLOCK_TICKS_PER_MS;
    }
    uint32_t seen = pin_interrupts();
    clock_wait_as(why);
    while (clock_now() < end && pin_interrupts() == seen && MP_STATE_THREAD(mp_pending_exception) == MP_OBJ_NULL) {
        clock_alarm(ALARM_WAIT, end);
        clock_wait();
    }
    clock_wait_as(WAIT_IDLE);
    return pin_interrupts() != seen ? PIN_WAKE : TIMER_WAKE;
}

static void mp_machine_lightsleep(size_t n_args, const mp_obj_t *args) {
    wake_reason = sleep_as(WAIT_LIGHT, n_args, args);
}

NORETURN static void mp_machine_deepsleep(size_t n_args, const mp_obj_t *args) {
    uint32_t reason = sleep_as(WAIT_DEEP, n_args, args);
    mp_handle_pending(true);
    wake_reason = reason;
    reset_because(DEEPSLEEP_RESET);
}

/* What ended the last sleep, light or deep; 0: there was none since the last other reset. */
static mp_obj_t machine_wake_reason(void) {
    return MP_OBJ_NEW_SMALL_INT(wake_reason);
}
static MP_DEFINE_CONST_FUN_OBJ_0(machine_wake_reason_obj, machine_wake_reason);
