# SPDX-License-Identifier: MIT
"""Virtual time: exact, skipped while the board sleeps, standing still while it waits for the host."""

import os
import time

from torpor_host.link import Link
from torpor_host.sim import Board


def test_asyncio_sleeps_an_hour_in_seconds_of_real_time(run):
    start = time.monotonic()
    slept, asleep = run(
        """
import asyncio, emu
async def hour():
    await asyncio.sleep(3600)
up, sleep = emu.uptime_us(), emu.asleep_us()
asyncio.run(hour())
print((emu.uptime_us() - up, emu.asleep_us() - sleep))
"""
    )
    assert time.monotonic() - start < 10
    assert abs(slept - 3600e6) < 1000  # asyncio counts milliseconds
    assert asleep / slept > 0.999


def test_a_day_of_wakeups_every_second_loses_no_time(run):
    """The 32-bit counter wraps 503 times; a sum of sleeps is never short and never long."""
    up, ticks = run(
        """
import emu, time
up, ticks = emu.uptime_us(), time.ticks_ms()
for _ in range(24 * 60):
    time.sleep(60)
print((emu.uptime_us() - up, time.ticks_diff(time.ticks_ms(), ticks)))
"""
    )
    assert 86_400_000_000 <= up < 86_400_000_000 + 24 * 60 * 100
    assert abs(ticks - up // 1000) <= 1


def test_waits_end_in_time_whatever_their_length(run):
    late = run(
        """
import emu, time
def late(us):
    start = emu.uptime_us()
    time.sleep_us(us)
    return emu.uptime_us() - start - us
print([late(us) for us in (1, 10, 100, 999, 1000, 12345, 1000000, 85899345, 171798692, 400000000)])
"""
    )
    assert all(0 <= us < 100 for us in late), late


def test_ticks_count_instructions(run):
    """One instruction is 2**shift ns; a counter tick is 40 ns. The loop has two instructions."""
    code = """
import emu
@micropython.asm_thumb
def loop(r0):
    label(again)
    sub(r0, r0, 1)
    bne(again)
def ticks(n):
    return emu.measure(lambda: loop(n))[0]
ticks(1)  # fills MicroPython's lookup caches
print([ticks(n) for n in (1000, 1001, 5000, 1000000)])
"""
    for shift in (3, 7):
        base, *longer = run(code, shift=shift)
        counted = [(ticks - base) * 40 / 2**shift for ticks in longer]
        exact = [2, 8000, 1998000]
        assert all(abs(a - b) <= 2 * 40 / 2**shift for a, b in zip(counted, exact)), counted
        if shift == 7:
            assert [round(n) for n in counted] == exact


def test_frequency_is_that_of_the_instruction_count(run):
    assert run("import machine; print(machine.freq())", shift=3) == 125_000_000
    assert run("import machine; print(machine.freq())", shift=6) == 15_620_000  # 1 / 64 ns, to 10 kHz


def test_stack_of_a_call_is_measured(run):
    shallow, deep = run(
        """
import emu
def down(n):
    return n and down(n - 1)
print([emu.measure(lambda: down(n))[1] for n in (0, 20)])
"""
    )
    assert 100 < shallow < 1000
    assert 20 * 50 < deep - shallow < 20 * 1000


def test_periodic_timer_keeps_its_period(run):
    times = run(
        """
import time
from machine import Timer
times = []
timer = Timer(-1, mode=Timer.PERIODIC, period=125, callback=lambda t: times.append(time.ticks_ms()))
time.sleep_ms(1300)
timer.deinit()
time.sleep_ms(1000)
print(times)
"""
    )
    assert len(times) == 10
    assert {b - a for a, b in zip(times, times[1:])} == {125}


def test_timer_interrupts_a_busy_program(run):
    when = run(
        """
import time
from machine import Timer
fired = []
start = time.ticks_ms()
Timer(-1).init(mode=Timer.ONE_SHOT, period=50, callback=lambda t: fired.append(time.ticks_diff(time.ticks_ms(), start)))
while not fired:
    pass
print(fired)
"""
    )
    assert when in ([50], [51])


def test_lightsleep_lasts_and_is_asleep(run):
    up, asleep = run(
        """
import emu, machine
up, sleep = emu.uptime_us(), emu.asleep_us()
machine.lightsleep(60000)
print((emu.uptime_us() - up, emu.asleep_us() - sleep))
"""
    )
    assert 60_000_000 <= up < 60_001_000
    assert asleep / up > 0.999


def _cpu_seconds(pid):
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")  # utime, stime of proc(5)


def test_waiting_for_the_host_takes_no_time_at_all(firmware, tmp_path):
    with Board("emu-m4f", tmp_path, firmware=firmware) as board, Link(board.port) as link:
        link.enter_raw()
        used, up = _cpu_seconds(board.pid), link.eval("__import__('emu').uptime_us()")
        time.sleep(1.5)
        assert link.eval("__import__('emu').uptime_us()") - up < 100_000
        assert _cpu_seconds(board.pid) - used < 0.3
