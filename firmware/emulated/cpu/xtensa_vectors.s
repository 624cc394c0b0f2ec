# SPDX-License-Identifier: MIT
# Xtensa with windowed registers: reset, window exceptions, the frame around every other exception (Xtensa Instruction
# Set Architecture Reference Manual, 4.4 and 4.7).

    .section .reset, "ax"
    .global reset_handler
reset_handler:
    j       1f
    .align  4
start_at:
    .word   start
1:  l32r    a0, start_at
    jx      a0

# Offsets from VECBASE are the core's. A caller's a0 to a3 lie in the 16 bytes below its callee's stack pointer; what it
# has beyond them, up to a11, in the 16 or 32 bytes below those of its own caller.

    .section .vectors, "ax"
    .align  4
vectors:
window_overflow_4:
    s32e    a0, a5, -16
    s32e    a1, a5, -12
    s32e    a2, a5, -8
    s32e    a3, a5, -4
    rfwo

    .org    0x40
window_underflow_4:
    l32e    a0, a5, -16
    l32e    a1, a5, -12
    l32e    a2, a5, -8
    l32e    a3, a5, -4
    rfwu

    .org    0x80
window_overflow_8:
    s32e    a0, a9, -16
    l32e    a0, a1, -12
    s32e    a1, a9, -12
    s32e    a2, a9, -8
    s32e    a3, a9, -4
    s32e    a4, a0, -32
    s32e    a5, a0, -28
    s32e    a6, a0, -24
    s32e    a7, a0, -20
    rfwo

    .org    0xC0
window_underflow_8:
    l32e    a0, a9, -16
    l32e    a1, a9, -12
    l32e    a2, a9, -8
    l32e    a7, a1, -12
    l32e    a3, a9, -4
    l32e    a4, a7, -32
    l32e    a5, a7, -28
    l32e    a6, a7, -24
    l32e    a7, a7, -20
    rfwu

    .org    0x100
window_overflow_12:
    s32e    a0, a13, -16
    l32e    a0, a1, -12
    s32e    a1, a13, -12
    s32e    a2, a13, -8
    s32e    a3, a13, -4
    s32e    a4, a0, -48
    s32e    a5, a0, -44
    s32e    a6, a0, -40
    s32e    a7, a0, -36
    s32e    a8, a0, -32
    s32e    a9, a0, -28
    s32e    a10, a0, -24
    s32e    a11, a0, -20
    rfwo

    .org    0x140
window_underflow_12:
    l32e    a0, a13, -16
    l32e    a1, a13, -12
    l32e    a2, a13, -8
    l32e    a11, a1, -12
    l32e    a3, a13, -4
    l32e    a4, a11, -48
    l32e    a5, a11, -44
    l32e    a6, a11, -40
    l32e    a7, a11, -36
    l32e    a8, a11, -32
    l32e    a9, a11, -28
    l32e    a10, a11, -24
    l32e    a11, a11, -20
    rfwu

# The vectors of interrupts above level 1 would be here; none is enabled.
    .org    0x180
frame_top_at:
    .word   xtensa_frame_top
exception_at:
    .word   xtensa_exception
start_in_c_at:
    .word   xtensa_start
stack_top_at:
    .word   stack_top
ps_reset:
    .word   0x1F                # EXCM, INTLEVEL 15
ps_in_c:
    .word   0x40001             # WOE, INTLEVEL 1
ps_leaving:
    .word   0x40011             # WOE, EXCM, INTLEVEL 1

# All code runs in kernel mode, so this is the vector of interrupts, too.
    .org    0x300
    wsr     a0, excsave1
    rsr     a0, exccause
    beqi    a0, 5, movsp_of_spilled_window
    j       exception

    .org    0x3C0
double_exception:
    l32r    a0, frame_top_at
    l32i    a0, a0, 0
    rsr     a2, depc
    s32i    a2, a0, 68
    rsr     a2, exccause
    s32i    a2, a0, 72
    j       call_c

    .org    0x400
start:
    l32r    a2, ps_reset
    wsr     a2, ps
    movi    a2, 0
    wsr     a2, intenable
    wsr     a2, lcount
    wsr     a2, windowbase
    rsync
    movi    a2, 1
    wsr     a2, windowstart
    movi    a2, 0xFF
    wsr     a2, cpenable
    rsync
    movi    a0, 0
    l32r    a1, stack_top_at
    l32r    a2, ps_in_c
    wsr     a2, ps
    rsync
    l32r    a4, start_in_c_at
    callx4  a4

# MOVSP moves the stack pointer, and the caller's a0 to a3 lie below it if they have been spilled: then it raises this. The
# caller's window is filled as if the function returned to it, and MOVSP executed again. Its registers hold nothing before.
movsp_of_spilled_window:
    rsr     a0, windowbase
    rotw    -1                  # the function's a0 is a4 here
    rsr     a2, ps
    extui   a3, a2, 8, 4        # PS.OWB, which becomes the function's window: RFWU returns to it
    xor     a3, a3, a4
    slli    a3, a3, 8
    xor     a2, a2, a3
    rsr     a4, excsave1
    wsr     a2, ps
    rsync
    bbsi    a4, 31, 1f          # the return address says how far away the caller's window is
    j       window_underflow_4
1:  rotw    -1                  # and a8 here
    bbsi    a8, 30, 2f
    j       window_underflow_8
2:  rotw    -1
    j       window_underflow_12

# Saves a frame_t of xtensa_exceptions.c, calls xtensa_exception(frame) in the window of what was interrupted, whose stack
# pointer stays, and restores. Frames are stacked, because that function may raise an exception itself.
exception:
    l32r    a0, frame_top_at
    l32i    a0, a0, 0
    s32i    a1, a0, 4
    s32i    a2, a0, 8
    s32i    a3, a0, 12
    s32i    a4, a0, 16
    s32i    a5, a0, 20
    s32i    a6, a0, 24
    s32i    a7, a0, 28
    s32i    a8, a0, 32
    s32i    a9, a0, 36
    s32i    a10, a0, 40
    s32i    a11, a0, 44
    s32i    a12, a0, 48
    s32i    a13, a0, 52
    s32i    a14, a0, 56
    s32i    a15, a0, 60
    movi    a2, 176
    add     a3, a0, a2
    l32r    a2, frame_top_at
    s32i    a3, a2, 0
    rsr     a2, excsave1
    s32i    a2, a0, 0
    rsr     a2, ps
    s32i    a2, a0, 64
    rsr     a2, epc1
    s32i    a2, a0, 68
    rsr     a2, exccause
    s32i    a2, a0, 72
    rsr     a2, excvaddr
    s32i    a2, a0, 76
    rsr     a2, sar
    s32i    a2, a0, 80
    rsr     a2, lbeg
    s32i    a2, a0, 84
    rsr     a2, lend
    s32i    a2, a0, 88
    rsr     a2, lcount
    s32i    a2, a0, 92
    rsr     a2, br
    s32i    a2, a0, 96
    rsr     a2, acclo
    s32i    a2, a0, 100
    rsr     a2, acchi
    s32i    a2, a0, 104
    ssi     f0, a0, 112
    ssi     f1, a0, 116
    ssi     f2, a0, 120
    ssi     f3, a0, 124
    ssi     f4, a0, 128
    ssi     f5, a0, 132
    ssi     f6, a0, 136
    ssi     f7, a0, 140
    ssi     f8, a0, 144
    ssi     f9, a0, 148
    ssi     f10, a0, 152
    ssi     f11, a0, 156
    ssi     f12, a0, 160
    ssi     f13, a0, 164
    ssi     f14, a0, 168
    ssi     f15, a0, 172
    movi    a2, 0
    wsr     a2, lcount
call_c:
    l32r    a2, ps_in_c
    wsr     a2, ps
    rsync
    mov     a6, a0
    l32r    a4, exception_at
    callx4  a4

    l32r    a2, ps_leaving
    wsr     a2, ps
    rsync
    l32r    a2, frame_top_at
    s32i    a0, a2, 0
    l32i    a2, a0, 64
    wsr     a2, ps
    l32i    a2, a0, 68
    wsr     a2, epc1
    l32i    a2, a0, 80
    wsr     a2, sar
    l32i    a2, a0, 84
    wsr     a2, lbeg
    l32i    a2, a0, 88
    wsr     a2, lend
    l32i    a2, a0, 92
    wsr     a2, lcount
    l32i    a2, a0, 96
    wsr     a2, br
    l32i    a2, a0, 100
    wsr     a2, acclo
    l32i    a2, a0, 104
    wsr     a2, acchi
    rsync
    lsi     f0, a0, 112
    lsi     f1, a0, 116
    lsi     f2, a0, 120
    lsi     f3, a0, 124
    lsi     f4, a0, 128
    lsi     f5, a0, 132
    lsi     f6, a0, 136
    lsi     f7, a0, 140
    lsi     f8, a0, 144
    lsi     f9, a0, 148
    lsi     f10, a0, 152
    lsi     f11, a0, 156
    lsi     f12, a0, 160
    lsi     f13, a0, 164
    lsi     f14, a0, 168
    lsi     f15, a0, 172
    l32i    a2, a0, 8
    l32i    a3, a0, 12
    l32i    a4, a0, 16
    l32i    a5, a0, 20
    l32i    a6, a0, 24
    l32i    a7, a0, 28
    l32i    a8, a0, 32
    l32i    a9, a0, 36
    l32i    a10, a0, 40
    l32i    a11, a0, 44
    l32i    a12, a0, 48
    l32i    a13, a0, 52
    l32i    a14, a0, 56
    l32i    a15, a0, 60
    l32i    a0, a0, 0
    rfe
