/* SPDX-License-Identifier: MIT
 * TFLite_Detection_PostProcess: boxes [1, n, 4 or more], scores of their classes [1, n, classes] and anchors [n, 4], all
 * float32 -> the best boxes (ymin, xmin, ymax, xmax), their classes and scores, and how many there are. In front of the
 * scores there may be one of the background, which does not count.
 *
 * A box is (y, x, h, w) against its anchor's: centre y / y_scale * anchor.h + anchor.y, height exp(h / h_scale) * anchor.h.
 * Of boxes whose intersection is more than nms_iou_threshold of their union the one with the best score stays, of equal
 * scores the first: in each class by itself (use_regular_nms), or of each box's best class, whose next ones follow.
 *
 * TFLM decodes boxes in double and rounds them; single precision differs by units in the last place, so that only an
 * overlap at the very threshold is decided otherwise. Classes and scores are TFLM's. What it does not write is 0. */
#include "../math.h"
#include "options.h"

enum { DETECTION_BOXES, DETECTION_SCORES, DETECTION_ANCHORS, DETECTION_INPUTS };
enum { DETECTION_COUNT = 3, DETECTION_OUTPUTS };

#define DETECTION_PER_CLASS 100  /* if the options do not say */
#define DETECTION_MAX_BOXES (1 << 24)

typedef struct {
    te_ref_t x[DETECTION_INPUTS];
    te_ref_t y[DETECTION_OUTPUTS];
    int32_t y_count[DETECTION_OUTPUTS];
    te_ref_t corners, best, found, active;  /* scratch */
    int32_t boxes, box_length;     /* numbers of a box */
    int32_t classes, background;   /* scores of a box that count, and before them */
    int32_t most, per_box, per_class;
    float scale[4];                /* y, x, h, w */
    float least, overlap;
    bool regular;
} detection_t;

/* A box that was found. */
typedef struct {
    float score;
    int32_t box, class;
} detection_found_t;

/* The scratch. */
typedef struct {
    float *corners;            /* 4 of each box */
    float *best;               /* of each box over its classes, unless each class goes by itself */
    detection_found_t *found;
    uint8_t *active;           /* of each box: whether it may still be chosen */
} detection_work_t;

static int detection_integer(te_op_t *op, const te_map_t *map, const char *name, te_range_t range, int32_t *value) {
    int i = te_map_find(map, name);
    if (i < 0 || !te_map_integer(map, i, value)) {
        return te_op_fail(op, TE_ERR_MODEL, "one of its options is missing or no integer", 0);
    }
    if (*value < range.low || *value > range.high) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "one of its options is out of range: %d", *value);
    }
    return TE_OK;
}

static int detection_float(te_op_t *op, const te_map_t *map, const char *name, float *value) {
    int i = te_map_find(map, name);
    return i >= 0 && te_map_float(map, i, value) ? TE_OK
        : te_op_fail(op, TE_ERR_MODEL, "one of its options is missing or no float", 0);
}

static int detection_floats(te_op_t *op, const te_map_t *map, detection_t *p) {
    static const char *const names[] = {"y_scale", "x_scale", "h_scale", "w_scale"};
    for (int i = 0; i < 4; i++) {
        TE_TRY(detection_float(op, map, names[i], &p->scale[i]));
    }
    TE_TRY(detection_float(op, map, "nms_score_threshold", &p->least));
    TE_TRY(detection_float(op, map, "nms_iou_threshold", &p->overlap));
    return p->overlap > 0 && p->overlap <= 1 ? TE_OK
        : te_op_fail(op, TE_ERR_MODEL, "its nms_iou_threshold should be above 0 and at most 1", 0);
}

static int detection_options(te_op_t *op, detection_t *p) {
    te_range_t some = {1, INT16_MAX}, any = {INT32_MIN, INT32_MAX};
    int32_t regular = 0;
    te_map_t map;
    TE_TRY(te_op_options(op, &map));
    TE_TRY(detection_floats(op, &map, p));
    TE_TRY(detection_integer(op, &map, "num_classes", some, &p->classes));
    TE_TRY(detection_integer(op, &map, "max_detections", some, &p->most));
    p->per_class = DETECTION_PER_CLASS;
    if (te_map_find(&map, "detections_per_class") >= 0) {
        TE_TRY(detection_integer(op, &map, "detections_per_class", any, &p->per_class));
    }
    if (te_map_find(&map, "use_regular_nms") >= 0) {
        TE_TRY(detection_integer(op, &map, "use_regular_nms", any, &regular));
    }
    p->regular = regular != 0;
    if (p->regular) {
        return p->per_class > 0 ? TE_OK : te_op_fail(op, TE_ERR_MODEL, "its detections_per_class should be above 0", 0);
    }
    TE_TRY(detection_integer(op, &map, "max_classes_per_detection", (te_range_t){1, INT32_MAX}, &p->per_box));
    p->per_box = p->per_box < p->classes ? p->per_box : p->classes;
    return TE_OK;
}

static int detection_shape(te_op_t *op, const te_desc_t *t, int rank, int32_t boxes) {
    bool fits = t->rank == rank && t->shape[rank - 2] == boxes && (rank == 2 ? t->shape[1] == 4 : t->shape[0] == 1);
    return fits ? TE_OK : te_op_fail(op, TE_ERR_MODEL, "boxes, scores and anchors should be of %d boxes", boxes);
}

static int detection_inputs(te_op_t *op, detection_t *p) {
    te_desc_t x[DETECTION_INPUTS];
    for (uint32_t slot = 0; slot < DETECTION_INPUTS; slot++) {
        TE_TRY(slot == DETECTION_ANCHORS ? te_op_input(op, slot, &x[slot]) : te_op_activation(op, slot, &x[slot]));
            p->x[slot] = te_op_in_at(op, slot);
    }
    p->boxes = x[DETECTION_BOXES].rank == 3 ? x[DETECTION_BOXES].shape[1] : 0;
    TE_TRY(detection_shape(op, &x[DETECTION_BOXES], 3, p->boxes));
    TE_TRY(detection_shape(op, &x[DETECTION_SCORES], 3, p->boxes));
    TE_TRY(detection_shape(op, &x[DETECTION_ANCHORS], 2, p->boxes));
    p->box_length = x[DETECTION_BOXES].shape[2];
    p->background = x[DETECTION_SCORES].shape[2] - p->classes;
    if (p->box_length < 4 || p->background < 0 || p->background > 1) {
        return te_op_fail(op, TE_ERR_MODEL, "its boxes or scores do not suit %d classes", p->classes);
    }
    return TE_OK;
}

/* How many boxes may be chosen at once. */
static int32_t detection_chosen(const detection_t *p) {
    int32_t most = p->regular ? p->per_class : p->most;
    return most < p->boxes ? most : p->boxes;
}

/* Room for what TFLM writes: between the classes of one box and those of the next it leaves gaps. */
static int detection_outputs(te_op_t *op, detection_t *p) {
    int64_t chosen = detection_chosen(p), per_box = p->per_box;
    int64_t need = p->regular ? p->most : per_box * (chosen * per_box - 1) + per_box;
    te_desc_t y;
    for (uint32_t slot = 0; slot < DETECTION_OUTPUTS; slot++) {
        TE_TRY(slot == 0 ? te_op_output(op, &y) : te_op_output_slot(op, slot, &y));
            int64_t least = slot == DETECTION_COUNT ? 1 : slot == DETECTION_BOXES ? 4 * need : need;
        if (y.count < least) {
            return te_op_fail(op, TE_ERR_MODEL, "its output %d is too small", (int32_t)slot);
        }
        p->y[slot] = te_op_out_slot_at(op, slot);
        p->y_count[slot] = (int32_t)y.count;
    }
    return TE_OK;
}

static int detection_prepare(te_op_t *op, void *params) {
    detection_t *p = params;
    TE_TRY(te_op_slots_exactly(op, DETECTION_INPUTS, DETECTION_OUTPUTS));
    TE_TRY(detection_options(op, p));
    TE_TRY(detection_inputs(op, p));
    TE_TRY(detection_outputs(op, p));
    if (p->boxes > DETECTION_MAX_BOXES) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "more than %d boxes are not supported", DETECTION_MAX_BOXES);
    }
    p->corners = te_op_scratch(op, (uint32_t)p->boxes * 4 * sizeof(float));
    p->best = te_op_scratch(op, p->regular ? 0 : (uint32_t)p->boxes * sizeof(float));
    p->found = te_op_scratch(op, p->regular ? (uint32_t)p->most * sizeof(detection_found_t) : 0);
    p->active = te_op_scratch(op, (uint32_t)p->boxes);
    uint64_t chosen = (uint32_t)detection_chosen(p);
    op->macs = (8 * chosen + 8) * (uint32_t)p->boxes * (uint32_t)(p->regular ? p->classes : 1);
    return TE_OK;
}

static detection_work_t detection_work(const te_model_t *m, const detection_t *p) {
    return (detection_work_t){te_out(m, p->corners), te_out(m, p->best), te_out(m, p->found), te_out(m, p->active)};
}

/* ymin, xmin, ymax, xmax of each box. False if one has no extent. */
static bool detection_decode(const te_model_t *m, const detection_t *p, float *corners) {
    const float *x = te_in(m, p->x[DETECTION_BOXES]);
    const uint8_t *anchors = te_in(m, p->x[DETECTION_ANCHORS]);
    for (int32_t i = 0; i < p->boxes; i++, x += p->box_length, corners += 4) {
        for (int32_t k = 0; k < 2; k++) {
            float centre = te_load_f32(anchors + 16 * i + 4 * k), size = te_load_f32(anchors + 16 * i + 4 * k + 8);
            float at = x[k] / p->scale[k] * size + centre, half = 0.5f * te_exp(x[k + 2] / p->scale[k + 2]) * size;
            corners[k] = at - half;
            corners[k + 2] = at + half;
            if (corners[k] >= corners[k + 2]) {
                te_fault(m, "its box %d has no extent", i);
                return false;
            }
        }
    }
    return true;
}

/* The part of the union of two boxes that is their intersection. */
static float detection_overlap(const float *a, const float *b) {
    float area = (a[2] - a[0]) * (a[3] - a[1]), other = (b[2] - b[0]) * (b[3] - b[1]);
    if (area <= 0 || other <= 0) {
        return 0;
    }
    float side[2];
    for (int k = 0; k < 2; k++) {
        float low = a[k] < b[k] ? b[k] : a[k], high = b[k + 2] < a[k + 2] ? b[k + 2] : a[k + 2];
        side[k] = high - low < 0 ? 0 : high - low;
    }
    float both = side[0] * side[1];
    return both / (area + other - both);
}

/* The next box to choose: of those that are active the first with the greatest score[i * step]; -1 if there is none. It
 * and all that overlap it are active no more. */
static int32_t detection_choose(const detection_t *p, const detection_work_t *w, const float *score, int32_t step) {
    int32_t best = -1;
    for (int32_t i = 0; i < p->boxes; i++) {
        if (w->active[i] && (best < 0 || score[i * step] > score[best * step])) {
            best = i;
        }
    }
    for (int32_t i = 0; i < p->boxes && best >= 0; i++) {
        bool over = w->active[i] && detection_overlap(w->corners + 4 * best, w->corners + 4 * i) > p->overlap;
        w->active[i] = w->active[i] && !over && i != best;
    }
    return best;
}

static void detection_begin(const detection_t *p, const detection_work_t *w, const float *score, int32_t step) {
    for (int32_t i = 0; i < p->boxes; i++) {
        w->active[i] = score[i * step] >= p->least;
    }
}

static void detection_write(const te_model_t *m, const detection_t *p, const float *corners, int32_t at,
    detection_found_t found) {
    memcpy((float *)te_out(m, p->y[0]) + 4 * at, corners + 4 * found.box, 4 * sizeof(*corners));
    ((float *)te_out(m, p->y[1]))[at] = (float)found.class;
    ((float *)te_out(m, p->y[2]))[at] = found.score;
}

/* Puts a box behind all that are as good, if there is room; returns how many there are. */
static int32_t detection_insert(const detection_t *p, detection_found_t *found, int32_t n, detection_found_t fresh) {
    int32_t at = n;
    for (; at > 0 && found[at - 1].score < fresh.score; at--) {
    }
    if (at == p->most) {
        return n;
    }
    n += n < p->most;
    memmove(found + at + 1, found + at, (uint32_t)(n - 1 - at) * sizeof(*found));
    found[at] = fresh;
    return n;
}

/* Each class by itself, and of all of them the best. Returns how many. */
static int32_t detection_regular(const te_model_t *m, const detection_t *p, const detection_work_t *w) {
    int32_t n = 0, step = p->classes + p->background;
    for (int32_t class = 0; class < p->classes; class++) {
        const float *score = (const float *)te_in(m, p->x[DETECTION_SCORES]) + p->background + class;
        detection_begin(p, w, score, step);
        for (int32_t k = 0; k < detection_chosen(p); k++) {
            int32_t box = detection_choose(p, w, score, step);
            if (box < 0) {
                break;
            }
            n = detection_insert(p, w->found, n, (detection_found_t){score[box * step], box, class});
        }
    }
    for (int32_t i = 0; i < n; i++) {
        detection_write(m, p, w->corners, i, w->found[i]);
    }
    return n;
}

/* The best class after `last` in the order of scores, of equal ones by number; the best of all if last is -1. */
static int32_t detection_class(const float *score, int32_t classes, int32_t last) {
    int32_t best = -1;
    for (int32_t i = 0; i < classes; i++) {
        bool after = last < 0 || score[i] < score[last] || (score[i] == score[last] && i > last);
        best = after && (best < 0 || score[i] > score[best]) ? i : best;
    }
    return best < 0 ? 0 : best;
}

/* Each box with its best classes. Returns how many of both. */
static int32_t detection_fast(const te_model_t *m, const detection_t *p, const detection_work_t *w) {
    int32_t n = 0, step = p->classes + p->background;
    const float *scores = (const float *)te_in(m, p->x[DETECTION_SCORES]) + p->background;
    for (int32_t i = 0; i < p->boxes; i++) {
        w->best[i] = scores[i * step + detection_class(scores + i * step, p->classes, -1)];
    }
    detection_begin(p, w, w->best, 1);
    for (int32_t k = 0; k < detection_chosen(p); k++) {
        int32_t box = detection_choose(p, w, w->best, 1);
        if (box < 0) {
            break;
        }
        for (int32_t i = 0, class = -1; i < p->per_box; i++, n++) {
            class = detection_class(scores + box * step, p->classes, class);
            detection_found_t found = {scores[box * step + class], box, class};
            detection_write(m, p, w->corners, p->per_box * n + i, found);
        }
    }
    return n;
}

static void detection_run(const te_model_t *m, const void *params) {
    const detection_t *p = params;
    detection_work_t w = detection_work(m, p);
    for (int slot = 0; slot < DETECTION_OUTPUTS; slot++) {
        memset(te_out(m, p->y[slot]), 0, (uint32_t)p->y_count[slot] * sizeof(float));
    }
    if (detection_decode(m, p, w.corners)) {
        int32_t n = p->regular ? detection_regular(m, p, &w) : detection_fast(m, p, &w);
        ((float *)te_out(m, p->y[DETECTION_COUNT]))[0] = (float)n;
    }
}

const te_row_t te_row_detection_postprocess = {
    "TFLite_Detection_PostProcess", "f:f", TE_CUSTOM, sizeof(detection_t), detection_prepare, detection_run};
