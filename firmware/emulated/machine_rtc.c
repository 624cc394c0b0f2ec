/* SPDX-License-Identifier: MIT
 * machine.RTC: the time of day, and memory that keeps its content over deep sleep and resets, as an ESP32 has it.
 */
#include <string.h>

#include "clock.h"
#include "port.h"

#include "py/runtime.h"
#include "shared/timeutils/timeutils.h"

#define MEMORY_SIZE 2048 // of an ESP32's RTC memory, as MicroPython gives it to programs

/* RAM keeps its content over a reset; it is zero when the emulator starts. */
__attribute__((section(".noinit"))) static struct {
    uint64_t set_us;    // what datetime() added
    uint32_t len;
    uint8_t memory[MEMORY_SIZE];
} kept;

uint64_t rtc_us(void) {
    return kept.set_us + (clock_before() + clock_now()) / CLOCK_TICKS_PER_US;
}

static const mp_obj_base_t rtc = { &machine_rtc_type };

static mp_obj_t rtc_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 0, 0, false);
    return MP_OBJ_FROM_PTR(&rtc);
}

static mp_obj_t read_time(void) {
    uint64_t us = rtc_us();
    timeutils_struct_time_t t;
    timeutils_seconds_since_epoch_to_struct_time(us / 1000000, &t);
    const int fields[] = {t.tm_year, t.tm_mon, t.tm_mday, t.tm_wday, t.tm_hour, t.tm_min, t.tm_sec, us % 1000000};
    mp_obj_t items[MP_ARRAY_SIZE(fields)];
    for (size_t i = 0; i < MP_ARRAY_SIZE(fields); i++) {
        items[i] = mp_obj_new_int(fields[i]);
    }
    return mp_obj_new_tuple(MP_ARRAY_SIZE(fields), items);
}

/* datetime() and datetime((year, month, day, weekday, hour, minute, second, microsecond)); the weekday is worked out */
static mp_obj_t rtc_datetime(size_t n_args, const mp_obj_t *args) {
    if (n_args == 1) {
        return read_time();
    }
    mp_obj_t *items;
    mp_obj_get_array_fixed_n(args[1], 8, &items);
    mp_int_t f[8];
    for (int i = 0; i < 8; i++) {
        f[i] = mp_obj_get_int(items[i]);
    }
    uint64_t us = (uint64_t)timeutils_seconds_since_epoch(f[0], f[1], f[2], f[4], f[5], f[6]) * 1000000 + f[7];
    kept.set_us += us - rtc_us();
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(rtc_datetime_obj, 1, 2, rtc_datetime);

/* memory() and memory(bytes) */
static mp_obj_t rtc_memory(size_t n_args, const mp_obj_t *args) {
    if (n_args == 1) {
        return mp_obj_new_bytes(kept.memory, kept.len);
    }
    mp_buffer_info_t buf;
    mp_get_buffer_raise(args[1], &buf, MP_BUFFER_READ);
    if (buf.len > MEMORY_SIZE) {
        mp_raise_ValueError(MP_ERROR_TEXT("buffer too long"));
    }
    memcpy(kept.memory, buf.buf, buf.len);
    kept.len = buf.len;
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(rtc_memory_obj, 1, 2, rtc_memory);

static const mp_rom_map_elem_t rtc_locals_table[] = {
    { MP_ROM_QSTR(MP_QSTR_datetime), MP_ROM_PTR(&rtc_datetime_obj) },
    { MP_ROM_QSTR(MP_QSTR_memory), MP_ROM_PTR(&rtc_memory_obj) },
};
static MP_DEFINE_CONST_DICT(rtc_locals, rtc_locals_table);

MP_DEFINE_CONST_OBJ_TYPE(
    machine_rtc_type,
    MP_QSTR_RTC,
    MP_TYPE_FLAG_NONE,
    make_new, rtc_make_new,
    locals_dict, &rtc_locals
    );
