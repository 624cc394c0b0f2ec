/* SPDX-License-Identifier: MIT
 * machine.SPI: buses 0 and 1, whose chips are models on the host. The chip whose select pin the program drives low answers.
 */
#include "clock.h"
#include "port.h"
#include "world.h"

#include "py/runtime.h"
#include "extmod/modmachine.h"

#define BUS_COUNT 2
#define MOST_BYTES 32768u // of a request

typedef struct {
    mp_obj_base_t base;
    uint8_t id, polarity, phase;
    uint32_t baudrate;
} spi_t;

static spi_t buses[BUS_COUNT];

static void spi_print(const mp_print_t *print, mp_obj_t self_in, mp_print_kind_t kind) {
    spi_t *self = MP_OBJ_TO_PTR(self_in);
    mp_printf(print, "SPI(%u, baudrate=%u, polarity=%u, phase=%u)", self->id, (unsigned)self->baudrate, self->polarity, self->phase);
}

/* SPI(id, baudrate=1000000, *, polarity=0, phase=0, bits=8, firstbit=MSB, sck=None, mosi=None, miso=None) */
static void init_helper(spi_t *self, size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args) {
    enum { ARG_baudrate, ARG_polarity, ARG_phase, ARG_bits, ARG_firstbit, ARG_sck, ARG_mosi, ARG_miso };
    static const mp_arg_t allowed[] = {
        { MP_QSTR_baudrate, MP_ARG_INT, {.u_int = 1000000} },
        { MP_QSTR_polarity, MP_ARG_KW_ONLY | MP_ARG_INT, {.u_int = 0} },
        { MP_QSTR_phase, MP_ARG_KW_ONLY | MP_ARG_INT, {.u_int = 0} },
        { MP_QSTR_bits, MP_ARG_KW_ONLY | MP_ARG_INT, {.u_int = 8} },
        { MP_QSTR_firstbit, MP_ARG_KW_ONLY | MP_ARG_INT, {.u_int = MICROPY_PY_MACHINE_SPI_MSB} },
        { MP_QSTR_sck, MP_ARG_KW_ONLY | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE} },
        { MP_QSTR_mosi, MP_ARG_KW_ONLY | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE} },
        { MP_QSTR_miso, MP_ARG_KW_ONLY | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE} },
    };
    mp_arg_val_t args[MP_ARRAY_SIZE(allowed)];
    mp_arg_parse_all(n_args, pos_args, kw_args, MP_ARRAY_SIZE(allowed), allowed, args);
    if (args[ARG_baudrate].u_int < 1 || args[ARG_bits].u_int != 8 || args[ARG_firstbit].u_int != MICROPY_PY_MACHINE_SPI_MSB) {
        mp_raise_ValueError(MP_ERROR_TEXT("SPI has 8 bits, MSB first, and a baudrate in Hz"));
    }
    self->baudrate = args[ARG_baudrate].u_int;
    self->polarity = args[ARG_polarity].u_int;
    self->phase = args[ARG_phase].u_int;
}

static mp_obj_t spi_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 1, 2, true);
    mp_int_t id = mp_obj_get_int(args[0]);
    if (id < 0 || id >= BUS_COUNT) {
        mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("SPI(%d) doesn't exist"), (int)id);
    }
    spi_t *self = &buses[id];
    self->base.type = type;
    self->id = id;
    mp_map_t kw_args;
    mp_map_init_fixed_table(&kw_args, n_kw, args + n_args);
    init_helper(self, n_args - 1, args + 1, &kw_args);
    return MP_OBJ_FROM_PTR(self);
}

static void spi_init(mp_obj_base_t *self, size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args) {
    init_helper((spi_t *)self, n_args, pos_args, kw_args);
}

/* What nobody drives reads as ones. */
static void spi_transfer(mp_obj_base_t *self_in, size_t len, const uint8_t *src, uint8_t *dest) {
    spi_t *self = (spi_t *)self_in;
    for (size_t done = 0; done < len;) {
        size_t n = MIN(len - done, MOST_BYTES);
        piece_t piece = { .data = src + done, .len = n };
        request_t request = { .op = WORLD_SPI, .unit = self->id, .wanted = dest ? n : 0 };
        if (world_ask(request, &piece, 1, dest ? dest + done : NULL) < 0 && dest) {
            memset(dest + done, 0xFF, n);
        }
        done += n;
    }
    clock_bus((uint64_t)len * 8 * MACHINE_TICK_HZ / self->baudrate);
    pins_look();
}

static const mp_machine_spi_p_t spi_protocol = {
    .init = spi_init,
    .transfer = spi_transfer,
};

MP_DEFINE_CONST_OBJ_TYPE(
    machine_spi_type,
    MP_QSTR_SPI,
    MP_TYPE_FLAG_NONE,
    make_new, spi_make_new,
    print, spi_print,
    protocol, &spi_protocol,
    locals_dict, &mp_machine_spi_locals_dict
    );
