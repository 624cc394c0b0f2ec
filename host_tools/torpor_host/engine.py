# SPDX-License-Identifier: MIT
"""The inference engine on the host: the device's own C (firmware/engine/engine.h), NumPy in and out.

    model = Model(Path("kws.tflite").read_bytes())
    model.inputs[0].array[:] = samples
    model.run()
    scores = model.outputs[0].array
"""

import ctypes
from ctypes import POINTER, Structure, byref, c_char_p, c_float, c_int, c_int8, c_int16, c_int32, c_size_t, c_uint8
from ctypes import c_uint32, c_uint64, c_void_p

import numpy as np

from torpor_host.errors import ToolError
from torpor_host.native import foreign, library

MAX_RANK = 6
DTYPES = {0: np.float32, 2: np.int32, 3: np.uint8, 4: np.int64, 6: np.bool_, 7: np.int16, 9: np.int8,
          12: np.uint64, 15: np.uint32}

_STATE_ALIGN, _ARENA_ALIGN = 8, 16
_UNSUPPORTED, _MEMORY = -2, -4
_HINTS = {
    -1: "check that the file is a whole .tflite; copy or convert it again",
    _UNSUPPORTED: "`torpor check` lists all that the engine cannot run in a model; change the model or its conversion",
    -3: "the file contradicts itself: convert the model again",
    -4: "give the arena at least the bytes that measure() says",
    -5: "see the manual in firmware/engine/engine.h",
}


class Refused(ToolError):
    """A model that the engine does not take.

    graph, op: the subgraph and the index in it of the operator to blame, which is -1 if none is. reason: without those.
    """

    def __init__(self, why):
        super().__init__(_sentence(why), _HINTS[why.code])
        self.graph, self.op, why.op_index = why.graph, why.op_index, -1
        self.reason = _sentence(why)


class Unsupported(Refused):
    """A valid model that the engine cannot run: operator, type, attribute."""


class _Error(Structure):
    """te_error_t."""

    _fields_ = [("code", c_int8), ("graph", c_int16), ("op_index", c_int16), ("op_code", c_int16), ("op_name", c_void_p),
                ("op_name_len", c_uint32), ("reason", c_char_p), ("value", c_int32), ("needed", c_uint32),
                ("available", c_uint32)]


class _Sizes(Structure):
    """te_sizes_t."""

    _fields_ = [("state", c_uint32), ("arena", c_uint32)]


class _Tensor(Structure):
    """te_tensor_t."""

    _fields_ = [("data", c_void_p), ("nbytes", c_uint32), ("type", c_uint8), ("rank", c_uint8),
                ("shape", c_int32 * MAX_RANK), ("scale", c_float), ("zero_point", c_int32),
                ("name", c_void_p), ("name_len", c_uint32)]


def _engine(lib=None):
    """The library, with the signatures that ctypes cannot guess."""
    lib = lib or library()
    lib.te_measure.argtypes = [c_void_p, c_size_t, c_void_p, c_size_t, POINTER(_Sizes), POINTER(_Error)]
    lib.te_open.argtypes = [POINTER(c_void_p), c_void_p, c_size_t, c_void_p, c_size_t, POINTER(_Error)]
    lib.te_run.argtypes = [c_void_p, POINTER(_Error)]
    lib.te_run_op.argtypes = [c_void_p, c_int, POINTER(_Error)]
    for name in ("te_input", "te_output"):
        getattr(lib, name).argtypes = [c_void_p, c_int, POINTER(_Tensor)]
    for name in ("te_input_count", "te_output_count", "te_op_count", "te_macs", "te_reset"):
        getattr(lib, name).argtypes = [c_void_p]
    lib.te_macs.restype, lib.te_reset.restype = c_uint64, None
    lib.te_op_name.argtypes = [c_void_p, c_int]
    lib.te_op_name.restype = lib.te_supported.restype = lib.te_engine_name.restype = c_char_p
    lib.te_metadata.argtypes = [c_void_p, c_size_t, c_char_p, POINTER(c_size_t)]
    lib.te_metadata.restype = c_void_p
    for name in ("te_write_floats", "te_read_floats"):
        getattr(lib, name).argtypes = [POINTER(_Tensor), c_void_p, c_size_t]
    return lib


def _check(code, why):
    """Raises Refused with te_describe's sentence if a call failed; False for TE_WAIT, which is no error."""
    if code >= 0:
        return code == 0
    raise (Unsupported if why.code == _UNSUPPORTED else Refused)(why)


def _sentence(why):
    text = ctypes.create_string_buffer(256)
    library().te_describe(byref(why), text, c_size_t(len(text)))
    return text.value.decode(errors="replace") + "."


def _aligned(nbytes, align):
    """Zeroed uint8[nbytes] whose first byte is aligned."""
    room = np.zeros(nbytes + align, np.uint8)
    return room[-room.ctypes.data % align :][:nbytes]


def _bytes_at(address, count):
    return (c_uint8 * count).from_address(address)


def engine_name() -> str:
    """The engine behind engine.h."""
    return _engine().te_engine_name().decode()


def operators() -> list[str]:
    """TFLite names of the operators that this build runs."""
    lib, names = _engine(), []
    while name := lib.te_supported(len(names)):
        names.append(name.decode())
    return names


def _measured(data, lib=None):
    """(sizes, state) of the model in uint8[] `data`, proved and planned; ToolError if it cannot be run."""
    need, why, state = _Sizes(), _Error(), _aligned(0, _STATE_ALIGN)
    while True:
        code = _engine(lib).te_measure(data.ctypes.data, data.size, state.ctypes.data, state.size, byref(need), byref(why))
        if code != _MEMORY:
            _check(code, why)
            return need, _copied(state, need.state)
        state = _aligned(why.needed, _STATE_ALIGN)


def _copied(state, nbytes):
    """The state in as many bytes as it has."""
    copy = _aligned(nbytes, _STATE_ALIGN)
    copy[: state.size] = state[:nbytes]
    return copy


def measure(data, kernels: str | None = None) -> tuple[int, int]:
    """(arena, state) bytes that a model needs on this machine; ToolError if it cannot be run.

    kernels: of another core, by their name in ops/kernels.h. The arena is then exactly that core's; 32 bits save some of
    the state, at most 16 bytes.
    """
    need, _ = _measured(np.frombuffer(data, np.uint8), kernels and foreign(kernels))
    return need.arena, need.state


class Tensor:
    """An input or output: its description, and `array`, its live elements in the arena."""

    def __init__(self, raw, owner):
        self._raw, self._owner = raw, owner  # the arena must outlive the array
        self.shape = tuple(raw.shape[: raw.rank])
        self.dtype = np.dtype(DTYPES[raw.type])
        self.scale, self.zero_point, self.nbytes = raw.scale, raw.zero_point, raw.nbytes
        self.name = bytes(_bytes_at(raw.name, raw.name_len)).decode(errors="replace")
        offset = raw.data - owner.ctypes.data
        self.array = owner[offset : offset + raw.nbytes].view(self.dtype).reshape(self.shape)

    def write_floats(self, values) -> None:
        """Real values in, rounded half away from zero and saturated. ToolError for a wrong count."""
        values = np.ascontiguousarray(values, np.float32)
        self._convert("te_write_floats", values)

    def read_floats(self) -> np.ndarray:
        """The tensor's real values, float32 of its shape."""
        values = np.empty(self.shape, np.float32)
        self._convert("te_read_floats", values)
        return values

    def _convert(self, call, values):
        if getattr(_engine(), call)(byref(self._raw), values.ctypes.data, values.size):
            raise ToolError(
                f"{self.name} has {self.array.size} elements of {self.dtype}, not {values.size} floats.",
                "give one number for each element")


class Model:
    """An open model: `inputs`, `outputs`, `run()`. The bytes are read where they lie and must not change.

    arena: a uint8 array aligned to 16 to work in, shared or of one's own; by default as many bytes as needed.
    Raises ToolError for a model that cannot be run, naming the operator and the reason.
    """

    def __init__(self, data, arena: np.ndarray | None = None):
        self._c = _engine()
        self._data = np.frombuffer(data, np.uint8)
        need, self._state = _measured(self._data)
        self.arena_size, self.state_size = need.arena, need.state
        self._arena = _aligned(self.arena_size, _ARENA_ALIGN) if arena is None else arena
        self._model, self._why = c_void_p(), _Error()
        self._call("te_open", byref(self._model), self._state.ctypes.data, self._state.size, self._arena.ctypes.data,
                   self._arena.size)
        self.inputs = [self._tensor("te_input", i) for i in range(self._c.te_input_count(self._model))]
        self.outputs = [self._tensor("te_output", i) for i in range(self._c.te_output_count(self._model))]
        count = self._c.te_op_count(self._model)
        self.ops = [self._c.te_op_name(self._model, i).decode() for i in range(count)]
        self.macs = self._c.te_macs(self._model)

    def _call(self, name, *arguments):
        return _check(getattr(self._c, name)(*arguments, byref(self._why)), self._why)

    def _tensor(self, call, i):
        raw = _Tensor()
        getattr(self._c, call)(self._model, i, byref(raw))
        return Tensor(raw, self._arena)

    def run(self) -> bool:
        """Runs the model once; False while a streaming model waits for more inputs, and has no outputs yet.

        Inputs may be overwritten: write all of them before each run.
        """
        return self._call("te_run", self._model)

    def run_op(self, i: int) -> bool:
        """Runs operator i alone; False if those after it have to wait for more inputs."""
        return self._call("te_run_op", self._model, i)

    def reset(self) -> None:
        """What the model remembers from run to run begins anew: variables are zero, or their zero point."""
        self._c.te_reset(self._model)

    def __call__(self, *inputs) -> list[np.ndarray] | None:
        """Elements of each input, in its dtype or as raw bytes of the same size -> copies of the outputs.

        None while a streaming model waits for more inputs.
        """
        for tensor, values in zip(self.inputs, inputs, strict=True):
            tensor.array[...] = np.asarray(values).view(tensor.dtype).reshape(tensor.shape)
        return [tensor.array.copy() for tensor in self.outputs] if self.run() else None

    def metadata(self, name: str) -> bytes | None:
        """The metadata entry of that name."""
        size = c_size_t()
        at = self._c.te_metadata(self._data.ctypes.data, self._data.size, name.encode(), byref(size))
        return bytes(_bytes_at(at, size.value)) if at else None
