# SPDX-License-Identifier: MIT
"""The engine built for some types: what it still has gives what all of it gives, and it says what it lacks."""

import ctypes

import numpy as np
import probes
import pytest

from torpor_host import engine, native
from torpor_host.check.operators import operators, used
from torpor_host.errors import ToolError
from torpor_host.paths import BUILD
from test_types import NAMES, accepted

SETS = [(), ("int8",), ("int16",), ("float32",), ("int8", "int4", "int32")]


@pytest.fixture(scope="module", params=SETS, ids=lambda types: "-".join(types) or "none")
def parted(request):
    """(types, library of the engine that was built for them)."""
    target = BUILD / f"tests/parted/{'-'.join(request.param) or 'none'}.so"
    types = "".join(f"|TE_SET(TE_{name.upper()})" for name in request.param)
    return request.param, ctypes.CDLL(str(native.variant(target, ["-O1", f"-DTE_TYPES=(0{types})"])))


def run(data, inputs):
    """Outputs, or the sentence of an error."""
    try:
        return engine.Model(data)(*inputs)
    except ToolError as error:
        return str(error)


def assert_same_or_refused(probe, types, library, monkeypatch):
    data, inputs = probe.model(), probe.fed()
    whole = run(data, inputs)
    with monkeypatch.context() as patch:
        patch.setattr(engine, "library", lambda: library)
        part = run(data, inputs)
    ((_, computed), *_) = used(data)
    if operators()[probe.name].parted and not computed <= set(types):
        assert part.endswith(" is not built in.") and any(f": {name} is" in part for name in computed - set(types)), part
    else:
        assert isinstance(whole, str) or all(map(np.array_equal, whole, part)), (probe.types, part)


@pytest.mark.parametrize("name", NAMES)
def test_an_engine_for_some_types(parted, name, monkeypatch):
    found = [probe for _, of_types in accepted(name) for probe in of_types]
    for probe in found:
        assert_same_or_refused(probe, *parted, monkeypatch)
    assert found
