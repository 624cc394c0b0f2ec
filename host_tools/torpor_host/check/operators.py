# SPDX-License-Identifier: MIT
"""The operators that the engine runs and the types it runs them in, read from the engine itself.

Each row of the engine's table (firmware/engine/ops/*.c) has signatures, which the engine holds models against before
anything else; te_types() in firmware/engine/model.h says how they are written. So what is listed here is what is true.
"""

import ctypes
import functools
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tflite_micro.tensorflow.lite.micro.python import schema_py_generated as schema

from torpor_host.native import library

# Letters of the engine's signatures. "" is a slot that must be empty, "variable" the name of a resource.
LETTERS = {
    "b": "int8", "h": "int16", "i": "int32", "q": "int64", "B": "uint8", "I": "uint32", "Q": "uint64",
    "?": "bool", "f": "float32", "n": "int4", "r": "variable", "-": "",
}
SAME = ("=",)
TYPES = {  # by the schema's TensorType
    0: "float32", 2: "int32", 3: "uint8", 4: "int64", 6: "bool", 7: "int16", 9: "int8", 12: "uint64", 13: "variable", 15: "uint32",
    17: "int4",
}
_BUILTINS = {code: name for name, code in vars(schema.BuiltinOperator).items() if not name.startswith("_")}
_ANY = "".join(letter for letter in LETTERS if letter not in "nr-")  # what . stands for
_PAGE = """# Operators and their types

What each operator takes and gives, as the engine's own table has it: `torpor operators` made this page. T is one type
in all its places. Where an operator has more inputs or outputs than are listed, the last one stands for all of them; an
input that is optional, such as a bias, may be absent. int4 is for constant weights, any is all but that.

| operator | inputs | outputs | T |
|---|---|---|---|
"""


@dataclass(frozen=True)
class Signature:
    """Types that an operator takes and gives: for each slot those that it may have, by the names of NumPy, int4 or variable.

    SAME is the type of the first slot that may have several; ("",) a slot that must be empty. The last slot of either side
    stands for all further ones, too.
    """

    inputs: tuple[tuple[str, ...], ...]
    outputs: tuple[tuple[str, ...], ...]

    def suits(self, inputs: Sequence[str | None], outputs: Sequence[str]) -> bool:
        """Whether tensors of these types go together; None is an absent input."""
        chosen = None
        for slot, name in (*_pairs(self.inputs, inputs), *_pairs(self.outputs, outputs)):
            if name is not None and name not in ((chosen,) if slot == SAME else slot):
                return False
            chosen = chosen or (name if len(slot) > 1 else None)
        return True

    def each(self) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
        """Every choice of types, as those of inputs and of outputs."""
        slots = self.inputs + self.outputs
        first = next((i for i, slot in enumerate(slots) if len(slot) > 1), 0)
        for types in itertools.product(*slots):
            types = tuple(types[first] if (name,) == SAME else name for name in types)
            yield types[: len(self.inputs)], types[len(self.inputs) :]


@dataclass(frozen=True)
class Operator:
    """name: TensorFlow Lite's, or a custom operator's. text: the engine's signatures, as written.

    parted: whether a native module can leave out what it does in types that no model uses.
    """

    name: str
    text: str

    @property
    def parted(self) -> bool:
        return self.text.startswith("*")

    @property
    def signatures(self) -> tuple[Signature, ...]:
        return tuple(Signature(*map(_slots, part.split(":"))) for part in self.text.lstrip("*").split())

    def takes(self, inputs: Sequence[str | None], outputs: Sequence[str]) -> bool:
        """Whether it runs on tensors of these types: as in Signature.suits()."""
        return any(signature.suits(inputs, outputs) for signature in self.signatures)


def operators() -> dict[str, Operator]:
    """All that the engine has, by name."""
    return dict(_table())


@functools.cache
def _table():
    row_at, found = library().te_row, {}
    row_at.restype = ctypes.POINTER(_Row)
    while row := row_at(len(found)):
        name = row.contents.name.decode()
        found[name] = Operator(name, row.contents.types.decode())
    return found


class _Row(ctypes.Structure):
    """The beginning of te_row_t."""

    _fields_ = [("name", ctypes.c_char_p), ("types", ctypes.c_char_p)]


def _pairs(slots, given):
    return [(slots[min(i, len(slots) - 1)], name) for i, name in enumerate(given)] if slots else [(("",), name) for name in given]


def _slots(side):
    """One side of a signature."""
    return tuple(SAME if item == "=" else tuple(LETTERS[letter] for letter in (_ANY if item == "." else item.strip("[]")))
                 for item in re.findall(r"\[[^]]*\]|.", side))


def used(data: bytes) -> Iterator[tuple[str, set[str]]]:
    """(operator, types that it computes in) of each operator of a model, in all its subgraphs.

    Those are the types of the first input and output, and int4, as for the engine. Any exception if it is no model.
    """
    if data[4:8] != b"TFL3":
        raise ValueError("no TFL3")
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(data, 0))
    for graph in model.subgraphs:
        for op in graph.operators or ():
            slots = [[] if side is None else list(side) for side in (op.inputs, op.outputs)]
            types = [["" if i < 0 else TYPES.get(graph.tensors[i].type, "") for i in side] for side in slots]
            packed = {name for name in types[0] if name == "int4"}
            yield _name(model.operatorCodes[op.opcodeIndex]), {*types[0][:1], *types[1][:1], *packed} - {""}


def _name(code):
    number = max(code.builtinCode, code.deprecatedBuiltinCode)
    return code.customCode.decode() if number == schema.BuiltinOperator.CUSTOM else _BUILTINS[number]


def page() -> str:
    """All of it in Markdown."""
    rows = [line for operator in sorted(_table().values(), key=lambda operator: operator.name) for line in _lines(operator)]
    return _PAGE + "\n".join(rows) + "\n"


def _lines(operator):
    for i, signature in enumerate(operator.signatures):
        slots = signature.inputs + signature.outputs
        same = next(slot for slot in slots if len(slot) > 1) if SAME in slots else None
        cells = [_cell(side, same) for side in (signature.inputs, signature.outputs)]
        yield f"| {' | '.join(['' if i else operator.name, *cells, _types(same) if same else ''])} |"


def _cell(slots, same):
    """The first slot of several types is T, as is what equals it. Runs of one type are counted."""
    words = ["T" if slot == SAME or slot == same and same not in slots[:i] else _types(slot) for i, slot in enumerate(slots)]
    runs = [(word, len(list(run))) for word, run in itertools.groupby(words)]
    return ", ".join(", ".join([word] * n) if n < 4 else f"{n} times {word}" for word, n in runs)


def _types(names):
    if len(names) == len(_ANY):
        return "any"
    return (" or " if len(names) == 2 else ", ").join(name or "none" for name in names)
