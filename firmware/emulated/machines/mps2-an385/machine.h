/* SPDX-License-Identifier: MIT
 * Arm's MPS2 board with the AN385 image: Cortex-M3, without FPU.
 */
#ifndef EMULATED_MACHINE_H
#define EMULATED_MACHINE_H

#define MACHINE_NAME "mps2-an385"

#include "chips/mps2.h"

#endif
