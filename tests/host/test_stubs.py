# SPDX-License-Identifier: MIT
"""The device package and the boards' board.py against MicroPython's modules, as other people wrote down their types, for each port."""

import os
import subprocess
import sys

import pytest
from torpor_host.boards import board_names, load_board
from torpor_host.paths import BOARDS, LIB, ROOT

STUBS = ROOT / ".venv/stubs"
OF_PORT = {"esp32": "esp32", "stm32": "stm32", "nrf": "stm32"}  # there are none for nrf; its board.py imports nothing of the port


def complaints(port, folder, *files):
    """What mypy says of lib/ and these files; names lie in `folder`, because modules of one name exclude one another."""
    if not (STUBS / port).is_dir():
        pytest.skip("MicroPython's types are not in .venv/stubs: `python3 host_tools/bootstrap.py test` installs them")
    path = os.pathsep.join(map(str, (STUBS / port, LIB / "stubs")))
    options = "--config-file", ROOT / "pyproject.toml", "--custom-typeshed-dir", STUBS / port, "--cache-dir", folder / "cache"
    command = [sys.executable, "-m", "mypy", *options, "torpor", *files]
    result = subprocess.run(command, cwd=LIB, env={**os.environ, "MYPYPATH": path}, capture_output=True, text=True, timeout=120)
    assert result.returncode < 2 and not result.stderr, result
    return [line for line in result.stdout.splitlines() if "error: " in line and not line.startswith(str(STUBS))]


@pytest.mark.parametrize("port", ["esp32", "stm32"])
def test_device_package_and_boards(port, tmp_path):
    names = [name for name in board_names() if OF_PORT.get(load_board(name).port) == port]
    for name in names:
        (tmp_path / f"{name}.py").write_text((BOARDS / name / "board.py").read_text())
    wrong = tmp_path / "wrong.py"
    wrong.write_text("from machine import Pin\nPin(1).irk()\nPin()\n")
    found = complaints(port, tmp_path, *(tmp_path / f"{name}.py" for name in names), wrong)
    assert [line.split(":")[0].split("/")[-1] for line in found] == ["wrong.py", "wrong.py"], found
    assert len(names) >= 4 and '"irk"' in found[0]
