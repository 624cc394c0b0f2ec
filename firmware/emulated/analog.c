/* SPDX-License-Identifier: MIT
 * machine.ADC: channels 0 to 15, whose signals are on the host. A conversion gives the signal's latest sample.
 * Included by extmod/machine_adc.c.
 */
#include "clock.h"
#include "port.h"
#include "world.h"

#include "py/mphal.h"

#define CHANNEL_COUNT 16
#define FULL_SCALE_UV 3300000
#define SAMPLES_AT_ONCE 256

#define MICROPY_PY_MACHINE_ADC_CLASS_CONSTANTS // none

struct _machine_adc_obj_t {
    mp_obj_base_t base;
    uint8_t channel;
    struct {
        signal_t signal;
        uint16_t samples[SAMPLES_AT_ONCE];
    } known;
};

static void mp_machine_adc_print(const mp_print_t *print, mp_obj_t self_in, mp_print_kind_t kind) {
    machine_adc_obj_t *self = MP_OBJ_TO_PTR(self_in);
    mp_printf(print, "ADC(%u)", self->channel);
}

/* ADC(channel) or ADC(Pin(channel)) */
static mp_obj_t mp_machine_adc_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 1, 1, false);
    mp_int_t channel = mp_obj_is_int(args[0]) ? mp_obj_get_int(args[0]) : pin_id(args[0]);
    if (channel < 0 || channel >= CHANNEL_COUNT) {
        mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("ADC(%d) doesn't exist"), (int)channel);
    }
    machine_adc_obj_t *self = mp_obj_malloc(machine_adc_obj_t, type);
    self->channel = channel;
    self->known.signal.count = 0;
    return MP_OBJ_FROM_PTR(self);
}

/* The number of the signal's latest sample. */
static uint64_t number(const signal_t *signal) {
    return (clock_before() + clock_now()) / CLOCK_TICKS_PER_US * signal->rate / 1000000;
}

/* A channel that is not connected reads 0. */
static mp_int_t mp_machine_adc_read_u16(machine_adc_obj_t *self) {
    signal_t *known = &self->known.signal;
    uint64_t at = known->count ? number(known) - known->first : 0;
    if (at >= known->count) {
        request_t request = { .op = WORLD_SIGNAL, .unit = self->channel, .wanted = sizeof(self->known) };
        if (world_ask(request, NULL, 0, &self->known) < 0) {
            known->count = 0;
        }
        at = 0;
    }
    return known->count ? self->known.samples[at] : 0;
}

static mp_int_t mp_machine_adc_read_uv(machine_adc_obj_t *self) {
    return (uint64_t)mp_machine_adc_read_u16(self) * FULL_SCALE_UV / UINT16_MAX;
}
