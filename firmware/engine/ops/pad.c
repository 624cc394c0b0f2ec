/* SPDX-License-Identifier: MIT
 * PAD: the input inside a border of zeros. */
#include "border.h"

const te_row_t te_row_pad = {"PAD", 34, sizeof(te_border_t), te_border_prepare, te_border_run};
