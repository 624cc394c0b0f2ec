# SPDX-License-Identifier: MIT
"""Runs TensorFlow Lite models on MicroPython.

    import tflm

    m = tflm.Model("/rom/kws.tflite")
    scores = m.predict(features)          # floats in, floats out

A model has been proved safe before it can run: whatever the bytes are, opening them either works
or raises. Integer results equal those of TensorFlow Lite for Microcontrollers, bit for bit.

`Buffer` is any object with the buffer protocol: bytes, bytearray, array, memoryview, ulab arrays,
an open binary file in ROMFS. It is used where it lies; of a ulab view with gaps between its elements give the
copy(), else it is a TypeError. (ulab looks at the first axis only: copy a view that is reversed or transposed.)

Errors, everywhere: ValueError for a model that is invalid or not supported, in one sentence that
names the operator ("CONV_2D #4: dilation 2 is not supported"), and for a wrong number of values;
TypeError for values of a wrong kind; MemoryError with the bytes needed and available; OSError for
a file that cannot be read.
"""

from array import array
from typing import Callable, Protocol, Sequence

class Buffer(Protocol):
    def __buffer__(self, flags: int) -> memoryview: ...

Floats = Buffer | list[float] | tuple[float, ...]

ENGINE: str
"""What runs the models: "torpor" is the engine of this project."""

VERSION: str
"""Of the module, "0.1.0"."""

BUILD: str
"""How the module came here: "firmware" if built in, "natmod" if imported from a .mpy file.

A .mpy on sys.path takes precedence over the module that is built in.
"""

OPS: tuple[str, ...]
"""TensorFlow Lite's names of the operators that this build can run."""

def measure(src: str | Buffer) -> tuple[int, int]:
    """(arena, state): the bytes that a Model of `src` will need, after full verification; see Model.

    Takes some kB of the heap meanwhile, and the file if its path is not in ROMFS. Raises as Model does.
    """

class Tensor:
    """What is known of one input or output. Keeps the model alive. All attributes are read-only."""

    shape: tuple[int, ...]
    """As in the model, with the batch in front: (1, 49, 10, 1)."""
    dtype: str
    """"int8", "uint8", "int16", "int32", "uint32", "int64", "uint64", "bool" or "float32"."""
    scale: float
    """Real value = (stored value - zero_point) * scale; 0.0 if the tensor is not quantised."""
    zero_point: int
    name: str
    nbytes: int
    """Bytes of all its values."""

class Model:
    """A verified model, its state and its arena.

    src    a path or a buffer that holds the .tflite file. A path in ROMFS and a buffer are used where
           they lie, not copied; they must not change while the model is in use. Any other path is
           read to the heap. Best aligned to 16 bytes.
    arena  a writable buffer of at least `arena_size` bytes, plus what aligning its start to 16 bytes
           takes; by default one is allocated. Models may share one if each is given its inputs, run
           and asked for its outputs before the next: the arena holds inputs and outputs, too.

    The constructor allocates: `state_size` bytes, a few kB more while it proves and plans the model, the
    arena unless given, the file unless used in place, and a memoryview an input and output. `run`
    allocates nothing, `predict` only its result.
    """

    def __init__(self, src: str | Buffer, arena: Buffer | None = None) -> None: ...

    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    arena_size: int
    """Bytes of activations and scratch; exact."""
    state_size: int
    """Bytes of the prepared model, beside the arena; exact."""
    macs: int
    """Multiply-accumulates of one run; engine.h says in which operators."""
    ops: tuple[str, ...]
    """The operators, in the order in which they run."""

    def input(self, i: int) -> memoryview:
        """Input i as a writable view into the arena; flat, with the type code of its dtype.

            x = m.input(0)                # once
            x[:] = samples                # as often as needed; bytes or an array of the same item size
            mic.readinto(x)

        Always the same object, so the call allocates nothing. It stays valid without the model.
        Raises IndexError if there is no such input. As an array of ulab, for as long as the model is kept:

            x = np.frombuffer(m.input(0), dtype=np.int8)     # once; no copy
        """

    def output(self, i: int) -> memoryview:
        """Output i, as `input` does. The next run of any model in the same arena overwrites it."""

    def run(self, *inputs: Buffer) -> bool:
        """Runs the model once, on what its inputs hold. Allocates nothing.

        True; False while a streaming model (CIRCULAR_BUFFER) waits for more inputs: the outputs then hold nothing.

        inputs  none, or one buffer for each input with its raw (quantised) values: bytes, or items of
                the tensor's size and kind; they are copied into the arena first, and nothing else is.
        """

    def predict(self, *inputs: Floats, out: Buffer | Sequence[Buffer] | None = None):
        """Real values in, real values out: quantises, runs, dequantises.

        inputs  for each input as many numbers as it has elements, flat: a list, a tuple or a buffer of
                any numeric type code. Integer tensors take round(x / scale), half away from zero, plus
                zero_point, saturated; NaN becomes the zero point.
        out     None, or a float32 buffer of the output's number of elements; one for each output if
                there are several. It is filled and returned, and then nothing is allocated
                (but by inputs of doubles).

        Returns a list of floats, or a tuple of such lists if there are several outputs; None while a streaming
        model waits for more inputs.
        """

    def reset(self) -> None:
        """What the model remembers from run to run begins anew; allocates nothing.

        Variables are zero again, or their zero point, as when the model was opened, and so is what recurrent
        and streaming operators keep. As in TensorFlow Lite for Microcontrollers, CALL_ONCE is not run again.
        """

    def profile(self, ticks: Callable[[], int] = ...) -> list[tuple[str, int]]:
        """(operator, ticks) of each operator in one run on what the inputs hold; a streaming model that waits for more
        inputs runs none after the one that waits.

        ticks   a clock that time.ticks_diff suits; time.ticks_us, microseconds, if it is left out. time.ticks_cpu
                counts the core's cycles where a port has a counter for them. A call of it is included.
        """

    def metadata(self, name: str) -> memoryview | None:
        """The bytes of the file's metadata entry `name`, read-only and where they lie; None without it."""
