/* SPDX-License-Identifier: MIT
 * Arm's MPS2 board with the AN500 image: Cortex-M7 with an FPU of double precision.
 */
#ifndef EMULATED_MACHINE_H
#define EMULATED_MACHINE_H

#define MACHINE_NAME "mps2-an500"

#include "chips/mps2.h"

#endif
