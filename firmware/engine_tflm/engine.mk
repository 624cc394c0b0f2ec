# Upstream TFLM behind engine.h:
#     make ENGINE=tflm TFLM_DIR=<header root> TFLM_LIB=<libtensorflow-microlite.a> [TFLM_TRUST=1] ...
# Expects TORPOR_FIRMWARE. A port whose link has LDFLAGS before its objects adds $(TORPOR_LIBS) after them.
ifeq ($(and $(wildcard $(TFLM_DIR)/tensorflow/lite/micro/micro_interpreter.h),$(wildcard $(TFLM_LIB))),)
$(error ENGINE=tflm needs TFLM_DIR=<header root> and TFLM_LIB=<libtensorflow-microlite.a>, see firmware/engine_tflm/README.md)
endif
ifneq ($(shell printf '\043include <cstddef>\n' | $(CXX) -x c++ -E - >/dev/null 2>&1 && echo found),found)
$(error $(CXX) has no C++ library; for Arm, Debian has it in libstdc++-arm-none-eabi-newlib)
endif

TORPOR_TFLM_SRC := engine_tflm/engine.cpp engine_tflm/memory.cpp engine_tflm/model.cpp engine_tflm/operators.cpp

# The headers that TFLM's own include lie elsewhere in its generated tree than in a checkout that has built it.
TORPOR_TFLM_THIRD_PARTY := $(wildcard $(foreach folder,third_party tensorflow/lite/micro/tools/make/downloads,\
	$(addprefix $(TFLM_DIR)/$(folder)/,flatbuffers/include gemmlowp ruy kissfft)))

SRC_USERMOD_LIB_CXX += $(addprefix $(TORPOR_FIRMWARE)/,$(TORPOR_TFLM_SRC))
CFLAGS_USERMOD += -DTORPOR_TFLM=1
LDFLAGS_USERMOD += $(TFLM_LIB)
TORPOR_LIBS := $(TFLM_LIB)

# As upstream builds its library: TF_LITE_STATIC_MEMORY changes the layout of its structures.
$(addprefix $(BUILD)/$(notdir $(TORPOR_FIRMWARE))/,$(TORPOR_TFLM_SRC:.cpp=.o)): \
	CXXFLAGS += -std=c++17 -O2 -fno-exceptions -fno-rtti -fno-threadsafe-statics -DTF_LITE_STATIC_MEMORY -DNDEBUG \
	-DTF_LITE_STRIP_ERROR_STRINGS $(if $(TFLM_TRUST),-DTORPOR_TFLM_TRUST) -Wno-unused-parameter \
	$(addprefix -isystem ,$(TFLM_DIR) $(TORPOR_TFLM_THIRD_PARTY))

$(addprefix $(BUILD)/$(notdir $(TORPOR_FIRMWARE))/,$(TORPOR_ENGINE_SRC:.c=.o)): \
	CFLAGS += -include $(TORPOR_FIRMWARE)/engine_tflm/proof.h
