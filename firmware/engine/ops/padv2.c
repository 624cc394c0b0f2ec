/* SPDX-License-Identifier: MIT
 * PADV2: the input inside a border of a value that a third input gives. */
#include "border.h"

const te_row_t te_row_padv2 = {"PADV2", 60, sizeof(te_border_t), te_border_prepare, te_border_run};
