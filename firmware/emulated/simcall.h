/* SPDX-License-Identifier: MIT
 * Calls to the simulator that an Xtensa core runs in: read, write and others of the host's own, with its file descriptors.
 */
#ifndef EMULATED_SIMCALL_H
#define EMULATED_SIMCALL_H

#include <stdint.h>

enum { SIM_EXIT = 1, SIM_READ = 3, SIM_WRITE = 4, SIM_OPEN = 5, SIM_CLOSE = 6, SIM_LSEEK = 19, SIM_SELECT_ONE = 29 };

int32_t simcall(uint32_t call, uint32_t x, uint32_t y, uint32_t z); // -1 if it failed

#endif
