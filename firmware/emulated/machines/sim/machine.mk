# QEMU's Xtensa machine without devices, with code as it is for an ESP32: windowed registers, single-precision FPU.
CROSS_COMPILE ?= xtensa-esp32-elf-
MACHINE_SRC_C = cpu/xtensa.c cpu/xtensa_exceptions.c chips/sim.c
MACHINE_SRC_S = cpu/xtensa_vectors.s
MACHINE_HOST_C = simcall.c
MACHINE_GC_C = cpu/xtensa_gc.c
MACHINE_CFLAGS = -mlongcalls -mtext-section-literals
MACHINE_MPY_ARCH = xtensawin
