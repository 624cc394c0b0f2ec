# SPDX-License-Identifier: MIT
"""Builds for tests. A compiler that no package brings may be missing: then the test is skipped and says so."""

import pytest
from torpor_host import build

ESP32_COMPILER = "xtensa-esp32-elf-gcc"


def built(name):
    """The output of a part of the build."""
    skip_without_compiler(name)
    return build.build([name])[name]


def skip_without_compiler(name):
    if ESP32_COMPILER in build.missing_tools(build.parts()[name]):
        pytest.skip(f"{ESP32_COMPILER} is not on the PATH, which builds {name}")
