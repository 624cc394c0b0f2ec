# SPDX-License-Identifier: MIT
"""Chips on I2C and SPI, wires to pins, signals on the ADC: models on the host, seen by the board in virtual time."""

import ast

import numpy as np
import pytest

from torpor_host.link import BoardError, Link
from torpor_host.sim import Board, World
from torpor_host.sim.chips.chip import Chip

SECOND = 1_000_000  # µs


class Memory(Chip):
    """256 registers that keep what is written. Register 0xF0: an output that rises this many ms later, and falls when it is read."""

    def __init__(self):
        super().__init__()
        self.cells = bytearray(range(256))
        self.rises = None

    def get(self, register, now):
        if register == 0xF0:
            self.rises = None
        return self.cells[register]

    def put(self, register, value, now):
        self.cells[register] = value
        if register == 0xF0:
            self.rises = now + 1000 * value

    def level(self, output, now):
        return int(self.rises is not None and now >= self.rises)

    def next_change(self, output, now):
        return (self.rises, 1) if self.rises is not None and self.rises > now else None


@pytest.fixture
def run(firmware, tmp_path):
    """run(world, code): the value that a program prints last, on emu-m4f in that world."""

    def start_and_run(world, code):
        with Board("emu-m4f", tmp_path, firmware=firmware, world=world) as board, Link(board.port) as link:
            output = link.exec(code, timeout=60).decode()
        return ast.literal_eval(output.strip().splitlines()[-1])

    return start_and_run


@pytest.fixture
def world():
    world = World()
    world.memory = Memory()
    world.i2c(1, 0x50, world.memory)
    return world


def test_i2c_finds_reads_and_writes(run, world):
    scan, read, there, long = run(
        world,
        """
from machine import I2C
bus = I2C(1, freq=100_000)
bus.writeto_mem(0x50, 16, b"\\x0a\\x03abc")
print((bus.scan(), bus.readfrom_mem(0x50, 14, 8), bus.readfrom(0x50, 3), sum(bus.readfrom_mem(0x50, 0, 5000))))
""",
    )
    cells = bytearray(range(256))
    cells[16:21] = b"\x0a\x03abc"
    assert scan == [0x50] and read == bytes(cells[14:22]) and there == bytes(cells[22:25])
    assert long == sum(cells[i % 256] for i in range(5000))


def test_i2c_without_a_chip_is_enodev(run, world):
    with pytest.raises(BoardError, match="ENODEV"):
        run(world, "from machine import I2C\nI2C(0).readfrom(0x50, 1)")


def test_without_a_world_the_bus_is_empty(run):
    assert run(None, "from machine import I2C, SPI\nprint((I2C(0).scan(), SPI(0).read(3, 0x55)))") == ([], b"\xff\xff\xff")


def test_i2c_takes_the_time_of_its_bits(run, world):
    us = run(
        world,
        """
from machine import I2C
from time import ticks_us, ticks_diff
bus, buf = I2C(1, freq=400_000), bytearray(100)
start = ticks_us()
bus.readfrom_mem_into(0x50, 0, buf)
print(ticks_diff(ticks_us(), start))
""",
    )
    assert 0 <= us - (100 + 3) * 9 / 0.4 < 150  # two addresses and a register; then instructions of 8 ns


def test_spi_answers_whom_its_pin_selects(run, world):
    other = Memory()
    other.cells[5] = 0xEE
    world.spi(0, 8, world.memory)
    world.spi(0, 9, other)
    first, second, nobody = run(
        world,
        """
from machine import Pin, SPI
bus = SPI(0, 4_000_000)
pins = [Pin(n, Pin.OUT, value=1) for n in (8, 9)]
def ask(pin, send):
    pin(0)
    bus.write(send[:1])
    got = bus.read(len(send) - 1) if send[0] & 0x80 else bus.write(send[1:])
    pin(1)
    return got
ask(pins[0], b"\\x05\\x77\\x78")
print((ask(pins[0], b"\\x84\\x00\\x00\\x00"), ask(pins[1], b"\\x84\\x00\\x00\\x00"), bus.read(2)))
""",
    )
    assert first == b"\x04\x77\x78" and second == b"\x04\xee\x06" and nobody == b"\xff\xff"


def test_a_chip_interrupts_when_its_output_changes(run, world):
    world.wire(6, world.memory, "int")
    seen = run(
        world,
        """
from machine import I2C, Pin
import time
bus, pin, seen = I2C(1), Pin(6, Pin.IN), []
def edge(pin):
    seen.append((time.ticks_diff(time.ticks_ms(), start), pin()))
pin.irq(edge)
start = time.ticks_ms()
bus.writeto_mem(0x50, 0xF0, b"\\x64")
time.sleep_ms(150)
bus.readfrom_mem(0x50, 0xF0, 1)
bus.writeto_mem(0x50, 0xF0, b"\\x32")
bus.writeto_mem(0x50, 0xF0, b"\\xc8")
time.sleep(3)
print(seen)
""",
    )
    assert [level for _, level in seen] == [1, 0, 1]
    assert [ms for ms, _ in seen] == pytest.approx([100, 150, 350], abs=1.5)


def test_light_sleep_ends_when_a_chip_says_so(run, world):
    world.wire(6, world.memory, "int")
    ms, asleep = run(
        world,
        """
import emu, machine, time
from machine import I2C, Pin
Pin(6, Pin.IN).irq(lambda pin: None)
I2C(1).writeto_mem(0x50, 0xF0, b"\\xfa")
start, before = time.ticks_ms(), emu.asleep_us()
machine.lightsleep(10_000)
print((time.ticks_diff(time.ticks_ms(), start), emu.asleep_us() - before))
""",
    )
    assert ms == pytest.approx(250, abs=1.5) and asleep > 245_000


def test_adc_gives_the_latest_sample(run, world):
    rate = 1000
    world.signal(2, rate, lambda first, n: np.arange(first, first + n) % 1000 / 1000)
    values = run(
        world,
        """
from machine import ADC
import time
adc, found = ADC(2), []
for _ in range(40):
    time.sleep_ms(23)
    ms = time.ticks_ms()
    found.append((ms, adc.read_u16(), time.ticks_ms(), ADC(2).read_uv()))
print((found, ADC(3).read_u16()))
""",
    )
    found, unconnected = values
    assert unconnected == 0
    for before, value, after, uv in found:
        wanted = {round(ms % 1000 / 1000 * 65535) for ms in range(before, after + 1)}
        assert value in wanted and abs(uv - value * 3_300_000 / 65535) < 3_500


def test_time_goes_on_in_the_world_over_a_reset(firmware, tmp_path, until_reset, world):
    world.signal(2, 100, lambda first, n: np.arange(first, first + n) / 65535)
    with Board("emu-m4f", tmp_path, firmware=firmware, world=world) as board, Link(board.port) as link:
        ask = "from machine import ADC\nimport time\nprint((ADC(2).read_u16(), time.ticks_ms()))"
        link.exec("import time\ntime.sleep(100)")
        before, _ = ast.literal_eval(link.exec(ask).decode())
        until_reset(link, "import machine\nmachine.deepsleep(50_000)")
        after, ms = ast.literal_eval(link.exec(ask).decode())
    assert before == pytest.approx(10_000, abs=50)
    assert ms < 5_000 and after - before == pytest.approx(5_000, abs=50)


def test_an_error_of_a_model_is_raised_on_the_host(run, world):
    def broken(first, n):
        raise RuntimeError("no such day")

    world.signal(2, 100, broken)
    with pytest.raises(RuntimeError, match="no such day"):
        run(world, "from machine import ADC\nprint(ADC(2).read_u16())")


LISTEN = """
import emu
from board import microphone
began = emu.total_us()
mic, buf, heard = microphone(), bytearray(6400), []
for _ in range(4):
    mic.readinto(buf)
    heard.append(bytes(buf))
mic.deinit()
print((began, b"".join(heard)))
"""


def counter(first, n):
    return (np.arange(first, first + n) * 7 % 65536).astype(np.uint16).view(np.int16)


def test_the_microphone_hears_the_world_in_the_worlds_time(firmware, tmp_path, until_reset, world):
    world.sound(16000, counter)
    with Board("emu-m4f", tmp_path, firmware=firmware, world=world) as board, Link(board.port) as link:
        for pause in (0, 100):
            until_reset(link, f"import machine\nmachine.deepsleep({1000 * pause + 1})")
            began, data = ast.literal_eval(link.exec(LISTEN, timeout=30).decode())
            heard = np.frombuffer(data, "<i2")
            near = range(began * 16 // 1000, began * 16 // 1000 + 160)  # 10 ms
            first = next(first for first in near if counter(first, 1)[0] == heard[0])
            assert np.array_equal(heard, counter(first, len(heard)))
            assert began > pause * SECOND


def test_a_sound_of_another_rate_is_refused(run, world):
    world.sound(8000, counter)
    with pytest.raises(BoardError, match="8000 Hz; I2S wants 16000"):
        run(world, LISTEN)
