# The sources of the inference engine, relative to firmware/: all there are. One operator a file in ops/.
TORPOR_ENGINE_DIR := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
TORPOR_ENGINE_SRC := $(patsubst $(TORPOR_ENGINE_DIR)/%,engine/%,\
	$(sort $(wildcard $(TORPOR_ENGINE_DIR)/*.c) $(wildcard $(TORPOR_ENGINE_DIR)/ops/*.c)))
