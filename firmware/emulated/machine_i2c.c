/* SPDX-License-Identifier: MIT
 * machine.I2C: buses 0 and 1, whose chips are models on the host. A transfer takes the time that it takes on a wire.
 */
#include "clock.h"
#include "port.h"
#include "world.h"

#include "py/mperrno.h"
#include "py/runtime.h"
#include "extmod/modmachine.h"

#define BUS_COUNT 2
#define BITS_PER_BYTE 9  // the last is the acknowledgement
#define MOST_PIECES 8

typedef struct {
    mp_obj_base_t base;
    uint8_t id;
    uint32_t freq;
} i2c_t;

static i2c_t buses[BUS_COUNT];

static void i2c_print(const mp_print_t *print, mp_obj_t self_in, mp_print_kind_t kind) {
    i2c_t *self = MP_OBJ_TO_PTR(self_in);
    mp_printf(print, "I2C(%u, freq=%u)", self->id, (unsigned)self->freq);
}

/* I2C(id, *, scl=None, sda=None, freq=400000, timeout=50000): the pins are wired already, and nothing stretches the clock. */
static void init_helper(i2c_t *self, size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args) {
    enum { ARG_scl, ARG_sda, ARG_freq, ARG_timeout };
    static const mp_arg_t allowed[] = {
        { MP_QSTR_scl, MP_ARG_KW_ONLY | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE} },
        { MP_QSTR_sda, MP_ARG_KW_ONLY | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE} },
        { MP_QSTR_freq, MP_ARG_KW_ONLY | MP_ARG_INT, {.u_int = 400000} },
        { MP_QSTR_timeout, MP_ARG_KW_ONLY | MP_ARG_INT, {.u_int = 50000} },
    };
    mp_arg_val_t args[MP_ARRAY_SIZE(allowed)];
    mp_arg_parse_all(n_args, pos_args, kw_args, MP_ARRAY_SIZE(allowed), allowed, args);
    if (args[ARG_freq].u_int < 1) {
        mp_raise_ValueError(MP_ERROR_TEXT("freq is in Hz"));
    }
    self->freq = args[ARG_freq].u_int;
}

static mp_obj_t i2c_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 1, 1, true);
    mp_int_t id = mp_obj_get_int(args[0]);
    if (id < 0 || id >= BUS_COUNT) {
        mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("I2C(%d) doesn't exist"), (int)id);
    }
    i2c_t *self = &buses[id];
    self->base.type = type;
    self->id = id;
    mp_map_t kw_args;
    mp_map_init_fixed_table(&kw_args, n_kw, args + n_args);
    init_helper(self, 0, NULL, &kw_args);
    return MP_OBJ_FROM_PTR(self);
}

static void i2c_init(mp_obj_base_t *self, size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args) {
    init_helper((i2c_t *)self, n_args, pos_args, kw_args);
}

static uint32_t length(const mp_machine_i2c_buf_t *bufs, size_t n) {
    uint32_t len = 0;
    for (size_t i = 0; i < n; i++) {
        len += bufs[i].len;
    }
    return len;
}

/* The first buffer is written and the others read, or all of them go one way. Only one buffer is ever read to. */
static int i2c_transfer(mp_obj_base_t *self_in, uint16_t addr, size_t n, mp_machine_i2c_buf_t *bufs, unsigned int flags) {
    i2c_t *self = (i2c_t *)self_in;
    size_t reads = !(flags & MP_MACHINE_I2C_FLAG_READ) ? 0 : flags & MP_MACHINE_I2C_FLAG_WRITE1 ? n - 1 : n;
    size_t writes = n - reads;
    uint32_t sent = length(bufs, writes), wanted = length(bufs + writes, reads);
    piece_t pieces[MOST_PIECES];
    if (reads > 1 || writes > MOST_PIECES || sent > UINT16_MAX || wanted > UINT16_MAX) {
        return -MP_EINVAL;
    }
    for (size_t i = 0; i < writes; i++) {
        pieces[i] = (piece_t) { .data = bufs[i].buf, .len = bufs[i].len };
    }
    request_t request = { .op = WORLD_I2C, .unit = self->id, .address = addr, .wanted = wanted };
    int status = world_ask(request, pieces, writes, reads ? bufs[writes].buf : NULL);
    uint32_t bytes = status < 0 ? 1 : sent + wanted + (writes > 0) + (reads > 0);
    clock_bus((uint64_t)bytes * BITS_PER_BYTE * MACHINE_TICK_HZ / self->freq);
    pins_look();
    return status < 0 ? status : (int)sent;
}

static const mp_machine_i2c_p_t i2c_protocol = {
    .transfer_supports_write1 = true,
    .init = i2c_init,
    .transfer = i2c_transfer,
};

MP_DEFINE_CONST_OBJ_TYPE(
    machine_i2c_type,
    MP_QSTR_I2C,
    MP_TYPE_FLAG_NONE,
    make_new, i2c_make_new,
    print, i2c_print,
    protocol, &i2c_protocol,
    locals_dict, &mp_machine_i2c_locals_dict
    );
