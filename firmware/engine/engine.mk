# The sources of the inference engine, relative to firmware/: all there are. One operator a file in ops/.
TORPOR_ENGINE_DIR := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
TORPOR_ENGINE_SRC := $(patsubst $(TORPOR_ENGINE_DIR)/%,engine/%,\
	$(sort $(wildcard $(TORPOR_ENGINE_DIR)/*.c) $(wildcard $(TORPOR_ENGINE_DIR)/ops/*.c)))
# Their innermost loops, and those of signal processing: what -O2 is for where all else is compiled for size.
TORPOR_FAST := engine/ops/dot.c engine/ops/%_blocked.c dsp/%
