# The sources of the signal processing, relative to firmware/.
TORPOR_DSP_SRC := dsp/sine.c dsp/window.c dsp/fft.c dsp/log.c dsp/mel.c dsp/logmel.c dsp/quantize.c dsp/level.c
