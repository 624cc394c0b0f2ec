/* SPDX-License-Identifier: MIT
 * machine.I2S as a microphone: it hears mic.wav of the host, then silence.
 *
 * The recording starts when the object is made. From then on a DMA buffer of 20 ms is full at
 * exact virtual times; it goes to the ring of `ibuf` bytes, or is lost and counted when that has
 * no room. Nothing runs in between: what has become due is moved when someone looks, and an alarm
 * is set only while someone waits.
 */
#include <string.h>

#include "clock.h"
#include "hardware.h"
#include "port.h"
#include "recording.h"

#include "py/mperrno.h"
#include "py/mphal.h"
#include "py/runtime.h"
#include "py/stream.h"

#define BLOCKS_PER_SECOND 50
#define SAMPLES_AT_ONCE 512

enum { MODE_RX = 0 };
enum { FORMAT_MONO = 1, FORMAT_STEREO = 2 }; // the number of channels

typedef struct _machine_i2s_obj_t {
    mp_obj_base_t base;
    recording_t recording;
    uint32_t rate;          // frames a second
    uint8_t bits;           // of a sample: 16 or 32
    uint8_t channels;
    bool open;
    bool polled;            // asyncio is at work: readinto returns what there is
    uint32_t block;         // frames in the DMA buffer
    uint64_t start;         // ticks
    uint64_t blocks;        // due so far
    uint64_t overruns;      // frames lost
    uint8_t *ring;
    uint32_t size;          // of the ring in bytes, whole frames
    uint32_t head, tail;    // bytes written and read so far, modulo 2 size
    mp_obj_t callback;      // of the non-blocking mode, or None
    uint8_t *wanted;        // the buffer that readinto left there; NULL: none
    uint32_t wanted_len, wanted_done;
} machine_i2s_obj_t;

/* The ring. head and tail count modulo 2 size, so that full and empty differ. */

static uint32_t filled(const machine_i2s_obj_t *self) {
    uint32_t n = self->head + 2 * self->size - self->tail;
    return n >= 2 * self->size ? n - 2 * self->size : n;
}

static uint32_t advance(const machine_i2s_obj_t *self, uint32_t position, uint32_t n) {
    position += n;
    return position >= 2 * self->size ? position - 2 * self->size : position;
}

static uint32_t frame_size(const machine_i2s_obj_t *self) {
    return self->bits / 8 * self->channels;
}

/* A frame of the microphone: the sample on the left, in the upper bits of 32; the right is silent. */
static void push_frame(machine_i2s_obj_t *self, int16_t sample) {
    uint8_t *to = self->ring + self->head % self->size;
    int32_t wide = (int32_t)sample * 65536;
    memset(to, 0, frame_size(self));
    if (self->bits == 16) {
        memcpy(to, &sample, sizeof(sample));
    } else {
        memcpy(to, &wide, sizeof(wide));
    }
    self->head = advance(self, self->head, frame_size(self));
}

static void push_frames(machine_i2s_obj_t *self, const int16_t *samples, uint32_t n) {
    if (frame_size(self) > sizeof(*samples)) {
        for (uint32_t i = 0; i < n; i++) {
            push_frame(self, samples[i]);
        }
        return;
    }
    uint32_t at = self->head % self->size;
    uint32_t first = MIN(n * sizeof(*samples), self->size - at);
    memcpy(self->ring + at, samples, first);
    memcpy(self->ring, (const uint8_t *)samples + first, n * sizeof(*samples) - first);
    self->head = advance(self, self->head, n * sizeof(*samples));
}

static void push_block(machine_i2s_obj_t *self, uint64_t first) {
    int16_t samples[SAMPLES_AT_ONCE];
    for (uint32_t done = 0; done < self->block; done += SAMPLES_AT_ONCE) {
        uint32_t n = MIN(self->block - done, SAMPLES_AT_ONCE);
        recording_read(&self->recording, first + done, samples, n);
        push_frames(self, samples, n);
    }
}

static uint32_t pop(machine_i2s_obj_t *self, uint8_t *to, uint32_t len) {
    uint32_t n = MIN(len, filled(self));
    uint32_t at = self->tail % self->size;
    uint32_t first = MIN(n, self->size - at);
    memcpy(to, self->ring + at, first);
    memcpy(to + first, self->ring, n - first);
    self->tail = advance(self, self->tail, n);
    return n;
}

/* Time. */

static uint64_t next_block_at(const machine_i2s_obj_t *self) {
    uint64_t frames = (self->blocks + 1) * self->block;
    return self->start + (frames * MACHINE_TICK_HZ + self->rate - 1) / self->rate;
}

/* Moves the blocks that have become due to the ring; the newest are lost if it is full. */
static void catch_up(machine_i2s_obj_t *self) {
    uint64_t due = (clock_now() - self->start) * self->rate / MACHINE_TICK_HZ / self->block;
    while (self->blocks < due && self->size - filled(self) >= self->block * frame_size(self)) {
        push_block(self, self->blocks++ * self->block);
    }
    self->overruns += (due - self->blocks) * self->block;
    self->blocks = due;
}

static void look(machine_i2s_obj_t *self) {
    uint32_t irq = hw_irq_off();
    catch_up(self);
    hw_irq_restore(irq);
}

/* The non-blocking mode: fills the buffer that readinto left, calls back when it is full. */
static void serve(machine_i2s_obj_t *self) {
    catch_up(self);
    self->wanted_done += pop(self, self->wanted + self->wanted_done, self->wanted_len - self->wanted_done);
    if (self->wanted_done < self->wanted_len) {
        clock_alarm(ALARM_SOUND, next_block_at(self));
    } else if (mp_sched_schedule(self->callback, MP_OBJ_FROM_PTR(self))) {
        self->wanted = NULL;
    } else {
        clock_alarm(ALARM_SOUND, clock_now() + CLOCK_TICKS_PER_MS); // the scheduler's queue is full
    }
}

static void sound_isr(void) {
    machine_i2s_obj_t *self = MP_STATE_PORT(machine_i2s);
    if (self && self->wanted) {
        serve(self);
    }
}

/* Life. */

static void close_sound(machine_i2s_obj_t *self) {
    if (self->open) {
        clock_alarm(ALARM_SOUND, CLOCK_NEVER);
        recording_close(&self->recording);
        self->open = false;
        self->wanted = NULL;
        MP_STATE_PORT(machine_i2s) = NULL;
    }
}

void sound_init(void) {
    clock_on_alarm(ALARM_SOUND, sound_isr);
}

void sound_deinit(void) {
    if (MP_STATE_PORT(machine_i2s)) {
        close_sound(MP_STATE_PORT(machine_i2s));
    }
}

static void open_sound(machine_i2s_obj_t *self, uint32_t ibuf) {
    sound_deinit();
    self->size = ibuf - ibuf % frame_size(self);
    self->block = MIN(self->rate / BLOCKS_PER_SECOND, self->size / frame_size(self) / 2);
    if (self->block == 0) {
        mp_raise_ValueError(MP_ERROR_TEXT("ibuf is too small"));
    }
    self->recording = recording_open(self->rate);
    self->ring = m_new(uint8_t, self->size);
    self->head = self->tail = 0;
    self->blocks = self->overruns = 0;
    self->polled = false;
    self->callback = mp_const_none;
    self->open = true;
    self->start = clock_now();
    MP_STATE_PORT(machine_i2s) = self;
}

static void init_helper(machine_i2s_obj_t *self, size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args) {
    enum { ARG_sck, ARG_ws, ARG_sd, ARG_mode, ARG_bits, ARG_format, ARG_rate, ARG_ibuf };
    static const mp_arg_t allowed[] = {
        { MP_QSTR_sck, MP_ARG_KW_ONLY | MP_ARG_REQUIRED | MP_ARG_OBJ, {.u_obj = MP_OBJ_NULL} },
        { MP_QSTR_ws, MP_ARG_KW_ONLY | MP_ARG_REQUIRED | MP_ARG_OBJ, {.u_obj = MP_OBJ_NULL} },
        { MP_QSTR_sd, MP_ARG_KW_ONLY | MP_ARG_REQUIRED | MP_ARG_OBJ, {.u_obj = MP_OBJ_NULL} },
        { MP_QSTR_mode, MP_ARG_KW_ONLY | MP_ARG_REQUIRED | MP_ARG_INT, {.u_int = -1} },
        { MP_QSTR_bits, MP_ARG_KW_ONLY | MP_ARG_REQUIRED | MP_ARG_INT, {.u_int = -1} },
        { MP_QSTR_format, MP_ARG_KW_ONLY | MP_ARG_REQUIRED | MP_ARG_INT, {.u_int = -1} },
        { MP_QSTR_rate, MP_ARG_KW_ONLY | MP_ARG_REQUIRED | MP_ARG_INT, {.u_int = -1} },
        { MP_QSTR_ibuf, MP_ARG_KW_ONLY | MP_ARG_REQUIRED | MP_ARG_INT, {.u_int = -1} },
    };
    mp_arg_val_t args[MP_ARRAY_SIZE(allowed)];
    mp_arg_parse_all(n_args, pos_args, kw_args, MP_ARRAY_SIZE(allowed), allowed, args);
    for (int i = ARG_sck; i <= ARG_sd; i++) {
        if (!mp_obj_is_type(args[i].u_obj, &machine_pin_type)) {
            mp_raise_TypeError(MP_ERROR_TEXT("sck, ws and sd are Pin objects"));
        }
    }
    mp_int_t bits = args[ARG_bits].u_int, channels = args[ARG_format].u_int;
    if (args[ARG_mode].u_int != MODE_RX) {
        mp_raise_ValueError(MP_ERROR_TEXT("invalid mode"));
    }
    if (bits != 16 && bits != 32) {
        mp_raise_ValueError(MP_ERROR_TEXT("invalid bits"));
    }
    if (channels != FORMAT_MONO && channels != FORMAT_STEREO) {
        mp_raise_ValueError(MP_ERROR_TEXT("invalid format"));
    }
    if (args[ARG_rate].u_int < BLOCKS_PER_SECOND) {
        mp_raise_ValueError(MP_ERROR_TEXT("invalid rate"));
    }
    self->bits = bits;
    self->channels = channels;
    self->rate = args[ARG_rate].u_int;
    open_sound(self, MAX(args[ARG_ibuf].u_int, 0));
}

static mp_obj_t i2s_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 1, 1, true);
    if (mp_obj_get_int(args[0]) != 0) {
        mp_raise_ValueError(MP_ERROR_TEXT("I2S doesn't exist"));
    }
    machine_i2s_obj_t *self = m_new_obj(machine_i2s_obj_t);
    memset(self, 0, sizeof(*self));
    self->base.type = type;
    mp_map_t kw_args;
    mp_map_init_fixed_table(&kw_args, n_kw, args + n_args);
    init_helper(self, 0, NULL, &kw_args);
    return MP_OBJ_FROM_PTR(self);
}

static mp_obj_t i2s_init(size_t n_args, const mp_obj_t *args, mp_map_t *kw_args) {
    init_helper(MP_OBJ_TO_PTR(args[0]), n_args - 1, args + 1, kw_args);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_KW(i2s_init_obj, 1, i2s_init);

static mp_obj_t i2s_deinit(mp_obj_t self_in) {
    close_sound(MP_OBJ_TO_PTR(self_in));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(i2s_deinit_obj, i2s_deinit);

static mp_obj_t i2s_irq(mp_obj_t self_in, mp_obj_t handler) {
    machine_i2s_obj_t *self = MP_OBJ_TO_PTR(self_in);
    if (handler != mp_const_none && !mp_obj_is_callable(handler)) {
        mp_raise_ValueError(MP_ERROR_TEXT("invalid callback"));
    }
    uint32_t irq = hw_irq_off();
    self->wanted = NULL;
    self->polled = false;
    self->callback = handler;
    hw_irq_restore(irq);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(i2s_irq_obj, i2s_irq);

/* Frames that the microphone delivered and the ring had no room for. */
static mp_obj_t i2s_overruns(mp_obj_t self_in) {
    machine_i2s_obj_t *self = MP_OBJ_TO_PTR(self_in);
    if (self->open) {
        look(self);
    }
    return mp_obj_new_int_from_ull(self->overruns);
}
static MP_DEFINE_CONST_FUN_OBJ_1(i2s_overruns_obj, i2s_overruns);

static void i2s_print(const mp_print_t *print, mp_obj_t self_in, mp_print_kind_t kind) {
    machine_i2s_obj_t *self = MP_OBJ_TO_PTR(self_in);
    mp_printf(print, "I2S(0, mode=I2S.RX, bits=%u, format=%s, rate=%u, ibuf=%u)", self->bits,
        self->channels == FORMAT_MONO ? "I2S.MONO" : "I2S.STEREO", self->rate, self->size);
}

/* Stream. */

static uint32_t take(machine_i2s_obj_t *self, uint8_t *to, uint32_t len) {
    uint32_t irq = hw_irq_off();
    catch_up(self);
    uint32_t n = pop(self, to, len);
    hw_irq_restore(irq);
    return n;
}

static void take_all(machine_i2s_obj_t *self, uint8_t *to, uint32_t len) {
    for (uint32_t done = 0; (done += take(self, to + done, len - done)) < len;) {
        clock_alarm(ALARM_SOUND, next_block_at(self));
        mp_event_wait_indefinite();
    }
}

static void take_later(machine_i2s_obj_t *self, uint8_t *to, uint32_t len) {
    uint32_t irq = hw_irq_off();
    self->wanted = to;
    self->wanted_len = len;
    self->wanted_done = 0;
    serve(self);
    hw_irq_restore(irq);
}

static mp_uint_t i2s_read(mp_obj_t self_in, void *buffer, mp_uint_t size, int *error) {
    machine_i2s_obj_t *self = MP_OBJ_TO_PTR(self_in);
    mp_uint_t n = size;
    if (!self->open || size % frame_size(self)) {
        *error = self->open ? MP_EINVAL : MP_EBADF;
        return MP_STREAM_ERROR;
    }
    if (size == 0) {
    } else if (self->callback != mp_const_none) {
        take_later(self, buffer, size);
    } else if (!self->polled) {
        take_all(self, buffer, size);
    } else if ((n = take(self, buffer, size)) == 0) {
        *error = MP_EAGAIN;
        return MP_STREAM_ERROR;
    }
    return n;
}

static mp_uint_t i2s_ioctl(mp_obj_t self_in, mp_uint_t request, uintptr_t flags, int *error) {
    machine_i2s_obj_t *self = MP_OBJ_TO_PTR(self_in);
    if (request != MP_STREAM_POLL || !self->open) {
        *error = MP_EINVAL;
        return MP_STREAM_ERROR;
    }
    self->polled = true;
    look(self);
    if (filled(self)) {
        return flags & MP_STREAM_POLL_RD;
    }
    if (flags & MP_STREAM_POLL_RD) {
        clock_alarm(ALARM_SOUND, next_block_at(self));
    }
    return 0;
}

static const mp_stream_p_t i2s_stream = {
    .read = i2s_read,
    .ioctl = i2s_ioctl,
    .is_text = false,
};

static const mp_rom_map_elem_t i2s_locals_table[] = {
    { MP_ROM_QSTR(MP_QSTR_init), MP_ROM_PTR(&i2s_init_obj) },
    { MP_ROM_QSTR(MP_QSTR_deinit), MP_ROM_PTR(&i2s_deinit_obj) },
    { MP_ROM_QSTR(MP_QSTR_readinto), MP_ROM_PTR(&mp_stream_readinto_obj) },
    { MP_ROM_QSTR(MP_QSTR_irq), MP_ROM_PTR(&i2s_irq_obj) },
    { MP_ROM_QSTR(MP_QSTR_overruns), MP_ROM_PTR(&i2s_overruns_obj) },
    { MP_ROM_QSTR(MP_QSTR_RX), MP_ROM_INT(MODE_RX) },
    { MP_ROM_QSTR(MP_QSTR_MONO), MP_ROM_INT(FORMAT_MONO) },
    { MP_ROM_QSTR(MP_QSTR_STEREO), MP_ROM_INT(FORMAT_STEREO) },
};
static MP_DEFINE_CONST_DICT(i2s_locals, i2s_locals_table);

MP_DEFINE_CONST_OBJ_TYPE(
    machine_i2s_type,
    MP_QSTR_I2S,
    MP_TYPE_FLAG_ITER_IS_STREAM,
    make_new, i2s_make_new,
    print, i2s_print,
    protocol, &i2s_stream,
    locals_dict, &i2s_locals
    );

MP_REGISTER_ROOT_POINTER(struct _machine_i2s_obj_t *machine_i2s);
