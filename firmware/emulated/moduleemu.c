/* SPDX-License-Identifier: MIT
 * The module `emu`: what only an emulated board can tell.
 *
 *     emu.TICK_HZ              ticks a second of virtual time, of measure()
 *     emu.uptime_us()          virtual time since reset
 *     emu.asleep_us()          how much of it the CPU spent asleep (WFI)
 *     emu.ledger()             (what, µs, how often) for each way of waiting since the emulator's start: idle, light, deep, bus
 *     emu.total_us()           virtual time since the emulator's start, over all resets
 *     emu.measure(callable)    calls it; (ticks, bytes of stack) that the call took
 *     emu.Flash()              the block device that holds the file system
 */
#include "clock.h"
#include "hardware.h"
#include "port.h"

#include "py/runtime.h"

#define STACK_PAINT 0xA5A5A5A5u
#define STACK_UNPAINTED 16 // words below the stack pointer, for paint_stack() itself

extern uint32_t stack_bottom[];

static mp_obj_t emu_uptime_us(void) {
    return mp_obj_new_int_from_ull(clock_now() / CLOCK_TICKS_PER_US);
}
static MP_DEFINE_CONST_FUN_OBJ_0(emu_uptime_us_obj, emu_uptime_us);

static mp_obj_t emu_asleep_us(void) {
    return mp_obj_new_int_from_ull(clock_asleep() / CLOCK_TICKS_PER_US);
}
static MP_DEFINE_CONST_FUN_OBJ_0(emu_asleep_us_obj, emu_asleep_us);

static mp_obj_t emu_total_us(void) {
    return mp_obj_new_int_from_ull((clock_before() + clock_now()) / CLOCK_TICKS_PER_US);
}
static MP_DEFINE_CONST_FUN_OBJ_0(emu_total_us_obj, emu_total_us);

static mp_obj_t emu_ledger(void) {
    static const qstr names[WAIT_COUNT] = { MP_QSTR_idle, MP_QSTR_light, MP_QSTR_deep, MP_QSTR_bus };
    mp_obj_t lines[WAIT_COUNT];
    for (int i = 0; i < WAIT_COUNT; i++) {
        mp_obj_t us = mp_obj_new_int_from_ull(clock_spent(i) / CLOCK_TICKS_PER_US);
        lines[i] = mp_obj_new_tuple(3, (mp_obj_t[]) {MP_OBJ_NEW_QSTR(names[i]), us, mp_obj_new_int_from_uint(clock_woken(i))});
    }
    return mp_obj_new_tuple(WAIT_COUNT, lines);
}
static MP_DEFINE_CONST_FUN_OBJ_0(emu_ledger_obj, emu_ledger);

static void paint_stack(uint32_t *end) {
    for (uint32_t *p = stack_bottom; p < end; p++) {
        *p = STACK_PAINT;
    }
}

static uint32_t *lowest_unpainted(void) {
    uint32_t *p = stack_bottom;
    while (*p == STACK_PAINT) {
        p++;
    }
    return p;
}

/* An interrupt that comes during the call is counted with it. */
static mp_obj_t emu_measure(mp_obj_t callable) {
    uint32_t *sp = hw_stack_pointer();
    paint_stack(sp - STACK_UNPAINTED);
    uint32_t start = hw_counter();
    mp_call_function_0(callable);
    uint32_t ticks = hw_counter() - start;
    size_t bytes = (char *)sp - (char *)lowest_unpainted();
    return mp_obj_new_tuple(2, (mp_obj_t[]) {mp_obj_new_int_from_uint(ticks), mp_obj_new_int_from_uint(bytes)});
}
static MP_DEFINE_CONST_FUN_OBJ_1(emu_measure_obj, emu_measure);

static const mp_rom_map_elem_t emu_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_emu) },
    { MP_ROM_QSTR(MP_QSTR_TICK_HZ), MP_ROM_INT(MACHINE_TICK_HZ) },
    { MP_ROM_QSTR(MP_QSTR_uptime_us), MP_ROM_PTR(&emu_uptime_us_obj) },
    { MP_ROM_QSTR(MP_QSTR_asleep_us), MP_ROM_PTR(&emu_asleep_us_obj) },
    { MP_ROM_QSTR(MP_QSTR_ledger), MP_ROM_PTR(&emu_ledger_obj) },
    { MP_ROM_QSTR(MP_QSTR_total_us), MP_ROM_PTR(&emu_total_us_obj) },
    { MP_ROM_QSTR(MP_QSTR_measure), MP_ROM_PTR(&emu_measure_obj) },
    { MP_ROM_QSTR(MP_QSTR_Flash), MP_ROM_PTR(&emu_flash_type) },
};
static MP_DEFINE_CONST_DICT(emu_globals, emu_globals_table);

const mp_obj_module_t emu_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&emu_globals,
};

MP_REGISTER_MODULE(MP_QSTR_emu, emu_module);
