# SPDX-License-Identifier: MIT
"""Instructions and memory of every model on every emulated board, against what was recorded: a slowdown, or a gain
that nobody recorded, does not land unseen. `make bench` records anew."""

import functools
import json

import pytest
from torpor_host import bench_all, targets
from torpor_host.bench import bench

RECORDED = json.loads(bench_all.COUNTS.read_text())
MODELS = sorted({model for counts in RECORDED["boards"].values() for model in counts})


@functools.cache
def tools():
    return bench_all.tools()


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("board", RECORDED["boards"])
def test_counts_are_the_recorded_ones_within_one_percent(board, model):
    if model not in bench_all.models():
        pytest.skip(f"the peers' model {model} is not beside the project (TORPOR_SHARED sets the place)")
    if tools() != RECORDED["tools"]:
        pytest.skip(f"the counts are recorded for {RECORDED['tools']}, not for {tools()}")
    found, recorded = bench(bench_all.models()[model], targets.get(board)), RECORDED["boards"][board][model]
    off = [
        f"{key} of {model} on {board}: {getattr(found, key):,}, recorded {count:,}"
        for key, count in recorded.items()
        if abs(getattr(found, key) - count) > count / 100
    ]
    assert not off, f"{'; '.join(off)}. If that is meant, `make bench` records it."
