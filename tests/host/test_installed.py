# SPDX-License-Identifier: MIT
"""The package where there is no checkout: a wheel has what the tools read and build from."""

import json
import os
import shutil
import subprocess
import sys
import zipfile

import pytest
from torpor_host.boards import board_names
from torpor_host.paths import ROOT

PROJECT = "boards", "firmware", "lib", "models"
NEEDED = *PROJECT, "host_tools", "pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE"


def files(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A folder to import from that holds a wheel made of a copy, because making one leaves files behind."""
    folder = tmp_path_factory.mktemp("copy")
    for name in NEEDED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        else:
            shutil.copy(source, folder)
    make = sys.executable, "-m", "pip", "wheel", "-q", "--no-build-isolation", "--no-deps", "--no-index", "-w", folder, folder
    subprocess.run(make, check=True, capture_output=True, timeout=120)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def test_a_wheel_has_the_project_and_the_packages_own_files(site):
    for name in PROJECT:
        assert files(site / "torpor_host/project" / name) == files(ROOT / name)
    assert files(ROOT / "host_tools/torpor_host") <= files(site / "torpor_host")


def test_the_command_works_from_it(site, tmp_path):
    program = f"import sys; sys.path.insert(0, {str(site)!r}); sys.argv = ['torpor', 'boards', '--json']; from torpor_host.cli import main; main()"
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    result = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)
    assert [board["name"] for board in json.loads(result.stdout)["boards"]] == board_names(), result.stderr
    program = program.replace("'boards', '--json'", "'build', '--board', 'PYBV11'")
    result = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, env={**environment, "MICROPYTHON_DIR": ""}, capture_output=True, text=True, timeout=60)
    assert result.returncode == 2 and f"{tmp_path}/torpor/micropython is no checkout" in result.stderr
