# SPDX-License-Identifier: MIT
"""Pins: inputs follow pins.csv in virtual time, outputs are recorded, edges interrupt and wake."""

import pytest

from torpor_host.link import BoardError


@pytest.fixture
def pins(tmp_path):
    """pins(*edges): what the input pins see, as (seconds, pin, level)."""

    def write(*edges):
        lines = ["seconds,pin,level", *(f"{t},{pin},{level}" for t, pin, level in edges)]
        (tmp_path / "pins.csv").write_text("\n".join(lines))

    return write


def test_edges_interrupt_at_their_times(run, pins):
    pins((0.5, 3, 1), (1.25, 4, 1), (1.25, 3, 0), (3600, 3, 1))
    seen = run(
        """
import time
from machine import Pin
start, seen = time.ticks_ms(), []
def edge(pin):
    seen.append((time.ticks_diff(time.ticks_ms(), start), pin()))
Pin(3, Pin.IN).irq(edge)
time.sleep(3601)
print(seen)
"""
    )
    assert [level for _, level in seen] == [1, 0, 1]
    assert all(abs(ms - want) <= 1 for (ms, _), want in zip(seen, (500, 1250, 3_600_000)))


def test_only_the_edges_asked_for_interrupt(run, pins):
    pins(*((i / 10, 7, i % 2) for i in range(1, 8)))
    rising, falling = run(
        """
import time
from machine import Pin
count = [0, 0]
def up(pin): count[0] += 1
def down(pin): count[1] += 1
pin = Pin(7, Pin.IN)
pin.irq(up, Pin.IRQ_RISING)
time.sleep_ms(350)
pin.irq(handler=down, trigger=Pin.IRQ_FALLING, hard=True)
time.sleep_ms(1000)
print(count)
"""
    )
    assert (rising, falling) == (2, 2)  # up at 100 and 300 ms; down at 400 and 600


def test_input_is_read_without_an_interrupt(run, pins):
    pins((0.1, 2, 1))
    assert run("import time\nfrom machine import Pin\np = Pin(2, Pin.IN)\na = p()\ntime.sleep(1)\nprint((a, p.value()))") == (0, 1)


def test_floating_input_follows_its_pull(run):
    assert run("from machine import Pin\nprint((Pin(5, Pin.IN)(), Pin(5, Pin.IN, Pin.PULL_UP)()))") == (0, 1)


def test_lightsleep_ends_at_a_pin_edge(run, pins):
    pins((5, 6, 1))
    ms, level = run(
        """
import machine, time
from machine import Pin
pin = Pin(6, Pin.IN)
pin.irq(lambda p: None)
start = time.ticks_ms()
machine.lightsleep(60000)
print((time.ticks_diff(time.ticks_ms(), start), pin()))
"""
    )
    assert abs(ms - 5000) <= 1 and level == 1


def test_asyncio_wakes_on_a_flag_set_by_a_pin(run, pins):
    pins((2, 1, 1))
    ms = run(
        """
import asyncio, time
from machine import Pin
async def main():
    flag = asyncio.ThreadSafeFlag()
    Pin(1, Pin.IN).irq(lambda p: flag.set())
    start = time.ticks_ms()
    await flag.wait()
    return time.ticks_diff(time.ticks_ms(), start)
print(asyncio.run(main()))
"""
    )
    assert abs(ms - 2000) <= 1


def test_outputs_are_recorded(run, tmp_path):
    start = run(
        """
import emu, time
from machine import Pin
start = emu.uptime_us()
led = Pin(9, Pin.OUT)
for _ in range(2):
    led.on()
    time.sleep_ms(100)
    led.off()
    time.sleep_ms(900)
led.off()
print(start / 1000000)
"""
    )
    header, *lines = (tmp_path / "pins_out.csv").read_text().splitlines()
    rows = [line.split(",") for line in lines]
    assert header == "seconds,pin,level"
    assert [(pin, level) for _, pin, level in rows] == [("9", "1"), ("9", "0")] * 2
    assert all(abs(float(t) - start - want) < 0.005 for (t, _, _), want in zip(rows, (0, 0.1, 1, 1.1)))


@pytest.mark.parametrize("text", ["1,2,3", "1;2;1", "1,99,1", "2,1,1\n1,1,0"])
def test_wrong_stimulus_is_refused(run, tmp_path, text):
    (tmp_path / "pins.csv").write_text(text)
    with pytest.raises(BoardError, match="pins.csv, line"):
        run("from machine import Pin\nPin(1, Pin.IN)")
