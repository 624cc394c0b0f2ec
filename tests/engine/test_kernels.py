# SPDX-License-Identifier: MIT
"""Every set of int8 kernels that this PC can run, on random layers, against the official interpreter."""

import ctypes

import kernel_models
import pytest

from oracle import assert_same_bytes
from torpor_host import engine, native
from torpor_host.paths import BUILD

SETS = {"reference": "TE_REFERENCE", "blocked": "TE_BLOCKED", "avx2": "TE_AVX2"}


@pytest.fixture(scope="module", params=SETS)
def kernels(request):
    """The host library with one set of kernels."""
    if request.param == "avx2" and not native.has_avx2():
        pytest.skip("this PC has no AVX2")
    made = native.variant(BUILD / f"tests/kernels/{request.param}.so", ["-O1", f"-DTE_KERNELS={SETS[request.param]}"])
    library = ctypes.CDLL(str(made))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "library", lambda: library)
        yield request.param


@pytest.mark.parametrize("kind", kernel_models.KINDS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("seed", range(100, 160))
def test_kernels_give_the_official_interpreters_bytes(kernels, kind, seed):
    model, inputs = kind(seed)
    assert_same_bytes(model, *inputs)
