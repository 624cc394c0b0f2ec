# The parts of modtflm.c, relative to firmware/.
TORPOR_MODTFLM_SRC := modtflm/error.c modtflm/memory.c modtflm/tensor.c modtflm/values.c modtflm/run.c modtflm/model.c
