# SPDX-License-Identifier: MIT
"""Packs what the tools read and build from beside them, for where there is no checkout (see torpor_host/paths.py)."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

PROJECT = "boards", "firmware", "lib", "models"


class BuildWithProject(build_py):
    def run(self):
        super().run()
        if self.editable_mode:
            return
        target = Path(self.build_lib) / "torpor_host/project"
        for folder in PROJECT:
            shutil.copytree(folder, target / folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy("pyproject.toml", target)


setup(cmdclass={"build_py": BuildWithProject})
