# The modules tflm and dsp as user C modules, for any port that builds with make:
#     make USER_C_MODULES=<folder that holds firmware/> ...
# ENGINE=tflm takes upstream TFLM for the engine, see engine_tflm/README.md.
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

# For the kernels alone, after a port's own flags: they want speed; results are the same bytes on every
# machine only without fused multiply-adds and with constants as written; their doubles are meant.
$(addprefix $(BUILD)/$(notdir $(TORPOR_FIRMWARE))/,$(TORPOR_ENGINE_SRC:.c=.o) $(TORPOR_DSP_SRC:.c=.o)): \
	CFLAGS += -O2 -ffp-contract=off -fno-single-precision-constant \
	-Wno-double-promotion -Wno-float-conversion -Wno-ignored-optimization-argument
