/* SPDX-License-Identifier: MIT
 * machine.Pin: GPIO pins 0 to 15. An input sees pins.csv, or its pull; what an output drives is
 * recorded in pins_out.csv, and the pin's own interrupt sees it too, as on real boards.
 */
#include "clock.h"
#include "hardware.h"
#include "port.h"
#include "stimulus.h"

#include "py/runtime.h"
#include "extmod/virtpin.h"
#include "shared/runtime/mpirq.h"

#define PIN_COUNT 16

enum { MODE_IN = 0, MODE_OUT = 1 };
enum { PULL_NONE = 0, PULL_UP = 1, PULL_DOWN = 2 };
enum { IRQ_RISING = 1, IRQ_FALLING = 2 };
enum { FLOATING = -1 };

typedef struct {
    mp_obj_base_t base;
    uint8_t id, mode, pull;
    bool latch;             // what the pin drives as an output
    int8_t wire;            // what the world drives: 0, 1 or FLOATING
    uint8_t trigger, flags; // IRQ_...; flags: of the last interrupt
} pin_t;

static pin_t pins[PIN_COUNT];
static uint32_t interrupts;

uint32_t pin_interrupts(void) {
    return interrupts;
}

int pin_id(mp_obj_t pin) {
    if (!mp_obj_is_type(pin, &machine_pin_type)) {
        mp_raise_TypeError(MP_ERROR_TEXT("not a Pin"));
    }
    return ((pin_t *)MP_OBJ_TO_PTR(pin))->id;
}

static bool level_of(const pin_t *pin) {
    if (pin->mode == MODE_OUT) {
        return pin->latch;
    }
    return pin->wire == FLOATING ? pin->pull == PULL_UP : pin->wire;
}

/* To be called after anything that may have changed the level from `before`. */
static void announce(pin_t *pin, bool before) {
    bool level = level_of(pin);
    uint8_t edge = level ? IRQ_RISING : IRQ_FALLING;
    if (level == before) {
        return;
    }
    if (pin->mode == MODE_OUT) {
        stimulus_record(pin->id, level);
    }
    if (pin->trigger & edge) {
        interrupts++;
        pin->flags = edge;
        clock_wake();
        mp_irq_handler(MP_STATE_PORT(pin_irq)[pin->id]);
    }
}

/* The world. Its edges are applied when somebody looks; an alarm is set while an interrupt is armed. */

static void apply_edges(void) {
    const edge_t *edge = stimulus_next();
    while (edge->at <= clock_now()) {
        pin_t *pin = &pins[edge->pin];
        bool before = level_of(pin);
        pin->wire = edge->level;
        stimulus_advance();
        announce(pin, before);
    }
}

static void set_alarm(void) {
    bool armed = false;
    for (int i = 0; i < PIN_COUNT; i++) {
        armed |= pins[i].trigger && pins[i].mode == MODE_IN;
    }
    clock_alarm(ALARM_PINS, armed ? stimulus_next()->at : CLOCK_NEVER);
}

static void pins_isr(void) {
    apply_edges();
    set_alarm();
}

void pins_look(void) {
    uint32_t irq = hw_irq_off();
    pins_isr();
    hw_irq_restore(irq);
}

void pins_init(void) {
    clock_on_alarm(ALARM_PINS, pins_isr);
    for (int i = 0; i < PIN_COUNT; i++) {
        pins[i] = (pin_t) { .base = { &machine_pin_type }, .id = i, .wire = FLOATING };
        MP_STATE_PORT(pin_irq)[i] = NULL;
    }
}

void pins_deinit(void) {
    clock_alarm(ALARM_PINS, CLOCK_NEVER);
    stimulus_stop();
}

/* Pin(id, mode=-1, pull=None, *, value=None) */

static void set_level(pin_t *pin, bool level) {
    bool before = level_of(pin);
    pin->latch = level;
    announce(pin, before);
}

static mp_obj_t init_helper(pin_t *pin, size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args) {
    enum { ARG_mode, ARG_pull, ARG_value };
    static const mp_arg_t allowed[] = {
        { MP_QSTR_mode, MP_ARG_INT, {.u_int = -1} },
        { MP_QSTR_pull, MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE} },
        { MP_QSTR_value, MP_ARG_KW_ONLY | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE} },
    };
    mp_arg_val_t args[MP_ARRAY_SIZE(allowed)];
    mp_arg_parse_all(n_args, pos_args, kw_args, MP_ARRAY_SIZE(allowed), allowed, args);
    mp_int_t mode = args[ARG_mode].u_int;
    mp_obj_t pull = args[ARG_pull].u_obj, value = args[ARG_value].u_obj;
    if (mode > MODE_OUT || mode < -1) {
        mp_raise_ValueError(MP_ERROR_TEXT("invalid pin mode"));
    }
    if (value != mp_const_none) {
        pin->latch = mp_obj_is_true(value);
    }
    if (mode >= 0) {
        bool before = level_of(pin);
        pin->mode = mode;
        pin->pull = pull == mp_const_none ? PULL_NONE : mp_obj_get_int(pull);
        announce(pin, before);
    }
    pins_look();
    return mp_const_none;
}

static mp_obj_t pin_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 1, MP_OBJ_FUN_ARGS_MAX, true);
    if (mp_obj_is_type(args[0], &machine_pin_type) && n_args == 1 && n_kw == 0) {
        return args[0];
    }
    mp_int_t id = mp_obj_get_int(args[0]);
    if (id < 0 || id >= PIN_COUNT) {
        mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("Pin(%d) doesn't exist"), (int)id);
    }
    stimulus_start(PIN_COUNT);
    mp_map_t kw_args;
    mp_map_init_fixed_table(&kw_args, n_kw, args + n_args);
    init_helper(&pins[id], n_args - 1, args + 1, &kw_args);
    return MP_OBJ_FROM_PTR(&pins[id]);
}

static mp_obj_t pin_init(size_t n_args, const mp_obj_t *args, mp_map_t *kw_args) {
    return init_helper(MP_OBJ_TO_PTR(args[0]), n_args - 1, args + 1, kw_args);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(pin_init_obj, 1, pin_init);

/* pin() and pin(x) */
static mp_obj_t pin_call(mp_obj_t self_in, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 0, 1, false);
    pin_t *pin = MP_OBJ_TO_PTR(self_in);
    pins_look();
    if (n_args == 0) {
        return MP_OBJ_NEW_SMALL_INT(level_of(pin));
    }
    set_level(pin, mp_obj_is_true(args[0]));
    return mp_const_none;
}

static mp_obj_t pin_value(size_t n_args, const mp_obj_t *args) {
    return pin_call(args[0], n_args - 1, 0, args + 1);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(pin_value_obj, 1, 2, pin_value);

static mp_obj_t pin_on(mp_obj_t self) {
    set_level(MP_OBJ_TO_PTR(self), true);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(pin_on_obj, pin_on);

static mp_obj_t pin_off(mp_obj_t self) {
    set_level(MP_OBJ_TO_PTR(self), false);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(pin_off_obj, pin_off);

static void pin_print(const mp_print_t *print, mp_obj_t self_in, mp_print_kind_t kind) {
    pin_t *pin = MP_OBJ_TO_PTR(self_in);
    mp_printf(print, "Pin(%u, mode=%s)", pin->id, pin->mode == MODE_OUT ? "OUT" : "IN");
}

/* Pin.irq(handler=None, trigger=IRQ_FALLING | IRQ_RISING, *, hard=False) */

static mp_uint_t irq_trigger(mp_obj_t self_in, mp_uint_t trigger) {
    pin_t *pin = MP_OBJ_TO_PTR(self_in);
    pin->flags = 0;
    pin->trigger = trigger;
    pins_look();
    return 0;
}

static mp_uint_t irq_info(mp_obj_t self_in, mp_uint_t what) {
    pin_t *pin = MP_OBJ_TO_PTR(self_in);
    return what == MP_IRQ_INFO_FLAGS ? pin->flags : pin->trigger;
}

static const mp_irq_methods_t irq_methods = {
    .trigger = irq_trigger,
    .info = irq_info,
};

static mp_irq_obj_t *irq_of(pin_t *pin) {
    mp_irq_obj_t **irq = &MP_STATE_PORT(pin_irq)[pin->id];
    if (*irq == NULL) {
        *irq = mp_irq_new(&irq_methods, MP_OBJ_FROM_PTR(pin));
    }
    return *irq;
}

static mp_obj_t pin_irq(size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args) {
    enum { ARG_handler, ARG_trigger, ARG_hard };
    static const mp_arg_t allowed[] = {
        { MP_QSTR_handler, MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE} },
        { MP_QSTR_trigger, MP_ARG_INT, {.u_int = IRQ_RISING | IRQ_FALLING} },
        { MP_QSTR_hard, MP_ARG_KW_ONLY | MP_ARG_BOOL, {.u_bool = false} },
    };
    mp_arg_val_t args[MP_ARRAY_SIZE(allowed)];
    mp_arg_parse_all(n_args - 1, pos_args + 1, kw_args, MP_ARRAY_SIZE(allowed), allowed, args);
    pin_t *pin = MP_OBJ_TO_PTR(pos_args[0]);
    mp_irq_obj_t *irq = irq_of(pin);
    if (n_args > 1 || kw_args->used) {
        pin->trigger = 0; // no interrupt while the handler changes
        irq->handler = args[ARG_handler].u_obj;
        irq->ishard = args[ARG_hard].u_bool;
        irq_trigger(pos_args[0], irq->handler == mp_const_none ? 0 : args[ARG_trigger].u_int);
    }
    return MP_OBJ_FROM_PTR(irq);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(pin_irq_obj, 1, pin_irq);

/* What machine.Signal and drivers in C use. */
static mp_uint_t pin_ioctl(mp_obj_t self_in, mp_uint_t request, uintptr_t value, int *error) {
    pin_t *pin = MP_OBJ_TO_PTR(self_in);
    if (request == MP_PIN_READ) {
        pins_look();
        return level_of(pin);
    }
    set_level(pin, value);
    return 0;
}

static const mp_pin_p_t pin_protocol = {
    .ioctl = pin_ioctl,
};

static const mp_rom_map_elem_t pin_locals_table[] = {
    { MP_ROM_QSTR(MP_QSTR_init), MP_ROM_PTR(&pin_init_obj) },
    { MP_ROM_QSTR(MP_QSTR_value), MP_ROM_PTR(&pin_value_obj) },
    { MP_ROM_QSTR(MP_QSTR_on), MP_ROM_PTR(&pin_on_obj) },
    { MP_ROM_QSTR(MP_QSTR_off), MP_ROM_PTR(&pin_off_obj) },
    { MP_ROM_QSTR(MP_QSTR_irq), MP_ROM_PTR(&pin_irq_obj) },
    { MP_ROM_QSTR(MP_QSTR_IN), MP_ROM_INT(MODE_IN) },
    { MP_ROM_QSTR(MP_QSTR_OUT), MP_ROM_INT(MODE_OUT) },
    { MP_ROM_QSTR(MP_QSTR_PULL_UP), MP_ROM_INT(PULL_UP) },
    { MP_ROM_QSTR(MP_QSTR_PULL_DOWN), MP_ROM_INT(PULL_DOWN) },
    { MP_ROM_QSTR(MP_QSTR_IRQ_RISING), MP_ROM_INT(IRQ_RISING) },
    { MP_ROM_QSTR(MP_QSTR_IRQ_FALLING), MP_ROM_INT(IRQ_FALLING) },
};
static MP_DEFINE_CONST_DICT(pin_locals, pin_locals_table);

MP_DEFINE_CONST_OBJ_TYPE(
    machine_pin_type,
    MP_QSTR_Pin,
    MP_TYPE_FLAG_NONE,
    make_new, pin_make_new,
    print, pin_print,
    call, pin_call,
    protocol, &pin_protocol,
    locals_dict, &pin_locals
    );

MP_REGISTER_ROOT_POINTER(struct _mp_irq_obj_t *pin_irq[16]);
