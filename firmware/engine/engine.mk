# The sources of the inference engine, relative to firmware/: all there are. One operator a file in ops/.
TORPOR_ENGINE_DIR := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
TORPOR_ENGINE_SRC := $(patsubst $(TORPOR_ENGINE_DIR)/%,engine/%,\
	$(sort $(wildcard $(TORPOR_ENGINE_DIR)/*.c) $(wildcard $(TORPOR_ENGINE_DIR)/ops/*.c)))
# Their innermost loops, and those of signal processing: what -O2 is for where all else is compiled for size.
TORPOR_FAST := engine/ops/dot.c engine/ops/%_blocked.c dsp/%

# For fewer models: OPS="conv_2d softmax" leaves out all operators but these rows of the table, TYPES="INT8" what they compute in
# other types. Operators share files without a row; those stay. TORPOR_FEWER is for the compiler; TORPOR_AGAIN, for the user, is the
# option of `torpor build` that says what is built.
ifneq ($(OPS),)
torpor_files = $(shell cd $(TORPOR_ENGINE_DIR)/.. && grep -lE '^const te_row_t te_row_($1) =' $(filter engine/ops/%,$(TORPOR_ENGINE_SRC)))
torpor_empty :=
TORPOR_UNUSED := $(filter-out $(call torpor_files,$(subst $(torpor_empty) ,|,$(strip $(OPS)))),$(call torpor_files,\w+))
TORPOR_ENGINE_SRC := $(filter-out $(TORPOR_UNUSED),$(TORPOR_ENGINE_SRC))
TORPOR_FEWER += -D'TE_OPERATORS(X)=${OPS:%=X(%)}'
TORPOR_FEWER += -D'TE_NO_ROW="not built in: torpor build $(TORPOR_AGAIN) --ops-from MODEL"'
endif
ifneq ($(TYPES),)
TORPOR_FEWER += -D'TE_TYPES=(0 ${TYPES:%=| TE_SET(TE_%)})'
TORPOR_FEWER += -D'TE_NO_KERNELS="%t is not built in: torpor build $(TORPOR_AGAIN) --ops-from MODEL"'
endif
