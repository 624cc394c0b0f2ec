# SPDX-License-Identifier: MIT
"""Writes an STM32's firmware through the boot loader in its ROM, at a UART (ST, AN3155), with stm32loader; and reads it back.

Only the sectors that the firmware fills are erased.
"""

import contextlib
import io
import termios

import serial

from torpor_host.errors import ToolError
from torpor_host.extras import need
from torpor_host.flash.job import Job

_FLASH = 0x0800_0000
_PIECE = 256  # bytes that AN3155's commands carry at most
_ANSWER_S = 2.0
_BAUD = 115_200
_KIB = 1024


def ready() -> None:
    """Raises ToolError if stm32loader is missing."""
    need("stm32loader", "flash")


def flash(job: Job) -> None:
    """Raises ToolError if the board is not reached, is another chip, refuses, or does not hold the firmware at the end."""
    loader = need("stm32loader.bootloader", "flash")
    line = need("stm32loader.uart", "flash").SerialConnection(job.place, _BAUD, "E")
    failures = loader.Stm32LoaderError, serial.SerialException, OSError, IndexError, TypeError
    with job.progress.step(f"flash {job.board.name} at its UART") as tick:
        chip = loader.Stm32Bootloader(line, job.board.mcu[5:7], 0)
        try:
            _reach(line, chip, job, failures)
            _write(chip, job, failures, tick)
        finally:
            line.disconnect()


def _quiet():
    """stm32loader says on stderr that it tries again, or erases."""
    return contextlib.redirect_stderr(io.StringIO())


def sectors(mcu: str, flash: int) -> list[int]:
    """Sizes in bytes of a microcontroller's sectors, which are erased as a whole, in order.

    Source: ST's RM0090, RM0383, RM0390 (F4), RM0351 (L4), RM0433 (H7), chapters on the embedded flash memory.
    """
    first = [16 * _KIB] * 4 + [64 * _KIB] if mcu.startswith("STM32F4") else []
    size = 2 * _KIB if mcu.startswith("STM32L4") else 128 * _KIB
    return first + [size] * ((flash - sum(first)) // size)


def _filled(job) -> list[int]:
    """Numbers of the sectors that the firmware fills."""
    numbers, start = [], _FLASH
    for number, size in enumerate(sectors(job.board.mcu, job.board.flash)):
        if any(address < start + size and start < address + len(data) for address, data in job.firmware.parts):
            numbers.append(number)
        start += size
    return numbers


def _open(line, job):
    try:
        line.connect()
        line.timeout = _ANSWER_S
    except (serial.SerialException, termios.error) as error:
        raise ToolError(f"{job.place} cannot be set to {_BAUD} baud and even parity: {error.args[-1]}.",
                        "use a serial adapter that can, at the pins that ST's AN2606 names for this chip") from None


def _reach(line, chip, job, failures):
    _open(line, job)
    try:
        with _quiet():
            chip.reset_from_system_memory()
        chip.get()
        found = chip.get_id()
    except failures:
        raise job.unreached(f"No STM32's boot loader answers at {job.place}.") from None
    if found != job.board.chip_id:
        raise ToolError(f"The chip at {job.place} has the number {found:#x}, and {job.board.name}'s has {job.board.chip_id:#x}.",
                        "choose its profile with --board; `torpor boards` lists them")
    try:
        chip.read_memory(_FLASH, 4)
    except failures as error:
        if "NACK" not in str(error):
            raise job.unreached(f"The boot loader at {job.place} answers no more.") from None
        raise ToolError(f"The chip at {job.place} is protected from being read.",
                        f"`stm32loader -u -p {job.place}` takes that off, and erases all of it") from None


def _write(chip, job, failures, tick):
    """Writes and reads back; the first sector's vector table comes last, so that half a firmware does not start."""
    pieces = [(address + at, data[at : at + _PIECE]) for address, data in job.firmware.parts for at in range(0, len(data), _PIECE)]
    pieces.append(pieces.pop(0))
    try:
        with _quiet():
            chip.erase_memory(None if job.erase else _filled(job))
        for done, (address, data) in enumerate(pieces):
            chip.write_memory(address, data)
            tick(done, 2 * len(pieces))
        for done, (address, data) in enumerate(pieces):
            if bytes(chip.read_memory(address, len(data))) != data:
                raise job.broken(f"what is at {address:#x} differs from the file")
            tick(len(pieces) + done, 2 * len(pieces))
        chip.go(_FLASH)
    except failures as error:
        raise job.broken(str(error).strip() or "an answer is missing") from None
