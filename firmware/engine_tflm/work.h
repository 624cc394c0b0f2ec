/* SPDX-License-Identifier: MIT
 * Upstream TFLM learns what a model needs by opening it, and te_measure() cannot do that on a bounded stack.
 * So who calls te_measure() or te_open() with this engine also defines where it may work meanwhile. */
#ifndef TORPOR_TFLM_WORK_H
#define TORPOR_TFLM_WORK_H

#include <stddef.h>

/* n bytes, of any alignment; NULL if there are not as many. Given back before the call of the engine returns. */
void *te_borrow(size_t n);
void te_give_back(void *work, size_t n);

#endif
