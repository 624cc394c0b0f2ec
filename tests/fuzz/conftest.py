# SPDX-License-Identifier: MIT
"""Programs under sanitizers; skipped with a reason where their compiler is missing."""

import programs
import pytest

from torpor_host.errors import ToolError


def _built(build):
    try:
        return build()
    except ToolError as error:
        if "apt-get" not in error.hint:
            raise
        pytest.skip(f"this needs clang and its sanitizers: {error.hint}")


@pytest.fixture(scope="session")
def fuzzer():
    """The libFuzzer program."""
    return _built(programs.fuzzer)


@pytest.fixture(scope="session")
def damage():
    """The program that damages one model everywhere."""
    return _built(programs.damage)
