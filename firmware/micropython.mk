# The modules tflm and dsp as user C modules, for any port that builds with make:
#     make USER_C_MODULES=<folder that holds firmware/> ...
# ENGINE=tflm takes upstream TFLM for the engine, see engine_tflm/README.md.
# ULAB_DIR=<checkout of micropython-ulab> adds ulab, whose arrays tflm and dsp read and write where they lie.
TORPOR_FIRMWARE := $(USERMOD_DIR)

include $(TORPOR_FIRMWARE)/engine/engine.mk
include $(TORPOR_FIRMWARE)/dsp/dsp.mk
include $(TORPOR_FIRMWARE)/modtflm/modtflm.mk
ifeq ($(ENGINE),tflm)
include $(TORPOR_FIRMWARE)/engine_tflm/engine.mk
endif

SRC_USERMOD_C += $(addprefix $(TORPOR_FIRMWARE)/,modtflm.c $(TORPOR_MODTFLM_SRC) moddsp.c)
SRC_USERMOD_LIB_C += $(addprefix $(TORPOR_FIRMWARE)/,$(TORPOR_ENGINE_SRC) $(TORPOR_DSP_SRC))
CFLAGS_USERMOD += -I$(TORPOR_FIRMWARE)

# For the kernels alone, after a port's own flags: they want speed, or, where flash is short (TORPOR_OPT=-Os), only their
# innermost loops do; results are the same bytes on every machine only without fused multiply-adds and with constants as
# written; their doubles are meant.
TORPOR_OPT ?= -O2
TORPOR_KERNELS := $(TORPOR_ENGINE_SRC) $(TORPOR_DSP_SRC)
TORPOR_OBJECTS := $(BUILD)/$(notdir $(TORPOR_FIRMWARE))
$(patsubst %.c,$(TORPOR_OBJECTS)/%.o,$(filter-out $(TORPOR_FAST),$(TORPOR_KERNELS))): CFLAGS += $(TORPOR_OPT)
$(patsubst %.c,$(TORPOR_OBJECTS)/%.o,$(filter $(TORPOR_FAST),$(TORPOR_KERNELS))): CFLAGS += -O2
$(patsubst %.c,$(TORPOR_OBJECTS)/%.o,$(TORPOR_KERNELS)): CFLAGS += $(TORPOR_FEWER) \
	-ffp-contract=off -fno-single-precision-constant \
	-Wno-double-promotion -Wno-float-conversion -Wno-ignored-optimization-argument

ifneq ($(ULAB_DIR),)
USERMOD_DIR := $(abspath $(ULAB_DIR))/code
include $(USERMOD_DIR)/micropython.mk
endif
