/* SPDX-License-Identifier: MIT
 * Functions of floats without a mathematical library: single precision, the same bytes on every machine.
 *
 * NaN gives NaN; infinities and signed zeros come out as C99 has them. The errors, in units in the last place (ulp),
 * were measured against double precision; tests/engine/test_unary.py holds them. */
#ifndef TORPOR_MATH_H
#define TORPOR_MATH_H

float te_exp(float x);    /* 1 ulp, denormal results included */
float te_expm1(float x);  /* e^x - 1; 2 ulp */
float te_log(float x);    /* natural; 1 ulp; -infinity of 0, NaN below */
float te_sin(float x);    /* 2 ulp; x of any size, in radians */
float te_cos(float x);
float te_tanh(float x);   /* 2 ulp */
float te_sqrt(float x);   /* rounded to nearest, as IEEE 754 demands */
float te_floor(float x);  /* exact */

#endif
