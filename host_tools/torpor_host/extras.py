# SPDX-License-Identifier: MIT
"""Packages that only some commands need: the extras of pyproject.toml."""

import importlib

from torpor_host.errors import ToolError


def need(module: str, extra: str):
    """Imports an optional package. Raises ToolError that says how to get it."""
    try:
        return importlib.import_module(module)
    except ImportError:
        raise ToolError(f"The Python package {module.split('.')[0]} is missing.", f"run: .venv/bin/pip install -e .[{extra}]") from None
