/* SPDX-License-Identifier: MIT
 * The transform for one type of numbers; fft.c includes it once for each. Before, it defines
 *
 *     FFT_NUMBER            the type
 *     FFT(name)             the name of a function or type of that kind
 *     FFT_ADD(a, b)         a + b; FFT_SUB and FFT_NEG likewise. Integers wrap
 *     FFT_HALF(a)           a / 2; FFT_HALF_SUM(a, b) and FFT_HALF_LESS(a, b): (a + b) / 2 and (a - b) / 2
 *     FFT_TIMES(a, b)       a * b
 *     FFT_CROSS(a, b, sign, c, d)    a * b sign c * d
 *     FFT_PART(a, k)        integers: about a / k, so that k of them have room in a sum; floats: a
 *     FFT_TWIDDLE(x)        a te_double_t as such a number
 *     FFT_FINISH(a, n)      floats: a / n, after the inverse; integers: a
 *
 * Integers are fractions: a product has twice the bits and is rounded (halves up) to its upper ones. In which order
 * numbers are added and rounded decides about their bits; it is kissfft's, which TFLM has. */

typedef struct {
    FFT_NUMBER r, i;
} FFT(t);

/* A stage joins `radix` transforms of m points, which lie one after the other, into one; its twiddles lie `step` apart. */
typedef struct {
    const FFT(t) *w;
    int32_t m, step, radix;
    bool inverse;
} FFT(stage_t);

static inline FFT(t) FFT(add)(FFT(t) a, FFT(t) b) {
    return (FFT(t)){FFT_ADD(a.r, b.r), FFT_ADD(a.i, b.i)};
}

static inline FFT(t) FFT(sub)(FFT(t) a, FFT(t) b) {
    return (FFT(t)){FFT_SUB(a.r, b.r), FFT_SUB(a.i, b.i)};
}

/* a + i b, a - i b */
static inline FFT(t) FFT(add_i)(FFT(t) a, FFT(t) b) {
    return (FFT(t)){FFT_SUB(a.r, b.i), FFT_ADD(a.i, b.r)};
}

static inline FFT(t) FFT(sub_i)(FFT(t) a, FFT(t) b) {
    return (FFT(t)){FFT_ADD(a.r, b.i), FFT_SUB(a.i, b.r)};
}

static inline FFT(t) FFT(times)(FFT(t) a, FFT(t) b) {
    return (FFT(t)){FFT_CROSS(a.r, b.r, -, a.i, b.i), FFT_CROSS(a.r, b.i, +, a.i, b.r)};
}

static inline FFT(t) FFT(scaled)(FFT(t) a, FFT_NUMBER b) {
    return (FFT(t)){FFT_TIMES(a.r, b), FFT_TIMES(a.i, b)};
}

static inline FFT(t) FFT(part)(FFT(t) a, int32_t k) {
    (void)k;
    return (FFT(t)){FFT_PART(a.r, k), FFT_PART(a.i, k)};
}

/* Point i * m + k of a stage, times its twiddle. */
static inline FFT(t) FFT(turned)(const FFT(t) *x, const FFT(stage_t) *s, int32_t i, int32_t k) {
    return FFT(times)(FFT(part)(x[i * s->m + k], s->radix), s->w[i * k * s->step]);
}

static void FFT(join2)(FFT(t) *x, const FFT(stage_t) *s) {
    for (int32_t k = 0, m = s->m; k < m; k++) {
        FFT(t) a = FFT(part)(x[k], 2), b = FFT(turned)(x, s, 1, k);
        x[m + k] = FFT(sub)(a, b);
        x[k] = FFT(add)(a, b);
    }
}

static void FFT(join3)(FFT(t) *x, const FFT(stage_t) *s) {
    FFT_NUMBER sine = s->w[s->step * s->m].i;
    for (int32_t k = 0, m = s->m; k < m; k++) {
        FFT(t) a = FFT(part)(x[k], 3), b = FFT(turned)(x, s, 1, k), c = FFT(turned)(x, s, 2, k);
        FFT(t) sum = FFT(add)(b, c), rest = {FFT_SUB(a.r, FFT_HALF(sum.r)), FFT_SUB(a.i, FFT_HALF(sum.i))};
        FFT(t) wave = FFT(scaled)(FFT(sub)(b, c), sine);
        x[k] = FFT(add)(a, sum);
        x[m + k] = FFT(add_i)(rest, wave);
        x[2 * m + k] = FFT(sub_i)(rest, wave);
    }
}

static void FFT(join4)(FFT(t) *x, const FFT(stage_t) *s) {
    for (int32_t k = 0, m = s->m; k < m; k++) {
        FFT(t) a = FFT(part)(x[k], 4), b = FFT(turned)(x, s, 1, k), c = FFT(turned)(x, s, 2, k), d = FFT(turned)(x, s, 3, k);
        FFT(t) even = FFT(add)(a, c), even_less = FFT(sub)(a, c), odd = FFT(add)(b, d), odd_less = FFT(sub)(b, d);
        FFT(t) up = FFT(add_i)(even_less, odd_less), down = FFT(sub_i)(even_less, odd_less);
        x[k] = FFT(add)(even, odd);
        x[m + k] = s->inverse ? up : down;
        x[2 * m + k] = FFT(sub)(even, odd);
        x[3 * m + k] = s->inverse ? down : up;
    }
}

/* a + b s + c t */
static inline FFT(t) FFT(mix)(FFT(t) a, FFT(t) b, FFT_NUMBER s, FFT(t) c, FFT_NUMBER t) {
    return FFT(add)(FFT(add)(a, FFT(scaled)(b, s)), FFT(scaled)(c, t));
}

static void FFT(join5)(FFT(t) *x, const FFT(stage_t) *s) {
    FFT(t) one = s->w[s->step * s->m], two = s->w[2 * s->step * s->m];
    for (int32_t k = 0, m = s->m; k < m; k++) {
        FFT(t) a = FFT(part)(x[k], 5), b = FFT(turned)(x, s, 1, k), c = FFT(turned)(x, s, 2, k);
        FFT(t) d = FFT(turned)(x, s, 3, k), e = FFT(turned)(x, s, 4, k);
        FFT(t) outer = FFT(add)(b, e), outer_less = FFT(sub)(b, e), inner = FFT(add)(c, d), inner_less = FFT(sub)(c, d);
        FFT(t) near = FFT(mix)(a, outer, one.r, inner, two.r), far = FFT(mix)(a, outer, two.r, inner, one.r);
        FFT(t) p = FFT(scaled)(outer_less, one.i), q = FFT(scaled)(inner_less, two.i);
        FFT(t) near_wave = {FFT_ADD(p.i, q.i), FFT_SUB(FFT_NEG(p.r), q.r)};
        p = FFT(scaled)(outer_less, two.i);
        q = FFT(scaled)(inner_less, one.i);
        FFT(t) far_wave = {FFT_SUB(q.i, p.i), FFT_SUB(p.r, q.r)};
        x[k] = FFT(add)(a, FFT(add)(outer, inner));
        x[m + k] = FFT(sub)(near, near_wave);
        x[2 * m + k] = FFT(add)(far, far_wave);
        x[3 * m + k] = FFT(sub)(far, far_wave);
        x[4 * m + k] = FFT(add)(near, near_wave);
    }
}

/* The points must lie as fft_place() says. */
static void FFT(transform)(const te_fft_t *p, FFT(t) *x, FFT(stage_t) *s) {
    s->m = 1;
    for (int32_t i = p->stages; i-- > 0; s->m *= s->radix) {
        s->radix = p->radix[i];
        s->step = p->n / (s->m * s->radix);
        for (int32_t at = 0; at < p->n; at += s->m * s->radix) {
            switch (s->radix) {
                case 2: FFT(join2)(x + at, s); break;
                case 3: FFT(join3)(x + at, s); break;
                case 4: FFT(join4)(x + at, s); break;
                default: FFT(join5)(x + at, s);
            }
        }
    }
}

/* The transform of n points z = even samples + i odd samples -> the spectrum of the samples, n + 1 points. */
static void FFT(spectrum)(FFT(t) *z, int32_t n, const FFT(t) *w) {
    FFT(t) first = FFT(part)(z[0], 2);
    z[0] = (FFT(t)){FFT_ADD(first.r, first.i), 0};
    z[n] = (FFT(t)){FFT_SUB(first.r, first.i), 0};
    for (int32_t k = 1; k <= n / 2; k++) {
        FFT(t) mirrored = {z[n - k].r, FFT_NEG(z[n - k].i)};
        FFT(t) a = FFT(part)(z[k], 2), b = FFT(part)(mirrored, 2);
        FFT(t) even = FFT(add)(a, b), odd = FFT(times)(FFT(sub)(a, b), w[k - 1]);
        z[k] = (FFT(t)){FFT_HALF_SUM(even.r, odd.r), FFT_HALF_SUM(even.i, odd.i)};
        z[n - k] = (FFT(t)){FFT_HALF_LESS(even.r, odd.r), FFT_HALF_LESS(odd.i, even.i)};
    }
}

/* And back, from x to where each point belongs in z. */
static void FFT(samples)(const te_fft_t *p, const FFT(t) *x, FFT(t) *z, const FFT(t) *w) {
    int32_t n = p->n;
    FFT(t) first = {FFT_ADD(x[0].r, x[n].r), FFT_SUB(x[0].r, x[n].r)};
    z[0] = FFT(part)(first, 2);
    for (int32_t k = 1; k <= n / 2; k++) {
        FFT(t) mirrored = {x[n - k].r, FFT_NEG(x[n - k].i)};
        FFT(t) a = FFT(part)(x[k], 2), b = FFT(part)(mirrored, 2);
        FFT(t) even = FFT(add)(a, b), odd = FFT(times)(FFT(sub)(a, b), w[k - 1]), less = FFT(sub)(even, odd);
        z[fft_place(p, k)] = FFT(add)(even, odd);
        z[fft_place(p, n - k)] = (FFT(t)){less.r, FFT_NEG(less.i)};
    }
}

static void FFT(forward)(const te_fft_t *p, const FFT_NUMBER *x, FFT_NUMBER *y, FFT(stage_t) *s) {
    FFT(t) *z = (FFT(t) *)y;
    for (int32_t i = 0; i < p->n; i++) {
        FFT_NUMBER even = 2 * i < p->x_length ? x[2 * i] : 0, odd = 2 * i + 1 < p->x_length ? x[2 * i + 1] : 0;
        z[fft_place(p, i)] = (FFT(t)){even, odd};
    }
    FFT(transform)(p, z, s);
    FFT(spectrum)(z, p->n, s->w + p->n);
}

static void FFT(backward)(const te_fft_t *p, const FFT_NUMBER *x, FFT_NUMBER *y, FFT(stage_t) *s) {
    FFT(t) *z = (FFT(t) *)y;
    FFT(samples)(p, (const FFT(t) *)x, z, s->w + p->n);
    FFT(transform)(p, z, s);
    for (int32_t i = 0; i < 2 * p->n; i++) {
        y[i] = FFT_FINISH(y[i], 2 * p->n);
    }
}

static void FFT(rows)(const te_model_t *m, const te_fft_t *p) {
    const FFT_NUMBER *x = te_in(m, p->x);
    FFT_NUMBER *y = te_out(m, p->y);
    FFT(stage_t) s = {te_in(m, p->keep), 0, 0, 0, p->inverse};
    for (int32_t row = 0; row < p->rows; row++, x += p->x_length, y += 2 * p->n + (p->inverse ? 0 : 2)) {
        if (p->inverse) {
            FFT(backward)(p, x, y, &s);
        } else {
            FFT(forward)(p, x, y, &s);
        }
    }
}

static FFT(t) FFT(twiddle)(te_double_t angle, bool inverse) {
    te_double_t cos, sin;
    angle.minus = !inverse;
    te_cos_sin(angle, &cos, &sin);
    return (FFT(t)){FFT_TWIDDLE(cos), FFT_TWIDDLE(sin)};
}

/* n of the transform, then n / 2 that part the samples. */
static void FFT(twiddles)(const te_fft_t *p, FFT(t) *w) {
    for (int32_t i = 0; i < p->n; i++) {
        w[i] = FFT(twiddle)(te_turn(i, p->n), p->inverse);
    }
    for (int32_t i = 1; i <= p->n / 2; i++) {
        w[p->n + i - 1] = FFT(twiddle)(te_half_turn(i, p->n), p->inverse);
    }
}

#undef FFT_NUMBER
#undef FFT
#undef FFT_ADD
#undef FFT_SUB
#undef FFT_NEG
#undef FFT_HALF
#undef FFT_HALF_SUM
#undef FFT_HALF_LESS
#undef FFT_TIMES
#undef FFT_CROSS
#undef FFT_PART
#undef FFT_TWIDDLE
#undef FFT_FINISH
