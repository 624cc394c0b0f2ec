# SPDX-License-Identifier: MIT
"""The table of types that each operator takes: true of the engine, for every operator and type, and of the official
interpreter where that can be asked."""

import probes
import pytest
import seeds

from torpor_host import engine
from torpor_host.check.operators import operators, used
from torpor_host.errors import ToolError

# Those with a seed of their own. Control flow and variables need a network, and take what their subgraphs do: their refusals
# are tested beside them.
NAMES = sorted(operators().keys() & {name for name, *_ in seeds.OPERATORS})

# What the official interpreter runs and we do not, by the type that all of an operator's tensors had, and why.
BYTES = "it takes bytes of another type for those of its own"
LEFT_OUT = {
    ("GREATER", "int16"): "it compares with multipliers that nothing sets",
    **dict.fromkeys([("CONV_2D", "int8"), ("DEPTHWISE_CONV_2D", "int8"), ("FULLY_CONNECTED", "int8")], BYTES),
    ("TRANSPOSE_CONV", "int16"): BYTES,
    **{(name, other): BYTES for name in ("LOGICAL_AND", "LOGICAL_OR") for other in probes.DTYPES if other != "bool"},
}

def said(probe):
    """What the engine says against a model, "" if it runs it."""
    try:
        engine.measure(probe.model())
        return ""
    except ToolError as error:
        return str(error)


def accepted(name):
    """For all types in the table, the probes that the engine runs."""
    return [(types, [probe for probe in found if not said(probe)]) for types, found in probes.of_table(name)]


def test_every_operator_has_a_seed():
    networks = {op for data in seeds.networks().values() for op, _ in used(data)}
    assert operators().keys() == {*NAMES, *networks & operators().keys()}


@pytest.mark.parametrize("name", NAMES)
def test_the_engine_runs_what_the_table_says(name):
    assert operators()[name].signatures
    for types, found in accepted(name):
        assert found, f"{types}: {[said(probe) for probe in probes.of_types(name, *types)]}"


def one_slot_changed(probe):
    """Another type in one of its slots, each type in each slot."""
    inputs, outputs = probe.types
    for at, name in enumerate(inputs + outputs):
        for other in probes.DTYPES:
            if name is not None and other != name:
                types = [*inputs, *outputs]
                types[at] = other
                yield probes.retype(probe, types[: len(inputs)], types[len(inputs) :])


@pytest.mark.parametrize("name", NAMES)
def test_the_engine_refuses_what_the_table_does_not_say(name):
    for _, found in accepted(name):
        for probe in one_slot_changed(found[0]):
            by_type = any(words in said(probe) for words in ("cannot be", "is int4 and not constant"))
            assert by_type != operators()[name].takes(*probe.types), (probe.types, said(probe))


@pytest.mark.parametrize("name", NAMES)
def test_the_official_interpreter_gives_the_same(name):
    for types, found in accepted(name):
        if "uint64" in types[0]:
            continue  # it takes none from Python
        answers = [(probe, probes.asked(probe)) for probe in found]
        assert any(theirs for _, theirs in answers), f"it refuses {types}"
        same = [probes.close(engine.Model(probe.model())(*probe.fed()), theirs, name) for probe, theirs in answers if theirs]
        assert all(same) or (name in probes.UNSET and any(same))


def retyped_throughout(name):
    """A probe, of floats if there is one, with each other type wherever it has that of its output, or else input; and
    an operator that makes one type of another with each other output."""
    found = [found[0] for _, found in accepted(name)]
    probe = next((probe for probe in found if "float32" in sum(probe.types, [])), found[0])
    inputs, outputs = probe.types
    for own in outputs[:1] if outputs[0] in inputs else [inputs[0], outputs[0]][: 3 - len(inputs)]:
        for other in probes.DTYPES:
            if (name, other) not in LEFT_OUT:
                yield probes.retype(probe, *([other if now == own else now for now in side] for side in (inputs, outputs)))


@pytest.mark.parametrize("name", NAMES)
def test_all_that_the_official_interpreter_takes_is_in_the_table(name):
    for probe in retyped_throughout(name):
        if not operators()[name].takes(*probe.types):
            assert probes.asked(probe) is None, probe.types
