# SPDX-License-Identifier: MIT
"""A board at a serial port as a target: model, inputs and, on stock firmware, the module tflm go to its RAM; no file is touched."""

import binascii
from dataclasses import replace

from torpor_host import connect, device, room, stock
from torpor_host.link import BoardError
from torpor_host.progress import SILENT
from torpor_host.targets import script
from torpor_host.targets.base import Inference, Measurement

_TIMEOUT_S = 300  # for one program
_CHUNK = 1536  # bytes a message; a board needs about three times as much RAM to decode it
_LEAVE = 8192  # bytes of heap that messages and the program take

_LINE = 192  # bytes of the module a line: as text 256, and the input buffer of an ESP32's UART holds 260

# MicroPython. A file system of one file, which asks for its bytes, so that the module is in RAM only once.
_IMPORT = """
import binascii, gc, io, sys, vfs
class File(io.IOBase):
    def __init__(self):
        self._rest = b""
    def readinto(self, buf):
        done = 0
        while done < len(buf):  # import takes less than it wants for the end
            if not self._rest:
                print("more", end="")
                self._rest = binascii.a2b_base64(sys.stdin.readline())
                if not self._rest:
                    break
            part = self._rest[: len(buf) - done]
            buf[done : done + len(part)] = part
            self._rest = self._rest[len(part) :]
            done += len(part)
        return done
    def ioctl(self, request, _arg):
        return 0 if request == 4 else -1
class Module:
    def mount(self, *_):
        pass
    umount = mount
    def stat(self, path):
        if path != "/tflm.mpy":
            raise OSError(2)
        return (0x8000,) + (0,) * 9
    def open(self, path, _mode):
        return File()
vfs.mount(Module(), "/torpor.ram")
path = sys.path[:]
sys.path[:] = ["/torpor.ram"]
gc.collect()
try:
    import tflm
finally:
    sys.path[:] = path
    vfs.umount("/torpor.ram")
    del File, Module
"""


class Attached:
    def __init__(self, port, progress=SILENT):
        self.name, self._progress = port, progress

    def infer(self, model, inputs) -> Inference:
        return script.inference(self._run("infer", model, inputs))

    def bench(self, model, inputs) -> Measurement:
        return Measurement(**self._run("bench", model, inputs))

    def _run(self, call, model, inputs) -> dict:
        with connect.connect(self.name) as link:
            link.enter_raw(reset=True)
            try:
                self._prepare(link, model, inputs)
                with self._progress.step(f"{call} on {self.name}"):
                    return script.answer(link.exec(script.program(call, "files"), _TIMEOUT_S), self.name)
            except BoardError as error:
                raise script.failure(error.trace, self.name) from None
            finally:
                link.enter_raw(reset=True)  # frees the RAM
                link.leave_raw()

    def _prepare(self, link, model, inputs):
        found = device.ask(link)
        link.exec("import binascii, gc\nfiles = {}")
        if not device.has(link, ["tflm"]):
            device.check_native(found, link.port)
            module = stock.build(found, stock.parts_of(model), self._progress)
            _check_memory(link, found, model, inputs, len(module))
            self._import(link, module)
        self._send(link, script.files(model, inputs))

    def _import(self, link, module):
        lines = [binascii.b2a_base64(module[at : at + _LINE]) for at in range(0, len(module), _LINE)] + [b"\n"]
        with self._progress.step(f"send tflm.mpy ({len(module):,} bytes)") as tick:
            link.start(_IMPORT)
            for done, line in enumerate(lines):
                if not link.asks(b"more"):
                    break
                link.write(line)
                tick(done, len(lines))
            link.finish()

    def _send(self, link, files):
        for name, data in files.items():
            with self._progress.step(f"send {name} ({len(data):,} bytes)") as tick:
                link.exec(f"gc.collect()\nfiles[{name!r}] = bytearray({len(data)})")
                for at in range(0, len(data), _CHUNK):
                    part = data[at : at + _CHUNK]
                    text = binascii.b2a_base64(part, newline=False).decode()
                    # Collected each time: else what the prompt keeps would lie all over the heap, and leave no large piece of it.
                    link.exec(f"gc.collect()\nfiles[{name!r}][{at}:{at + len(part)}] = binascii.a2b_base64({text!r})")
                    tick(at + len(part), len(data))


def _check_memory(link, found, model, inputs, code):
    """No ROMFS spares the model here."""
    free = found.heap_free - _LEAVE - sum(x.nbytes for x in inputs)
    stock.check_memory(found, replace(room.profile(link, found), romfs=0, heap=(free, free)), model, "The model", code)
