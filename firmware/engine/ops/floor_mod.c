/* SPDX-License-Identifier: MIT
 * FLOOR_MOD: y = a - floor(a / b) * b of floats: the exact remainder of the division towards 0, brought to b's sign. */
#include "broadcast.h"

/* a mod b of the bits of finite numbers above 0, exact: long division, bit by bit, in units of the smallest float. */
static float floor_mod_magnitude(uint32_t a, uint32_t b) {
    int32_t e_a = (int32_t)(a >> 23), e_b = (int32_t)(b >> 23);
    uint32_t divisor = e_b ? (b & 0x7FFFFF) | 0x800000 : b;
    uint32_t rest = (e_a ? (a & 0x7FFFFF) | 0x800000 : a) % divisor;
    int32_t up = (e_a ? e_a - 1 : 0) - (e_b ? e_b - 1 : 0), lift = e_b ? e_b - 1 : 0, half = lift / 2;
    for (int32_t i = 0; i < up; i++) {
        rest <<= 1;
        rest -= rest >= divisor ? divisor : 0;
    }
    float unit = te_bits_f32(1);  /* rest * 2^(lift - 149), in steps that are in range */
    return (float)(int32_t)rest * unit * te_bits_f32((half + 127) << 23) * te_bits_f32((lift - half + 127) << 23);
}

static float floor_mod(float a, float b) {
    const int32_t nan = 0x7FC00000, infinite = 0x7F800000;
    int32_t x = te_load_i32(&a) & INT32_MAX, y = te_load_i32(&b) & INT32_MAX;
    if (x >= infinite || y > infinite || y == 0) {
        return te_bits_f32(nan);
    }
    float rest = x < y ? te_bits_f32(x) : floor_mod_magnitude((uint32_t)x, (uint32_t)y);
    rest = te_load_i32(&a) < 0 ? -rest : rest;
    return rest != 0 && (b < 0) != (rest < 0) ? rest + b : rest;
}

static void floor_mod_f32(const void *params, const te_run_t *r) {
    (void)params;
    TE_EACH(r, float, float, floor_mod(a, b));
}

static const te_run_table_t floor_mod_table = {.f32 = floor_mod_f32};

static void floor_mod_run(const te_model_t *m, const void *params) {
    te_binary_run(m, params, &floor_mod_table);
}

const te_row_t te_row_floor_mod = {"FLOOR_MOD", "ff:f", 95, sizeof(te_binary_t), te_binary_prepare, floor_mod_run};
