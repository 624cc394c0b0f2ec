/* SPDX-License-Identifier: MIT
 * Arm's MPS2 board with the AN386 image: Cortex-M4F.
 */
#ifndef EMULATED_MACHINE_H
#define EMULATED_MACHINE_H

#define MACHINE_NAME "mps2-an386"

#include "chips/mps2.h"

#endif
