# SPDX-License-Identifier: MIT
"""Native modules (.mpy) for stock firmware, with all of the engine or with what some models use.

    path = natmod.build("armv7emsp", natmod.parts_of([Path("kws.tflite")]))

A native module is copied to RAM, so a board with little of it wants one made for its models.
"""

import difflib
import hashlib
import re
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from torpor_host import build as builds, files
from torpor_host.check import operators as catalogue
from torpor_host.errors import ToolError
from torpor_host.paths import FIRMWARE, MODELS
from torpor_host.progress import SILENT, Silent

ARCHES = tuple(builds.COMPILERS)
ALL = "all"
_ROW = re.compile(r'^const te_row_t te_row_(\w+) = \{\s*"(\w+)"', re.M)
_PAGE = """# How large the native modules are

Bytes of the .mpy files; a module takes about as much of the heap. `torpor build --natmod all --sizes` made this page;
with `--ops-from` it measures another model than models/keywords. As shipped, all is compiled for size but the innermost
loops; one column shows the same with -O2 throughout. An architecture has a row where its compiler was.

| architecture | tflm, all operators | tflm, keywords | tflm, keywords, -O2 | dsp |
|---|---|---|---|---|
"""


@dataclass(frozen=True)
class Parts:
    """What a module has of the engine.

    operators: TensorFlow Lite's names, in any case.
    types: those that operators compute in (int8, int16, float32, int4, ...), all of them if None. An operator that can
    be parted by type (Operator.parted) has its code for these alone.
    """

    operators: tuple[str, ...]
    types: tuple[str, ...] | None = None

    def options(self) -> list[str]:
        """Of make. ToolError if there is no such operator."""
        types = [] if self.types is None else [f"TYPES={' '.join(name.upper() for name in sorted(self.types))}"]
        return [f"OPS={' '.join(rows_of(self.operators))}", *types]


def build(arch: str, parts: Parts | None = None, progress: Silent = SILENT, level: str = "") -> Path:
    """Builds tflm.mpy (and, with all of the engine, dsp.mpy beside it) for an architecture; returns its path.

    parts: all of the engine if None. level: of optimisation, if not as the Makefile has it: "-O2".
    Raises ToolError: unknown architecture or operator, missing or unusable compiler, failed build.
    """
    check(arch)
    if parts is None:
        return builds.build_part(f"natmod-{arch}", builds.natmod(arch), progress)
    options = "MOD=tflm", *parts.options(), *([f"OPT={level}"] if level else [])
    folder = f"{arch}-{hashlib.sha256(' '.join(options).encode()).hexdigest()[:8]}"
    part = builds.natmod(arch, folder, options)
    return builds.build_part(f"natmod-{folder}", part, progress)


def build_dsp(arch: str, progress: Silent = SILENT) -> Path:
    """Builds dsp.mpy alone for an architecture; returns its path. Raises ToolError as `build` does."""
    check(arch)
    part = builds.natmod(arch, f"{arch}-dsp", ("MOD=dsp",))
    return builds.build_part(f"natmod-{arch}-dsp", replace(part, output=part.output.with_name("dsp.mpy")), progress)


@dataclass(frozen=True)
class Request:
    """What the command line asks for: an architecture or "all"; operators of models, by name, or all; a file to write."""

    arch: str | None
    models: list[Path] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    out: Path | None = None

    def parts(self) -> Parts | None:
        """Of the models, and operators by name, then in all types; None, for all of the engine, if neither is given."""
        if not self.models and not self.names:
            return None
        used = parts_of(self.models)
        return Parts(tuple(sorted({*used.operators, *self.names}))) if self.names else used


def make(request: Request, progress: Silent = SILENT) -> dict[str, Path]:
    """Builds what is asked for and returns architecture to file; "all" leaves out, with a note, what cannot be built."""
    parts = request.parts()
    outputs = {arch: build(arch, parts, progress) for arch in _arches(request, progress)}
    if request.out:
        (module,) = outputs.values()
        files.write(request.out, module.read_bytes())
        return {request.arch: request.out}
    return outputs


def _arches(request, progress):
    if request.arch is None:
        raise ToolError("Operators, --out and --sizes are of a native module.", f"add --natmod and one of {', '.join(ARCHES)}, {ALL}")
    if request.arch != ALL:
        return [request.arch]
    if request.out:
        raise ToolError("Modules for all architectures do not fit one file.", "name one architecture, or leave --out away")
    reasons = {arch: unusable(arch) for arch in ARCHES}
    for arch, reason in reasons.items():
        if reason:
            progress.note(f"no native module for {arch}: {reason}")
    return [arch for arch, reason in reasons.items() if not reason]


def unusable(arch: str) -> str:
    """Why this machine cannot build for an architecture, "" if it can."""
    compiler = builds.COMPILERS[arch]
    if shutil.which(compiler) is None:
        return f"{compiler} is missing"
    if arch == "xtensa" and not _divides(compiler):
        return f"the libgcc of {compiler} has no division, which native modules link"
    return ""


def _divides(compiler):
    """Debian's compiler for the ESP8266 leaves to the chip's ROM what its core cannot do; a module cannot reach that."""
    library = subprocess.run([compiler, "--print-libgcc-file-name"], capture_output=True, text=True).stdout.strip()
    symbols = subprocess.run([compiler.replace("gcc", "nm"), library], capture_output=True, text=True).stdout
    return " T __udivsi3\n" in symbols


def operators() -> list[str]:
    """The names of all operators that the engine has, sorted."""
    return sorted(_rows())


def parts_of(models: list[Path]) -> Parts:
    """What models need: their operators, and the types that those compute in. Raises ToolError if one cannot be read."""
    used = [use for model in models for use in _used_by(model)]
    parted = {name for name, operator in catalogue.operators().items() if operator.parted}
    computed = {kind for name, types in used if name in parted for kind in types}
    return Parts(tuple(sorted({name for name, _ in used})), tuple(sorted(computed)))


def _used_by(model):
    """[(operator, types that it computes in)] of a file."""
    try:
        data = model.read_bytes()
    except OSError as error:
        raise ToolError(f"{model} cannot be read: {error.strerror}.", "give the path of a .tflite file") from None
    try:
        return list(catalogue.used(data))
    except Exception:  # a damaged file makes the generated reader fail in any way
        raise ToolError(f"{model} is not a TensorFlow Lite model.", "check that it is a whole .tflite") from None


def rows_of(operators: Iterable[str]) -> list[str]:
    """Names of the rows in the engine's table that these operators are, sorted. Raises ToolError for one that it lacks."""
    return sorted({_row(name) for name in operators})


def _rows():
    """{TensorFlow Lite's name: name of its row} as the sources define them."""
    return {name: row for path in sorted((FIRMWARE / "engine/ops").glob("*.c")) for row, name in _ROW.findall(path.read_text())}


def _row(name):
    rows = {known.upper(): row for known, row in _rows().items()}
    if name.upper() in rows:
        return rows[name.upper()]
    close = difflib.get_close_matches(name.upper(), rows, 3) or sorted(rows)
    raise ToolError(f"The engine has no operator {name}.", f"it has {', '.join(close)}")


def check(arch: str) -> None:
    """Raises ToolError for an architecture that there is not, or that this machine cannot build for."""
    if arch not in ARCHES:
        raise ToolError(f"There is no architecture {arch} of native modules.", f"choose from {', '.join(ARCHES)}, {ALL}")
    if reason := unusable(arch):
        raise ToolError(f"Native modules for {arch} cannot be built: {reason}.", builds.hint(builds.COMPILERS[arch]))


@dataclass(frozen=True)
class Sizes:
    """Bytes of the .mpy files of one architecture: tflm with all operators, with those of a model, and dsp.

    `fast` is `few` with every part compiled for speed.
    """

    arch: str
    everything: int
    few: int
    fast: int
    dsp: int


def measure(request: Request, progress: Silent = SILENT) -> list[Sizes]:
    """Builds and measures; the operators asked for, or those of models/keywords, stand for a model's."""
    few = request.parts() or parts_of([MODELS / "keywords/model.tflite"])
    return [_measure(arch, few, progress) for arch in _arches(request, progress)]


def _measure(arch, few, progress):
    everything, fast = build(arch, None, progress), build(arch, few, progress, "-O2")
    paths = everything, build(arch, few, progress), fast, everything.with_name("dsp.mpy")
    return Sizes(arch, *(path.stat().st_size for path in paths))


def table(found: list[Sizes]) -> str:
    """The sizes as a page in Markdown."""
    rows = [f"| {s.arch} | {s.everything:,} | {s.few:,} | {s.fast:,} | {s.dsp:,} |" for s in found]
    return _PAGE + "\n".join(rows)
