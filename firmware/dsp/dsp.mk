# The sources of the signal processing, relative to firmware/: all there are.
TORPOR_DSP_DIR := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
TORPOR_DSP_SRC := $(patsubst $(TORPOR_DSP_DIR)/%,dsp/%,$(sort $(wildcard $(TORPOR_DSP_DIR)/*.c)))
