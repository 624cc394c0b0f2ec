# Thin on purpose: the logic is in host_tools/. MICROPYTHON_DIR=/path uses your own checkout.
PYTHON ?= python3
TORPOR = .venv/bin/torpor

SECONDS ?= 60

.PHONY: demo test bench fuzz setup

demo: setup
	@$(TORPOR) demo

test: setup
	@$(TORPOR) build
	.venv/bin/python -m pytest -n auto --dist loadfile

bench: setup
	@$(TORPOR) bench

fuzz: setup
	@.venv/bin/python tests/fuzz/fuzz.py $(SECONDS)

test bench fuzz: SETUP = test
setup:
	@$(PYTHON) host_tools/bootstrap.py $(SETUP)
