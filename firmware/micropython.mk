# The modules tflm and dsp as user C modules, for any port that builds with make:
#     make USER_C_MODULES=<folder that holds firmware/> ...
TORPOR_FIRMWARE := $(USERMOD_DIR)

include $(TORPOR_FIRMWARE)/engine/engine.mk
include $(TORPOR_FIRMWARE)/dsp/dsp.mk

SRC_USERMOD_C += $(addprefix $(TORPOR_FIRMWARE)/,modtflm.c moddsp.c)
SRC_USERMOD_LIB_C += $(addprefix $(TORPOR_FIRMWARE)/,$(TORPOR_ENGINE_SRC) $(TORPOR_DSP_SRC))
CFLAGS_USERMOD += -I$(TORPOR_FIRMWARE)

# Floats are the same bytes on every machine only without fused multiply-adds; kernels want speed.
$(BUILD)/$(notdir $(TORPOR_FIRMWARE))/%.o: CFLAGS += -O2 -ffp-contract=off
