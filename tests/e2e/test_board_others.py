# SPDX-License-Identifier: MIT
"""What differs between machines: timer, serial line, interrupts, reset. The rest of the port is one source."""

import hashlib
import time

import numpy as np
import pytest
from builds import skip_without_compiler

from torpor_host.link import Link
from torpor_host.sim import Board

pytestmark = pytest.mark.parametrize("board_name", ["emu-m3", "emu-m7", "emu-m55", "emu-rv32", "emu-stm32f405", "emu-esp32"])

# By py/persistentcode.h: armv7em, any Thumb-2 core without FPU; armv7emsp; armv7emdp; rv32imc; xtensawin.
ARCHITECTURES = {"emu-m3": 6, "emu-m7": 8, "emu-m55": 8, "emu-rv32": 11, "emu-stm32f405": 7, "emu-esp32": 10}


def test_identity_and_native_code(run, board_name):
    arch, machine, tripled = run(
        """
import sys
@micropython.viper
def triple(a: int) -> int:
    return 3 * a
print((sys.implementation._mpy >> 10 & 15, sys.implementation._machine, triple(14)))
"""
    )
    assert (arch, tripled) == (ARCHITECTURES[board_name], 42)
    assert machine.startswith(f"Torpor {board_name} (")


def test_a_day_of_wakeups_loses_no_time_and_is_slept_through(run, board_name):
    hours = 2 if board_name == "emu-stm32f405" else 24  # its alarm comes in steps of 0.8 s, which take real time
    up, asleep, ticks = run(
        f"""
import emu, time
up, sleep, ticks = emu.uptime_us(), emu.asleep_us(), time.ticks_ms()
for _ in range({hours} * 6):
    time.sleep(600)
print((emu.uptime_us() - up, emu.asleep_us() - sleep, time.ticks_diff(time.ticks_ms(), ticks)))
"""
    )
    assert hours * 3_600_000_000 <= up < hours * (3_600_000_000 + 600)
    assert asleep / up > 0.999
    assert abs(ticks - up // 1000) <= 1


def test_timer_and_asyncio_share_the_alarm(run):
    times = run(
        """
import asyncio, machine, time
times = []
start = time.ticks_ms()
timer = machine.Timer(period=250, callback=lambda t: times.append(time.ticks_diff(time.ticks_ms(), start)))
async def main():
    await asyncio.sleep_ms(1100)
asyncio.run(main())
timer.deinit()
print(times)
"""
    )
    assert [round(t / 250) for t in times] == [1, 2, 3, 4] and max(t % 250 for t in times) <= 2


def test_microphone_hears_the_recording_at_its_rate(run, tmp_path, write_wav):
    samples = np.random.default_rng(1).integers(-32768, 32768, 16000).astype(np.int16)
    write_wav(tmp_path / "mic.wav", samples)
    found, us = run(
        """
import binascii, board, hashlib, time
start = time.ticks_us()
mic = board.microphone()
data = bytearray(2 * 16000)
mic.readinto(data)
us = time.ticks_diff(time.ticks_us(), start)
print((binascii.hexlify(hashlib.sha256(data).digest()).decode(), us))
"""
    )
    assert found == hashlib.sha256(samples.astype("<i2").tobytes()).hexdigest()
    assert 1_000_000 <= us < 1_002_000


def test_instructions_are_counted_exactly(run):
    """hw_spin() of machine.freq() is two instructions a round: the speed is that of -icount shift."""
    assert run("import machine\nprint(machine.freq())", shift=3) == 125_000_000
    assert run("import machine\nprint(machine.freq())", shift=6) == 15_620_000  # to 10 kHz


def test_reset_keeps_the_file_system_and_says_its_cause(board_name, tmp_path, run):
    run("import machine\nwith open('kept', 'w') as f:\n    f.write('yes')\nprint(machine.reset_cause())")
    with Board(board_name, tmp_path) as board, Link(board.port) as link:
        link.enter_raw()
        link.start("import machine\nmachine.reset()\n")
        time.sleep(1)
        link.enter_raw()
        assert link.eval("(__import__('machine').reset_cause(), open('kept').read())") == (2, "yes")


def test_the_prompt_waits_without_using_the_cpu(board_name, tmp_path):
    skip_without_compiler(board_name)
    with Board(board_name, tmp_path) as board, Link(board.port) as link:
        link.enter_raw()
        before = cpu_seconds(board.pid)
        time.sleep(1.5)
        assert cpu_seconds(board.pid) - before < 0.5
        assert link.eval("6 * 7") == 42


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100
