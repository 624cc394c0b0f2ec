# SPDX-License-Identifier: MIT
"""Writes an ESP32's firmware through esptool, and has its MD5 computed there.

esptool loads a program of its own to RAM, which compresses and is faster; where that does not start, the chip's ROM does the work.
"""

import contextlib
import re

import serial

from torpor_host.errors import ToolError
from torpor_host.extras import need
from torpor_host.flash.job import Job

_FAST_BAUD = 460_800  # as MicroPython's own instructions have it
_ATTEMPTS = 3  # to reset and reach the loader


def ready() -> None:
    """Raises ToolError if esptool is missing."""
    need("esptool", "flash")


def flash(job: Job) -> None:
    """Raises ToolError if the board is not reached, is another chip, or does not hold the firmware at the end."""
    esptool = need("esptool", "flash")
    failures = esptool.FatalError, serial.SerialException, OSError, RuntimeError
    with job.progress.step(f"flash {job.board.name} through esptool") as tick, _listening(tick):
        try:
            esp = esptool.detect_chip(job.place, connect_attempts=_ATTEMPTS)
        except failures as error:
            raise job.unreached(f"No ESP32's boot loader answers at {job.place}: {_first(error)}.") from None
        with esp:
            _same_chip(job, esp)
            esp = _stub(esptool, esp, failures, job)
            _write(esptool, esp, failures, job)


def _same_chip(job, esp):
    if esp.CHIP_NAME != job.board.mcu:
        raise ToolError(f"The chip at {job.place} is an {esp.CHIP_NAME}, and {job.board.name} has an {job.board.mcu}.",
                        "choose its profile with --board; `torpor boards` lists them")


def _stub(esptool, esp, failures, job):
    """The loader in RAM; the ROM's if that one does not run."""
    try:
        stub = esptool.run_stub(esp)
        if stub.IS_STUB:
            stub.change_baud(_FAST_BAUD)
        return stub
    except failures as error:
        job.progress.note(f"esptool's loader does not run ({_first(error)}); the ROM's is slower")
    try:
        esp.connect(attempts=_ATTEMPTS)
        return esp
    except failures as error:
        raise job.unreached(f"The boot loader at {job.place} answers no more: {_first(error)}.") from None


def _write(esptool, esp, failures, job):
    try:
        esptool.attach_flash(esp)
        size = esptool.detect_flash_size(esp)
    except failures as error:
        raise job.unreached(f"The flash of the chip at {job.place} does not answer: {_first(error)}.") from None
    _fits(esptool, size, job)
    try:
        if job.erase:
            esptool.erase_region(esp, 0, esptool.util.flash_size_bytes(size) if size else job.board.flash)
        esptool.write_flash(esp, list(job.firmware.parts))
        esptool.reset_chip(esp, "hard-reset")
    except failures as error:
        raise job.broken(_first(error)) from None


def _fits(esptool, size, job):
    end = max(offset + len(data) for offset, data in job.firmware.parts)
    if size and end > esptool.util.flash_size_bytes(size):
        raise ToolError(f"{job.firmware.path} ends at {end:,} bytes of flash, and the chip at {job.place} has {size}.",
                        "this board has less flash than its profile says; take a firmware for less")


def _first(error) -> str:
    """The first sentence of what esptool says, without its full stop."""
    return re.split(r"\. |\n", str(error).strip() or type(error).__name__)[0].strip(" .!")


@contextlib.contextmanager
def _listening(tick):
    """esptool says nothing itself; how far it is goes to tick(done, total)."""
    logger = need("esptool.logger", "flash")

    class Quiet(logger.TemplateLogger):
        def print(self, *_args, **_options):
            pass

        note = warning = error = stage = set_verbosity = print

        def progress_bar(self, cur_iter, total_iters, **_options):
            tick(cur_iter, total_iters)

    before = logger.EspLog.instance
    logger.log.set_logger(Quiet())
    try:
        yield
    finally:
        logger.EspLog.instance = before
