/* SPDX-License-Identifier: MIT
 * The dense int8 kernels for Helium: 16 products an instruction, of three rows and two channels at once.
 *
 * A block keeps int8; padding is the zero point. The sum of (x - zero) * k is that of x * k less zero times the sum of k,
 * which goes into the bias once a run. */
#include "mve.h"

#if TE_KERNELS == TE_MVE

#define DENSE_ROWS 3      /* multiplied at once */
#define DENSE_BYTES 2048  /* of a block, more only for three rows */
#define DENSE_SUMS 48     /* channels of a row that are finished at once */

int32_t te_block_rows(int32_t depth, int32_t left) {
    int32_t most = DENSE_BYTES / depth / DENSE_ROWS * DENSE_ROWS;
    most = te_clamp(most, DENSE_ROWS, 8 * DENSE_ROWS);
    return left < most ? left : most;
}

/* Whole groups of rows; the last row is repeated to fill one. */
static int32_t dense_rows(int32_t rows) {
    return (rows + DENSE_ROWS - 1) / DENSE_ROWS * DENSE_ROWS;
}

uint32_t te_block_size(int32_t depth, int32_t left) {
    return (uint32_t)(dense_rows(te_block_rows(depth, left)) * depth);
}

void te_block_begin(te_block_t *b) {
    b->step = b->depth;
}

void te_block_put(const te_block_t *b, int32_t row, const te_runs_t *runs) {
    int8_t *to = (int8_t *)b->data + row * b->step + runs->at;
    const int8_t *x = runs->x;
    for (int32_t i = 0; i < runs->n; i++, x += runs->x_step, to += runs->at_step) {
        mve_copy(to, x, runs->length);
    }
}

void te_block_clear(const te_block_t *b, int32_t row) {
    memset((int8_t *)b->data + row * b->step, b->x_zero, (uint32_t)b->depth);
}

void te_block_fill(te_block_t *b, const int8_t *x) {
    te_block_begin(b);
    mve_copy(b->data, x, b->rows * b->depth);
}

uint32_t te_matmul_size(int32_t channels) {
    return (uint32_t)channels * sizeof(mve_channel_t);
}

static int32_t dense_sum(const int8_t *k, int32_t n) {
    int32_t sum = 0;
    __asm__ volatile(
        "dlstp.8 lr, %[n]\n"
        "1:\n\t"
        "vldrb.8 q0, [%[k]], #16\n\t"
        "vaddva.s8 %[sum], q0\n\t"
        "letp    lr, 1b"
        : [k] "+r"(k), [sum] "+Te"(sum) : [n] "r"(n) : "lr", "q0", "memory");
    return sum;
}

void te_matmul_begin(te_matmul_t *m, void *scratch) {
    mve_channel_t *table = scratch;
    m->table = table;
    for (int32_t c = 0; m->finish->quick && c < m->channels; c++) {
        table[c] = mve_channel(m->finish, c);
        if (table[c].mult) {
            table[c].bias = (int32_t)((uint32_t)table[c].bias - (uint32_t)(m->x_zero * dense_sum(m->k + c * m->depth, m->depth)));
        }
    }
}

/* Two channels p and q of groups of three rows, as dense_groups() reads them. */
typedef struct {
    int32_t p0;             /* sums begin with the bias */
    const int8_t *x;        /* of the next group */
    int32_t p1, p2, q0;
    const int8_t *k;        /* weights of p */
    int32_t q1;
    const int8_t *l;        /* weights of q */
    int32_t q2, depth;
    mve_channel_t p, q;
    int8_t *y;              /* of the next group */
    int32_t y_step;         /* from a group to the next */
    const int8_t *y_end;    /* behind the last group */
    uint32x4_t y_p, y_q;    /* offsets of the outputs of a group: of rows 0, 1, 2 and again 2 */
} dense_groups_t;

/* Sums: r0, r2, r4 of channel p, r6, r8, r10 of channel q. Every other register is in use as well: what does not change
 * is looked up in d, r12. */
static TE_APART void dense_groups(dense_groups_t *d) {
    register dense_groups_t *self __asm__("r12") = d;
    __asm__ volatile(
        "add     r0, r12, #%c[offsets]\n\t"
        "vldrw.32 q4, [r0]\n\t"               /* y_p */
        "vldrw.32 q5, [r0, #16]\n"            /* y_q */
        "1:\n\t"
        "ldm     r12, {r0-r2, r4, r6-r10, lr}\n\t"  /* from p0 on up to depth */
        "add     r3, r1, lr\n\t"
        "add     r5, r3, lr\n\t"
        "add     r11, r5, lr\n\t"
        "str     r11, [r12, #4]\n\t"          /* x */
        "dlstp.8 lr, lr\n"
        "2:\n\t"
        "vldrb.8 q0, [r7], #16\n\t"
        "vldrb.8 q1, [r9], #16\n\t"
        "vldrb.8 q2, [r1], #16\n\t"
        "vmladava.s8 r0, q2, q0\n\t"
        "vmladava.s8 r6, q2, q1\n\t"
        "vldrb.8 q2, [r3], #16\n\t"
        "vmladava.s8 r2, q2, q0\n\t"
        "vmladava.s8 r8, q2, q1\n\t"
        "vldrb.8 q2, [r5], #16\n\t"
        "vmladava.s8 r4, q2, q0\n\t"
        "vmladava.s8 r10, q2, q1\n\t"
        "letp    lr, 2b\n\t"

        "vmov    d0, r0, r2\n\t"
        "vmov    d1, r4, r4\n\t"
        "vmov    d2, r6, r8\n\t"
        "vmov    d3, r10, r10\n\t"
        "add     r11, r12, #%c[channels]\n\t"
        "ldm     r11!, {r0-r7}\n\t"          /* p, q */
        MVE_FINISH("q2", "q0", "r0", "r1", "r2")
        MVE_FINISH("q3", "q1", "r4", "r5", "r6")
        "ldm     r11, {r1-r3}\n\t"           /* y, y_step, y_end */
        "vstrb.32 q2, [r1, q4]\n\t"
        "vstrb.32 q3, [r1, q5]\n\t"
        "add     r1, r2\n\t"
        "str     r1, [r11]\n\t"
        "cmp     r1, r3\n\t"
        "bne     1b"
        : "+r"(self)
        : [offsets] "i"(offsetof(dense_groups_t, y_p)), [channels] "i"(offsetof(dense_groups_t, p))
        : "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "lr", "q0", "q1", "q2", "q3", "q4", "q5",
        "cc", "memory");
}

/* The next channel from c on that depends on the input; the outputs of those before it. */
static inline int32_t dense_next(const te_matmul_t *m, const te_block_t *b, int32_t c, int8_t *y) {
    const mve_channel_t *table = (const mve_channel_t *)m->table + m->first;
    for (; c < m->channels && table[c].mult == 0; c++) {
        for (int32_t r = 0; r < b->rows; r++) {
            y[r * m->y_step + c] = (int8_t)(table[c].add >> 1);
        }
    }
    return c;
}

/* Channels `one` and `two` of the groups that begin at row `row`; `rows` are offsets of a group's rows in y. */
static inline void dense_pair(const te_matmul_t *m, dense_groups_t *d, int32_t one, int32_t two, uint32x4_t rows) {
    const mve_channel_t *table = (const mve_channel_t *)m->table + m->first;
    d->p = table[one];
    d->q = table[two];
    d->p0 = d->p1 = d->p2 = d->p.bias;
    d->q0 = d->q1 = d->q2 = d->q.bias;
    d->k = m->k + one * m->depth;
    d->l = m->k + two * m->depth;
    d->y_p = vaddq_n_u32(rows, (uint32_t)one);
    d->y_q = vaddq_n_u32(rows, (uint32_t)two);
    dense_groups(d);
}

/* All channels of n groups from row `row` on; a last one that is alone is computed twice. */
static void dense_channels(const te_matmul_t *m, const te_block_t *b, int32_t row, int32_t n, uint32x4_t rows, int8_t *y) {
    int8_t *from = y + row * m->y_step;
    const int8_t *x = (const int8_t *)b->data + row * m->depth;
    dense_groups_t d = {.depth = m->depth, .y_step = DENSE_ROWS * m->y_step, .y_end = from + n * DENSE_ROWS * m->y_step};
    for (int32_t one = dense_next(m, b, 0, y), two; one < m->channels; one = dense_next(m, b, two + 1, y)) {
        two = dense_next(m, b, one + 1, y);
        two = two < m->channels ? two : one;
        d.x = x;
        d.y = from;
        dense_pair(m, &d, one, two, rows);
    }
}

/* Every row of any block. */
static void dense_any(const te_matmul_t *m, const te_block_t *b, int8_t *y) {
    for (int32_t r = 0; r < b->rows; r++) {
        te_matvec_s8(m, (const int8_t *)b->data + r * b->step, y + r * m->y_step);
    }
}

void te_matmul_s8(const te_matmul_t *m, const te_block_t *b, int8_t *y) {
    int32_t groups = b->rows / DENSE_ROWS, whole = groups * DENSE_ROWS, rest = b->rows - whole, step = m->y_step;
    if (!m->finish->quick) {
        dense_any(m, b, y);
        return;
    }
    if (groups) {
        dense_channels(m, b, 0, groups, (uint32x4_t)mve_lanes(0, step, 2 * step, 2 * step), y);
    }
    if (rest) {
        int8_t *last = (int8_t *)b->data + b->rows * m->depth;
        for (int32_t i = rest; i < DENSE_ROWS; i++, last += m->depth) {
            mve_copy(last, last - m->depth, m->depth);
        }
        int32_t second = (rest - 1) * step;
        dense_channels(m, b, whole, 1, (uint32x4_t)mve_lanes(0, second, second, second), y);
    }
    mve_clamp(m->finish->range, y, b->rows, step, m->channels);
}

/* Sums of x * k of three channels, `step` weights apart, less zero times the sums of k. */
static inline void dense_dot3(const int8_t *x, const int8_t *k, int32_t step, int32_t n, int32_t zero, int32_t *sum) {
    const int8_t *l = k + step, *o = l + step;
    int32_t s0 = 0, s1 = 0, s2 = 0, t0 = 0, t1 = 0, t2 = 0;
    register int32_t left __asm__("lr") = n;
    __asm__ volatile(
        "dlstp.8 lr, lr\n"
        "1:\n\t"
        "vldrb.8 q0, [%[x]], #16\n\t"
        "vldrb.8 q1, [%[k]], #16\n\t"
        "vmladava.s8 %[s0], q0, q1\n\t"
        "vaddva.s8 %[t0], q1\n\t"
        "vldrb.8 q1, [%[l]], #16\n\t"
        "vmladava.s8 %[s1], q0, q1\n\t"
        "vaddva.s8 %[t1], q1\n\t"
        "vldrb.8 q1, [%[o]], #16\n\t"
        "vmladava.s8 %[s2], q0, q1\n\t"
        "vaddva.s8 %[t2], q1\n\t"
        "letp    lr, 1b"
        : [s0] "+Te"(s0), [s1] "+Te"(s1), [s2] "+Te"(s2), [t0] "+Te"(t0), [t1] "+Te"(t1), [t2] "+Te"(t2), [x] "+r"(x),
        [k] "+r"(k), [l] "+r"(l), [o] "+r"(o), "+r"(left)
        : : "q0", "q1", "memory");
    sum[0] = s0 - zero * t0;  /* at most TE_MAX_DEPTH products of int8 and 9 bits */
    sum[1] = s1 - zero * t1;
    sum[2] = s2 - zero * t2;
}

/* By threes; a last one or two are computed thrice. */
void te_matvec_s8(const te_matmul_t *m, const int8_t *x, int8_t *y) {
    int32_t sum[DENSE_SUMS + 2], depth = m->depth, zero = m->x_zero;
    const int8_t *k = m->k;
    for (int32_t c = 0, n; c < m->channels; c += n) {
        n = m->channels - c < DENSE_SUMS ? m->channels - c : DENSE_SUMS;
        int32_t *to = sum, *end = sum + n;
        for (; to + 3 <= end; to += 3, k += 3 * depth) {
            dense_dot3(x, k, depth, depth, zero, to);
        }
        for (; to < end; to++, k += depth) {
            dense_dot3(x, k, 0, depth, zero, to);
        }
        mve_finish_row(m->finish, m->first + c, n, sum, y + c);
    }
}

#endif
