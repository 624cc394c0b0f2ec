/* SPDX-License-Identifier: MIT
 * Model's methods that run it: run, predict, profile; and reset. */
#include "modtflm.h"

/* False if the model waits for more inputs. */
static bool run(model_obj_t *self) {
    te_error_t why;
    return tflm_check(te_run(self->engine, &why), &why);
}

static void check_input_count(const model_obj_t *self, size_t n) {
    if (n != (size_t)te_input_count(self->engine)) {
        tflm_raise_argument("the model takes %d inputs", te_input_count(self->engine));
    }
}

/* run(*inputs): with inputs, copies their raw values first. */
static mp_obj_t model_run(size_t n_args, const mp_obj_t *args) {
    model_obj_t *self = tflm_get_model(args[0]);
    if (n_args > 1) {
        check_input_count(self, n_args - 1);
    }
    for (size_t i = 0; i + 1 < n_args; i++) {
        te_tensor_t t;
        te_input(self->engine, i, &t);
        tflm_write_raw(&t, args[i + 1]);
    }
    return mp_obj_new_bool(run(self));
}
MP_DEFINE_CONST_FUN_OBJ_VAR(tflm_model_run_obj, 1, model_run);

/* One output as it is, several as a tuple. */
static mp_obj_t new_results(const model_obj_t *self) {
    mp_obj_tuple_t *results = MP_OBJ_TO_PTR(mp_obj_new_tuple(te_output_count(self->engine), NULL));
    for (size_t i = 0; i < results->len; i++) {
        te_tensor_t t;
        te_output(self->engine, i, &t);
        results->items[i] = tflm_list_of_floats(&t);
    }
    return results->len == 1 ? results->items[0] : MP_OBJ_FROM_PTR(results);
}

static void results_into(const model_obj_t *self, mp_obj_t out) {
    size_t n = 1;
    mp_obj_t *outs = &out;
    if (te_output_count(self->engine) != 1) {
        mp_obj_get_array(out, &n, &outs);
    }
    if (n != (size_t)te_output_count(self->engine)) {
        tflm_raise_argument("the model has %d outputs", te_output_count(self->engine));
    }
    for (size_t i = 0; i < n; i++) {
        te_tensor_t t;
        te_output(self->engine, i, &t);
        tflm_floats_into(&t, outs[i]);
    }
}

/* predict(*inputs, out=None) */
static mp_obj_t model_predict(size_t n_args, const mp_obj_t *args, mp_map_t *kw) {
    const mp_arg_t allowed[] = { { MP_QSTR_out, MP_ARG_KW_ONLY | MP_ARG_OBJ, { .u_obj = mp_const_none } } };
    mp_arg_val_t out;
    mp_arg_parse_all(0, NULL, kw, 1, allowed, &out);
    model_obj_t *self = tflm_get_model(args[0]);
    check_input_count(self, n_args - 1);
    for (size_t i = 0; i + 1 < n_args; i++) {
        te_tensor_t t;
        te_input(self->engine, i, &t);
        tflm_write_floats(&t, args[i + 1]);
    }
    if (!run(self)) {
        return mp_const_none;
    }
    if (out.u_obj == mp_const_none) {
        return new_results(self);
    }
    results_into(self, out.u_obj);
    return out.u_obj;
}
MP_DEFINE_CONST_FUN_OBJ_KW(tflm_model_predict_obj, 1, model_predict);

/* profile(ticks=time.ticks_us): [(operator, ticks), ...] of one run on what the inputs hold. */
static mp_obj_t model_profile(size_t n_args, const mp_obj_t *args) {
    model_obj_t *self = tflm_get_model(args[0]);
    mp_obj_t ticks = n_args > 1 ? args[1] : import_attr(MP_QSTR_time, MP_QSTR_ticks_us);
    mp_obj_t ticks_diff = import_attr(MP_QSTR_time, MP_QSTR_ticks_diff);
    mp_obj_t list = mp_obj_new_list(0, NULL);
    bool goes_on = true;
    for (int i = 0; i < te_op_count(self->engine) && goes_on; i++) {
        te_error_t why;
        mp_obj_t times[2]; /* end, start */
        times[1] = mp_call_function_n_kw(ticks, 0, 0, NULL);
        goes_on = tflm_check(te_run_op(self->engine, i, &why), &why);
        times[0] = mp_call_function_n_kw(ticks, 0, 0, NULL);
        mp_obj_t pair[2];
        pair[0] = new_string(te_op_name(self->engine, i));
        pair[1] = mp_call_function_n_kw(ticks_diff, 2, 0, times);
        mp_obj_list_append(list, mp_obj_new_tuple(2, pair));
    }
    return list;
}
MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(tflm_model_profile_obj, 1, 2, model_profile);

static mp_obj_t model_reset(mp_obj_t self_in) {
    te_reset(tflm_get_model(self_in)->engine);
    return mp_const_none;
}
MP_DEFINE_CONST_FUN_OBJ_1(tflm_model_reset_obj, model_reset);
