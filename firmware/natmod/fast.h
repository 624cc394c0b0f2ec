/* SPDX-License-Identifier: MIT
 * What comes next, up to slow.h, is compiled for speed. */
#pragma GCC push_options
#pragma GCC optimize("O2", "fp-contract=off", "no-tree-loop-distribute-patterns")
