# SPDX-License-Identifier: MIT
"""A short run of the fuzzer, the same every time; `make fuzz SECONDS=N` is the long one."""

import fuzz
import pytest
import seeds

from torpor_host import engine
from torpor_host.convert import tflite

SMOKE_EXECUTIONS = 300_000


def test_every_operator_has_a_seed_that_the_engine_runs():
    models = [tflite.read(data) for data in seeds.all_seeds().values() if seeds.runs(data)]
    covered = {op.custom_code or op.name for model in models for graph in model.graphs for op in graph.ops}
    missing = set(engine.operators()) - covered
    assert not missing, f"tests/fuzz/seeds.py needs a model of {', '.join(sorted(missing))}"


def test_seeds_run_and_random_bytes_do_not():
    assert all(seeds.runs(data) for data in seeds.networks().values())
    assert not seeds.runs(bytes(range(256)) * 4)


@pytest.mark.usefixtures("fuzzer")
def test_smoke(tmp_path):
    fuzz.make_seeds(tmp_path / "seeds", 4096)
    (tmp_path / "corpus").mkdir()
    result = fuzz.run([tmp_path / "corpus", tmp_path / "seeds"], f"-runs={SMOKE_EXECUTIONS}", "-seed=1",
                      "-max_total_time=60")
    assert not result.crash, f"{result.crash}\nreplay: build/fuzz/fuzz_model {fuzz.CRASHES}/..."
    assert result.executions > 1000 and result.edges > 500
