# SPDX-License-Identifier: MIT
"""Deep sleep: what ends it, what survives it, and the account of time over it."""

import ast
import functools

import pytest

from torpor_host.link import Link
from torpor_host.sim import Board


@pytest.fixture
def session(firmware, tmp_path, until_reset):
    """ask(code) runs on one board: the value it prints last; ask.sleep(code) lets it fall into deep sleep and wake."""
    with Board("emu-m4f", tmp_path, firmware=firmware) as board, Link(board.port) as link:

        def ask(code):
            return ast.literal_eval(link.exec(code, timeout=60).decode().strip().splitlines()[-1])

        ask.sleep = functools.partial(until_reset, link)
        yield ask


CAUSES = "import machine\nprint((machine.reset_cause(), machine.wake_reason()))"


def test_a_timer_or_a_pin_ends_deep_sleep_and_the_reason_is_told(session, tmp_path):
    power_on, deep, pin, timer = session(
        "import machine\nprint((machine.PWRON_RESET, machine.DEEPSLEEP_RESET, machine.PIN_WAKE, machine.TIMER_WAKE))"
    )
    assert session(CAUSES) == (power_on, 0)
    session.sleep("import machine\nmachine.deepsleep(90_000)")
    assert session(CAUSES) == (deep, timer)
    (tmp_path / "pins.csv").write_text("70,5,1\n")
    session.sleep("import machine\nfrom machine import Pin\nPin(5, Pin.IN).irq(lambda pin: None)\nmachine.deepsleep(90_000)")
    assert session(CAUSES) == (deep, pin)
    session.sleep("import machine\nmachine.reset()")
    cause, reason = session(CAUSES)
    assert cause not in (power_on, deep) and reason == 0


def test_rtc_memory_and_time_survive_and_nothing_else_does(session):
    session.sleep(
        """
import machine
kept = 1
rtc = machine.RTC()
rtc.datetime((2026, 11, 25, 0, 23, 59, 50, 0))
rtc.memory(b"\\x00state\\xff" * 200)
machine.deepsleep(3_600_000)
"""
    )
    memory, date, local, there = session(
        "import machine, time\nprint((machine.RTC().memory(), machine.RTC().datetime(), time.localtime(), 'kept' in globals()))"
    )
    assert memory == b"\x00state\xff" * 200 and not there
    assert date[:6] == (2026, 11, 26, 3, 0, 59) and date[6] in (50, 51, 52)  # the 26th is a Thursday
    assert local[:5] == (2026, 11, 26, 0, 59) and local[6:] == (3, 330)


def test_rtc_memory_is_bounded(session):
    assert session(
        """
import machine
rtc, found = machine.RTC(), []
rtc.memory(bytes(2048))
try:
    rtc.memory(bytes(2049))
except ValueError:
    found.append(len(rtc.memory()))
rtc.memory(b"")
print(found + [rtc.memory()])
"""
    ) == [2048, b""]


def test_the_ledger_adds_up_over_deep_sleep(session):
    session("import time\ntime.sleep(20)\nprint(0)")
    session("import machine\nmachine.lightsleep(30_000)\nprint(0)")
    session.sleep("import machine\nmachine.deepsleep(50_000)")
    ledger, total = session("import emu\nprint((emu.ledger(), emu.total_us()))")
    spent = {what: (us / 1e6, times) for what, us, times in ledger}
    assert spent["idle"][0] == pytest.approx(20, abs=0.1)
    assert spent["light"] == pytest.approx((30, 1), abs=0.1)
    assert spent["deep"] == pytest.approx((50, 1), abs=0.1)
    assert spent["bus"] == (0, 0)
    assert 100 < total / 1e6 < 102  # the rest is work
