/* SPDX-License-Identifier: MIT
 * Compares the twiddles of transforms of first .. last points with what double arithmetic and the C library's cos and sin
 * give, as each type of numbers has them.
 *
 *     twiddles first last    prints "compared N", or the first that differs and ends with 1
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "twiddle.h"

static unsigned long compared;

static void compare(const char *what, int32_t i, int32_t n, double angle, te_double_t ours) {
    te_double_t cosine, sine;
    ours.minus = angle < 0 || (angle == 0 && signbit(angle));
    te_cos_sin(ours, &cosine, &sine);
    double theirs[2] = {cos(angle), sin(angle)};
    te_double_t mine[2] = {cosine, sine};
    for (int k = 0; k < 2; k++, compared++) {
        float wanted = (float)theirs[k], got = te_double_f32(mine[k]);
        int32_t small = (int32_t)floor(.5 + 32767 * theirs[k]), large = (int32_t)floor(.5 + 2147483647 * theirs[k]);
        if (memcmp(&wanted, &got, sizeof(got)) != 0 || te_double_scaled(mine[k], 32767) != small
            || te_double_scaled(mine[k], 2147483647) != large) {
            printf("%s of %s %d / %d differs\n", k ? "sin" : "cos", what, i, n);
            exit(1);
        }
    }
}

int main(int argc, char **argv) {
    const double pi = 3.14159265358979323846;
    int32_t first = argc == 3 ? atoi(argv[1]) : 1, last = argc == 3 ? atoi(argv[2]) : 0;
    for (int32_t n = first; n <= last; n++) {
        for (int sign = -1; sign <= 1; sign += 2) {
            for (int32_t i = 0; i < n; i++) {
                double back = -2 * pi * i / n;
                compare("turn", i, n, sign < 0 ? back : back * -1, te_turn(i, n));
            }
            for (int32_t i = 1; i <= n / 2; i++) {
                double back = -pi * ((double)i / n + .5);
                compare("half turn", i, n, sign < 0 ? back : back * -1, te_half_turn(i, n));
            }
        }
    }
    printf("compared %lu\n", compared);
    return 0;
}
