/* SPDX-License-Identifier: MIT
 * ROUND: the nearest integer, halves to the even one, of float32. */
#include "../math.h"
#include "unary.h"

/* -0.3 becomes 0, not -0: as TFLM rounds. */
static float round_f32(float x) {
    float below = te_floor(x), rest = x - below;
    bool odd = te_floor(below * 0.5f) != below * 0.5f;
    return rest < 0.5f || (rest == 0.5f && !odd) ? below : below + 1;
}

static void round_run(const te_model_t *m, const void *params) {
    te_unary_run_f32(m, params, round_f32);
}

const te_row_t te_row_round = {"ROUND", "f:f", 116, sizeof(te_unary_t), te_unary_prepare, round_run};
