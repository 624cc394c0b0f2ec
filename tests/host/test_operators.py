# SPDX-License-Identifier: MIT
"""The table of operators and types: how signatures are read, and the page that lists them. tests/engine/test_types.py shows
that it is true."""

import json

from torpor_host import engine
from torpor_host.check.operators import SAME, Operator, Signature, operators
from torpor_host.paths import ROOT


def test_every_operator_of_the_engine_is_in_it():
    assert list(operators()) == engine.operators()
    assert all(found.signatures for found in operators().values())


def test_the_committed_page_is_what_the_command_prints(torpor):
    assert torpor("operators").stdout == (ROOT / "docs/operators.md").read_text()


def test_as_json(torpor):
    found = json.loads(torpor("operators", "--json").stdout)
    assert found["DEQUANTIZE"] == [{"inputs": [["int8", "int16", "uint8"]], "outputs": [["float32"]]}]
    assert list(found) == engine.operators()


def test_sets_and_equals():
    (signature,) = Operator("X", "[bf]i=:=?").signatures
    assert signature == Signature((("int8", "float32"), ("int32",), SAME), (SAME, ("bool",)))
    assert list(signature.each()) == [((name, "int32", name), (name, "bool")) for name in ("int8", "float32")]
    one, two = Operator("X", "*h[iq]:h f-:f").signatures
    assert list(one.each()) == [(("int16", name), ("int16",)) for name in ("int32", "int64")]
    assert list(two.each()) == [(("float32", ""), ("float32",))]
    every = Operator("X", ".i:=").signatures[0].inputs[0]
    assert "int4" not in every and {"int8", "bool", "uint64", "float32"} <= set(every)


def test_parted_operators_have_a_star():
    assert Operator("X", "*b:b").parted and not Operator("X", "b:b").parted


def test_what_an_operator_takes():
    join = Operator("X", "[bf]=:=")
    assert join.takes(["int8"] * 5, ["int8"]) and not join.takes(["int8", "int8", "float32"], ["int8"])
    assert join.takes(["float32", None], ["float32"]) and not join.takes(["int16", "int16"], ["int16"])
    empty = Operator("X", "b-i:b")
    assert empty.takes(["int8", None, "int32"], ["int8"]) and not empty.takes(["int8", "int8", "int32"], ["int8"])
    nothing = Operator("X", ":r")
    assert nothing.takes([], ["variable"]) and not nothing.takes(["int8"], ["variable"])
