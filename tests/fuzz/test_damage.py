# SPDX-License-Identifier: MIT
"""Models cut off at every byte, and with every field of their FlatBuffer altered: an error or a run within bounds."""

import re
import subprocess

import fuzz
import pytest
import seeds

from torpor_host.paths import MODELS

_ENDS = re.compile(r"tried (\d+), refused (\d+), ran (\d+), large (\d+)")


def damaged(program, path, macs):
    """(tried, refused, ran, large) of one model; at most `macs` multiply-accumulates are spent on those that run."""
    result = subprocess.run([program, path, str(macs)], capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, f"{path.name}: {result.stderr[-4000:]}"
    return map(int, _ENDS.match(result.stdout).groups())


@pytest.mark.parametrize("name", sorted(path.parent.name for path in MODELS.glob("*/model.tflite")))
def test_our_own_models(damage, name):
    path = MODELS / name / "model.tflite"
    tried, refused, ran, large = damaged(damage, path, 2 * 10**8)
    assert tried > path.stat().st_size and refused > 0.8 * tried and ran + large > 0


def test_every_operator(damage, tmp_path):
    runnable = {name: data for name, data in seeds.all_seeds().items() if seeds.runs(data)}
    assert len(runnable) > 20
    for name, data in runnable.items():
        (tmp_path / name).write_bytes(data)
        tried, refused, ran, _ = damaged(damage, tmp_path / name, 10**7)
        assert tried > len(data) and refused > 0 and ran > 0


def test_the_peers_models(damage, peer_models):
    paths = [path for path in fuzz.models() if path.is_relative_to(peer_models) and seeds.runs(path.read_bytes())]
    assert paths
    for path in paths:
        tried, refused, *_ = damaged(damage, path, 2 * 10**7)
        assert tried > path.stat().st_size and refused > 0
