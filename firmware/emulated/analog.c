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

/* What the host sends: `rate` samples a second, the first of which is sample number `first` since the emulator's start. */
typedef struct {
    uint64_t first;
    uint32_t rate;  // 0: this channel is not connected
    uint32_t count;
    uint16_t samples[SAMPLES_AT_ONCE];
} signal_t;

#define MICROPY_PY_MACHINE_ADC_CLASS_CONSTANTS // none

struct _machine_adc_obj_t {
    mp_obj_base_t base;
    uint8_t channel;
    signal_t known;
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
    self->known.count = 0;
    return MP_OBJ_FROM_PTR(self);
}

/* The number of the signal's latest sample. */
static uint64_t number(const signal_t *signal) {
    return (clock_before() + clock_now()) / CLOCK_TICKS_PER_US * signal->rate / 1000000;
}

/* A channel that is not connected reads 0. */
static mp_int_t mp_machine_adc_read_u16(machine_adc_obj_t *self) {
    signal_t *known = &self->known;
    uint64_t now = known->count ? number(known) : 0;
    if (known->count == 0 || now - known->first >= known->count) {
        known->count = 0;
        request_t request = { .op = WORLD_SIGNAL, .unit = self->channel, .wanted = sizeof(*known) };
        if (world_ask(request, NULL, 0, known) < 0 || known->count == 0) {
            return 0;
        }
        now = known->first;
    }
    return known->samples[now - known->first];
}

static mp_int_t mp_machine_adc_read_uv(machine_adc_obj_t *self) {
    return (uint64_t)mp_machine_adc_read_u16(self) * FULL_SCALE_UV / UINT16_MAX;
}
