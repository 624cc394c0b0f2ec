# SPDX-License-Identifier: MIT
"""Compiles a model into a native module of its own: no interpreter, no file, a class Model that needs no source.

    module = compile_file(Path("kws.tflite"), "armv7emsp", Path("kws.mpy"))

The engine itself prepares the model on this PC (firmware/compiled/generate.c); the module has the result, the weights,
and the operators' kernels. Like every native module it is copied to RAM, weights and all.
"""

import hashlib
import re
import subprocess
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from torpor_host import build as builds, engine, files, native, natmod
from torpor_host.convert import tflite
from torpor_host.convert.graph import Model
from torpor_host.errors import ToolError
from torpor_host.optimize.strip import METADATA
from torpor_host.paths import BUILD, FIRMWARE
from torpor_host.progress import SILENT, Silent

_COMPILED = FIRMWARE / "compiled"
# The kernels that compilers take, as ops/kernels.h says; engine.c compares.
_KERNELS = {"armv7m": "TE_THUMB2", "armv7emsp": "TE_DSP", "armv7emdp": "TE_DSP"}
_OTHERS = "TE_BLOCKED"
_RUBBISH = 0xA5
_WIDTH = 32  # bytes a line


@dataclass(frozen=True)
class Module:
    """bytes: of the .mpy, which it takes of the heap, too. weights_bytes: of those, what is kept of the model's file.

    arena_bytes: of activations, besides; the class allocates them or is given them.
    """

    file: str
    arch: str
    bytes: int
    weights_bytes: int
    arena_bytes: int


def compile_file(source: Path, arch: str, target: Path, progress: Silent = SILENT) -> Module:
    """Compiles the model `source` into the native module `target`, which is imported by its name.

    Raises ToolError: no model or one that the engine cannot run, control flow, unknown architecture, missing compiler, a target
    that is no module's name or cannot be written.
    """
    if target.suffix != ".mpy" or not target.stem.isidentifier():
        raise ToolError(f"{target.name} is no name of a module.", "give one such as model.mpy: it is imported as model")
    if arch == "xtensa":
        raise ToolError("An ESP8266 cannot read single bytes where native code lies, so no weights can lie there.",
                        "`torpor build --natmod xtensa` makes the interpreter")
    natmod.check(arch)
    if not target.parent.is_dir():
        raise ToolError(f"{target} cannot be written: there is no such folder.", "create it first")
    model = _read(source)
    data, base = tflite.write_apart(model)
    header = tables(data, base, arch, progress)
    module = _build(header, arch, target.stem, natmod.parts_of([source]).options(), progress)
    files.write(target, module.read_bytes())
    kept = len(data) - _value(header, "COMPILED_BASE")
    return Module(str(target), arch, module.stat().st_size, kept, _value(header, "COMPILED_ARENA"))


def summary(module: Module) -> dict:
    """What `torpor compile --json` prints."""
    return asdict(module)


def _read(source) -> Model:
    try:
        data = Path(source).read_bytes()
    except OSError as error:
        raise ToolError(f"{source} cannot be read: {error.strerror}.", "give the path of a .tflite file") from None
    try:
        engine.measure(data)
        model = tflite.read(data)
    except ToolError as error:
        raise ToolError(f"{Path(source).name}: {error}", error.hint) from None
    if len(model.graphs) > 1:
        raise ToolError(f"{Path(source).name}: a model of several subgraphs cannot be compiled.", "run it with tflm.Model")
    return model


def tables(data: bytes, base: int, arch: str, progress: Silent = SILENT) -> str:
    """The C that compiled.h describes, of a file of which operators read nothing before `base` while they run."""
    if not _enough(data, base):
        base = 0
    generator = _generator(_KERNELS.get(arch, _OTHERS), progress)
    with tempfile.NamedTemporaryFile(suffix=".tflite") as file:
        file.write(data)
        file.flush()
        result = subprocess.run([generator, file.name], capture_output=True, text=True)
    if result.returncode:
        raise ToolError(f"The model cannot be prepared: {result.stderr.strip()}.", "`torpor infer` says what the engine finds")
    return f"{result.stdout}#define COMPILED_BASE {base}\n{_array('compiled_file', data[base:])}{_metadata(data)}"


def _enough(data, base):
    """Whether a model gives the same outputs when what lies before `base` turns to rubbish once it is open."""
    spoilt = bytearray(data)
    whole, part = engine.Model(data), engine.Model(spoilt)
    spoilt[:base] = bytes([_RUBBISH]) * base
    rng = np.random.default_rng(0)
    inputs = [rng.integers(0, 2 if t.dtype.itemsize > 2 else 100, t.shape).astype(t.dtype) for t in whole.inputs]
    return all(a.tobytes() == b.tobytes() for a, b in zip(whole(*inputs), part(*inputs)))


def _generator(kernels, progress) -> Path:
    """The program of generate.c for this PC, with the sizes of one set of kernels."""
    name = f"generate-{kernels.lower()}"
    sources = [path for path in native.sources() if "dsp" not in path.parts and path.name != "table.c"]
    with progress.step("build what prepares a model"):
        return native.program(BUILD / "host" / name, [_COMPILED / "generate.c", *sources], [*native.foreign_flags(kernels), f"-I{FIRMWARE}"])


def _value(header, name):
    return int(re.search(rf"^#define {name} (\d+)$", header, re.M)[1])


def _array(name, data):
    lines = (",".join(map(str, data[i : i + _WIDTH])) for i in range(0, len(data), _WIDTH))
    return f"static const uint8_t {name}[] __attribute__((aligned(16))) = {{\n" + ",\n".join(lines) + "\n};\n"


def _metadata(data):
    entries = [(name, value) for name, value in tflite.read(data).metadata if name == METADATA]
    arrays = "".join(_array(f"compiled_entry_{i}", value) + _array(f"compiled_entry_name_{i}", name.encode())
                     for i, (name, value) in enumerate(entries))
    return f"{arrays}#define COMPILED_METADATA(X) {' '.join(f'X({i})' for i in range(len(entries)))}\n"


def _build(header, arch, name, options, progress) -> Path:
    digest = hashlib.sha256((header + name).encode()).hexdigest()[:16]
    path = BUILD / f"compiled/{digest}.h"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(header)
    part = builds.natmod(arch, f"compiled-{arch}-{digest}", ("MOD=compiled", f"MODEL={path}", f"NAME={name}", *options))
    output, inputs = part.output.with_name(f"{name}.mpy"), (*part.inputs, _COMPILED, path)
    part = replace(part, title=f"{name}.mpy for {arch}", output=output, inputs=inputs)
    return builds.build_part(f"compiled-{arch}-{digest}", part, progress)
