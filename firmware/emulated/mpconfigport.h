/* SPDX-License-Identifier: MIT
 * MicroPython's configuration for emulated boards: what a good small board's stock firmware has.
 */
#include <alloca.h>
#include <stdint.h>

#include "machine.h"

#define MICROPY_CONFIG_ROM_LEVEL (MICROPY_CONFIG_ROM_LEVEL_EXTRA_FEATURES)

/* Identity */
#define MICROPY_HW_BOARD_NAME "Torpor " BOARD_NAME
#define MICROPY_HW_MCU_NAME MACHINE_NAME
#define MICROPY_BANNER_MACHINE MICROPY_HW_BOARD_NAME " (" MICROPY_HW_MCU_NAME ")"
#define MICROPY_PY_SYS_PLATFORM "emulated"

/* Code */
#if defined(__thumb2__)
#define MICROPY_EMIT_THUMB (1)
#define MICROPY_EMIT_INLINE_THUMB (1)
#define MICROPY_MAKE_POINTER_CALLABLE(p) ((void *)((mp_uint_t)(p) | 1))
#endif
#if defined(__riscv)
#define MICROPY_EMIT_RV32 (1)
#define MICROPY_EMIT_INLINE_RV32 (1)
#endif
#if defined(__XTENSA_WINDOWED_ABI__)
#define MICROPY_EMIT_XTENSAWIN (1)
#define MICROPY_NLR_SETJMP (1) // setjmp spills the register windows
#endif
#define MICROPY_PERSISTENT_CODE_LOAD (1)
#define MICROPY_OPT_COMPUTED_GOTO (1)
#define MICROPY_OPT_MAP_LOOKUP_CACHE (1)

#define MICROPY_REPL_STDIN_BUFFER_MAX (4096) // of raw-paste mode; mpremote waits once a half

/* Without an interrupt a program has to look for Ctrl-C itself: every 256th jump. */
#ifdef MACHINE_POLLS
void console_poll(void);
#define MICROPY_VM_HOOK_INIT static uint8_t jumps;
#define MICROPY_VM_HOOK_LOOP if (++jumps == 0) { console_poll(); }
#endif

/* Memory */
#define MICROPY_ENABLE_GC (1)
#define MICROPY_GC_STACK_ENTRY_TYPE uint32_t
#define MICROPY_ALLOC_PATH_MAX (256)
#define MICROPY_ENABLE_EMERGENCY_EXCEPTION_BUF (1)
#define MICROPY_EMERGENCY_EXCEPTION_BUF_SIZE (256)
#define MICROPY_MEM_STATS (0)

/* Language and numbers */
#define MICROPY_LONGINT_IMPL (MICROPY_LONGINT_IMPL_MPZ)
#define MICROPY_FLOAT_IMPL (MICROPY_FLOAT_IMPL_FLOAT)
#define MP_NEED_LOG2 (1) // newlib's log2f is a macro
#define MICROPY_USE_INTERNAL_ERRNO (1)
#define MICROPY_SCHEDULER_DEPTH (16)
#define MICROPY_SCHEDULER_STATIC_NODES (1)

/* File systems */
#define MICROPY_VFS (1)
#define MICROPY_VFS_ROM (1)
#define MICROPY_VFS_ROM_IOCTL (1)
#define MICROPY_READER_VFS (1)

/* Modules */
#define MICROPY_PY_TIME_TIME_TIME_NS (1)
#define MICROPY_PY_TIME_GMTIME_LOCALTIME_MKTIME (1)
#define MICROPY_PY_TIME_INCLUDEFILE "rtc.c"
#define MICROPY_PY_OS_UNAME (1)
#define MICROPY_PY_RANDOM_SEED_INIT_FUNC (0) // a run repeats
#define MICROPY_PY_FRAMEBUF (0)
#define MICROPY_PY_ONEWIRE (0)
#define MICROPY_PY_OS_DUPTERM (0)
#define MICROPY_PY_MACHINE (1)
#define MICROPY_PY_MACHINE_INCLUDEFILE "power.c"
#define MICROPY_PY_MACHINE_RESET (1)
#define MICROPY_PY_MACHINE_BARE_METAL_FUNCS (1)
#define MICROPY_PY_MACHINE_DISABLE_IRQ_ENABLE_IRQ (1)
#define MICROPY_PY_MACHINE_ADC (1)
#define MICROPY_PY_MACHINE_ADC_READ_UV (1)
#define MICROPY_PY_MACHINE_ADC_INCLUDEFILE "analog.c"
#define MICROPY_PY_MACHINE_I2C (1)
#define MICROPY_PY_MACHINE_I2C_TRANSFER_WRITE1 (1)
#define MICROPY_PY_MACHINE_PIN_BASE (1)
#define MICROPY_PY_MACHINE_SIGNAL (1)
#define MICROPY_PY_MACHINE_SPI (1)
#define MICROPY_PY_MACHINE_TIMER (1)

/* Types */
typedef intptr_t mp_int_t;
typedef uintptr_t mp_uint_t;
typedef long mp_off_t;
#define MP_SSIZE_MAX INTPTR_MAX
#define UINT_FMT "%u"
#define INT_FMT "%d"
#define MP_STATE_PORT MP_STATE_VM
