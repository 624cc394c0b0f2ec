# Thin on purpose: the logic is in host_tools/. MICROPYTHON_DIR=/path uses your own checkout.
PYTHON ?= python3
TORPOR = .venv/bin/torpor

.PHONY: demo test setup

demo: setup
	@$(TORPOR) demo

test: setup
	@$(TORPOR) build
	.venv/bin/python -m pytest

setup:
	@$(PYTHON) host_tools/bootstrap.py
