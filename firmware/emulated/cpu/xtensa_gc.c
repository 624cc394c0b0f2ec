/* SPDX-License-Identifier: MIT
 * Where the garbage collector looks for pointers on an Xtensa core: once the register windows are on the stack, there.
 */
#include "hardware.h"
#include "xtensa.h"

#include "py/gc.h"
#include "py/mpstate.h"
#include "shared/runtime/gchelper.h"

/* A caller's registers lie just below its callee's stack pointer, which is why it is this function's that counts. */
MP_NOINLINE void gc_helper_collect_regs_and_stack(void) {
    xtensa_spill_windows();
    char *sp = hw_stack_pointer();
    gc_collect_root((void **)sp, (MP_STATE_THREAD(stack_top) - sp) / sizeof(void *));
}
