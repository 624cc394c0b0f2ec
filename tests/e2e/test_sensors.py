# SPDX-License-Identifier: MIT
"""The device package's sensors on emu-m4f, over the bus, against models of their chips. What goes in must come out, all of it."""

import ast

import numpy as np
import pytest

from torpor_host.link import BoardError, Link
from torpor_host.sim import Board, World
from torpor_host.sim.chips.bme280 import Bme280
from torpor_host.sim.chips.lsm6dsox import Lsm6dsox

SECOND = 1_000_000  # µs


@pytest.fixture
def run(firmware, tmp_path):
    """run(code): the value that a program prints last, on emu-m4f among the sensors that `run.world` has."""

    def start_and_run(code):
        with Board("emu-m4f", tmp_path, firmware=firmware, world=start_and_run.world) as board, Link(board.port) as link:
            output = link.exec("import asyncio\nfrom torpor import sensors\n" + code, timeout=60).decode()
        return ast.literal_eval(output.strip().splitlines()[-1])

    start_and_run.world = World()
    return start_and_run


RATE = 416
UNIT_G, UNIT_DPS = 0.122e-3, 17.5e-3  # of 4 g and 500 degrees a second: LSM6DSOX data sheet, 4.1


def counting():
    """Motion whose acceleration x counts the chip's samples, modulo 4096, and whose rotation x counts down.

    It counts from the first sample that the chip takes, as the gyroscope starts a little after the accelerometer: counted from
    the emulator's start, one of the two would sometimes be rounded up. 417 Hz is what the chip really has.
    """
    start = []

    def motion(times):
        start.extend(times[: not start])
        count = np.round((times - (start or [0])[0]) * 417 / SECOND) % 4096
        values = np.zeros((len(times), 6))
        values[:, 0], values[:, 2], values[:, 3] = count * UNIT_G, 1, -count * UNIT_DPS
        return values

    return motion


COLLECT = """
async def main():
    source = sensors.open("imu", rate=416)
    buf, first, last, wrong = bytearray(12 * 52), None, None, 0
    from array import array
    for _ in range({blocks}):
        await source.readinto(buf)
        {meanwhile}
        for at in range(0, 6 * 52, 6):
            values = array("h", buf[2 * at : 2 * at + 12])
            if first is None:
                first = values[0]
            elif values[0] != (last + 1) % 4096:
                wrong += 1
            if values[3] != -values[0] or values[1]:
                wrong += 1000000
            last = values[0]
    print((first, last, wrong, source.overruns, [round(one * 1e6) for one in source.scale]))
asyncio.run(main())
"""


@pytest.mark.parametrize("bus", ["i2c", "spi"])
def test_no_sample_of_six_axes_at_416_hz_is_lost(run, bus):
    chip = Lsm6dsox(counting())
    if bus == "i2c":
        run.world.i2c(0, 0x6A, chip)
        before = ""
    else:
        run.world.spi(1, 9, chip)
        before = """
import board
from machine import Pin, SPI
from torpor.sensors.lsm6dsox import Lsm6dsox
from torpor.sensors.registers import SPIRegisters
board.imu = lambda: Lsm6dsox(SPIRegisters(SPI(1, 4_000_000), Pin(9, Pin.OUT, value=1)))
"""
    first, last, wrong, overruns, scale = run(before + COLLECT.format(blocks=80, meanwhile="pass"))
    assert (wrong, overruns, scale) == (0, 0, [122, 17500])
    assert (last - first) % 4096 == (80 * 52 - 1) % 4096


def test_samples_that_nobody_reads_in_time_are_counted(run):
    run.world.i2c(0, 0x6A, Lsm6dsox(counting()))
    meanwhile = "if _ == 4: import time; time.sleep(2)"
    first, last, wrong, overruns, _ = run(COLLECT.format(blocks=20, meanwhile=meanwhile))
    missing = (last - first - (20 * 52 - 1)) % 4096
    assert wrong == 1 and overruns == pytest.approx(missing, abs=0.01 * missing + 2) and missing > 500


def test_resting_it_wakes_the_board_by_its_own_interrupt(run):
    def knocked(times):
        motion = np.zeros((len(times), 6))
        motion[:, 2] = np.where(times < 100 * SECOND, 1, 1.5)
        return motion

    chip = Lsm6dsox(knocked)
    run.world.i2c(0, 0x6A, chip)
    run.world.wire(4, chip, "INT1")
    us, calm, moved, again = run(
        """
import emu, machine
source = sensors.open("imu")
source.rest(0.2)
source.interrupt.irq(lambda pin: None, source.interrupt.IRQ_RISING)
calm = source.moved()
machine.lightsleep(200_000)
print((emu.total_us(), calm, source.moved(), source.moved()))
"""
    )
    assert not calm and moved and not again
    assert 100 * SECOND <= us < 100 * SECOND + SECOND // 26 + 20_000


def test_a_rate_that_it_has_not(run):
    run.world.i2c(0, 0x6A, Lsm6dsox(counting()))
    with pytest.raises(BoardError, match="this sensor has 12, 26, 52, 104, 208, 416, 833, 1666 Hz"):
        run("sensors.open('imu', rate=100)")


def test_no_chip_or_another_is_said(run):
    with pytest.raises(BoardError, match="ENODEV"):
        run("sensors.open('imu')")
    run.world = World()
    run.world.i2c(0, 0x6A, Bme280(lambda us: (20, 100_000, 50)))
    with pytest.raises(BoardError, match="the inertial sensor is no LSM6DSOX"):
        run("sensors.open('imu')")


def test_climate_gives_the_air(run):
    run.world.i2c(0, 0x76, Bme280(lambda us: (21.5 - us / SECOND, 98_700 + us / SECOND, 40 + us / SECOND)))
    values, overruns, start = run(
        """
import emu
import struct
async def main():
    source = sensors.open("climate", rate=2)
    start = emu.total_us()
    buf = bytearray(12 * 6)
    await source.readinto(buf)
    await asyncio.sleep(3)
    await source.readinto(memoryview(buf)[:12])
    print((struct.unpack("<18f", buf), source.overruns, start))
asyncio.run(main())
"""
    )
    times = start / SECOND + 0.01 + 0.5 * np.arange(6)
    times[0] = start / SECOND + 5.51  # the last read went there
    found = np.array(values).reshape(6, 3)
    assert found[1:, 0] == pytest.approx(21.5 - times[1:], abs=0.02)
    assert found[1:, 1] == pytest.approx(98_700 + times[1:], abs=0.3)
    assert found[1:, 2] == pytest.approx(40 + times[1:], abs=0.05)
    assert found[0, 0] == pytest.approx(21.5 - times[0], abs=0.03) and overruns == 5
