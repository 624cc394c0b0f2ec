# QEMU's RISC-V virt machine: rv32imac without FPU.
# -misa-spec=2.2 counts the CSR instructions in, so that GCC 12 finds its 32-bit libgcc.
CROSS_COMPILE ?= riscv64-unknown-elf-
MACHINE_SRC_C = cpu/riscv.c chips/virt.c
MACHINE_SRC_S = shared/runtime/gchelper_rv32i.s
AFLAGS += -march=rv32imac -mabi=ilp32
MACHINE_CFLAGS = -march=rv32imac -mabi=ilp32 -misa-spec=2.2 -mcmodel=medany --specs=picolibc.specs
MACHINE_MPY_ARCH = rv32imc
