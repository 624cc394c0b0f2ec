/* SPDX-License-Identifier: MIT
 * Ends what fast.h began. */
#pragma GCC pop_options
