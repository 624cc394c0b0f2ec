# SPDX-License-Identifier: MIT
"""The model of a BME280 against Bosch's data sheets: their worked example, integer formulas, registers and times."""

import struct

import pytest

from torpor_host.sim.chips import bme280
from torpor_host.sim.chips.bme280 import Bme280

ALL_ONCE, ALL_NORMAL = 0x25, 0x27  # ctrl_meas: one reading each, forced and normal


@pytest.fixture
def chip():
    return Bme280(lambda us: (21.37 + us / 1e9, 98_765.0, 43.2))


def read(chip, register, count, now):
    chip.write(bytes([register]), now)
    return chip.read(count, now)


def test_the_worked_example_of_the_data_sheet():
    """BST-BMP280-DS001, page 23: 519888 is 25.08 °C and 415148 then is 100653.27 Pa."""
    celsius, fine = bme280.temperature(519888)
    assert celsius == pytest.approx(25.08, abs=0.005) and fine == pytest.approx(128422, abs=1)
    assert bme280.pressure(415148, fine) == pytest.approx(100653.27, abs=0.01)


def compensate(calib, calib_h, data):
    """(°C, Pa, %) by the data sheet's integer formulas, page 25, from what the registers hold: another way than the model's."""
    t1, t2, t3, p1, p2, p3, p4, p5, p6, p7, p8, p9, _, h1 = struct.unpack("<HhhHhhhhhhhhBB", calib)
    h2, h3, e4, e5, e6, h6 = struct.unpack("<hBbBbb", calib_h)
    h4, h5 = e4 << 4 | e5 & 15, e6 << 4 | e5 >> 4
    press, temp, hum = int.from_bytes(data[:3], "big") >> 4, int.from_bytes(data[3:6], "big") >> 4, int.from_bytes(data[6:], "big")
    a = ((temp >> 3) - (t1 << 1)) * t2 >> 11
    fine = a + (((((temp >> 4) - t1) ** 2) >> 12) * t3 >> 14)
    celsius = (fine * 5 + 128 >> 8) / 100
    x = fine - 128000
    y = x * x * p6 + (x * p5 << 17) + (p4 << 35)
    z = ((1 << 47) + ((x * x * p3 >> 8) + (x * p2 << 12))) * p1 >> 33
    p = (((1048576 - press) << 31) - y) * 3125 // z
    p = (p + ((p9 * (p >> 13) * (p >> 13)) >> 25) + ((p8 * p) >> 19) >> 8) + (p7 << 4)
    v = fine - 76800
    v = ((hum << 14) - (h4 << 20) - h5 * v + 16384 >> 15) * (
        ((((v * h6 >> 10) * ((v * h3 >> 11) + 32768)) >> 10) + 2097152) * h2 + 8192 >> 14
    )
    v = min(max(v - ((((v >> 15) * (v >> 15)) >> 7) * h1 >> 4), 0), 419430400)
    return celsius, p / 256, (v >> 12) / 1024


def test_a_forced_measurement_gives_the_air_back(chip):
    chip.write(bytes([0xF2, 1, 0xF4, ALL_ONCE]), 0)
    assert read(chip, 0xF3, 1, 100) == b"\x08"  # measuring
    assert read(chip, 0xF4, 1, 9_000) == b"\x24"  # and asleep again
    found = compensate(read(chip, 0x88, 26, 9_000), read(chip, 0xE1, 7, 9_000), read(chip, 0xF7, 8, 9_000))
    assert found == pytest.approx((21.37, 98_765, 43.2), abs=0.02, rel=1e-5)


@pytest.mark.parametrize("celsius, pascal, percent", [(-40, 30_000, 0), (0, 110_000, 100), (85, 101_325, 50)])
def test_the_whole_range(celsius, pascal, percent):
    """Page 8 to 13: -40 to 85 °C, 300 to 1100 hPa, 0 to 100 %."""
    chip = Bme280(lambda us: (celsius, pascal, percent))
    chip.write(bytes([0xF2, 1, 0xF4, ALL_ONCE]), 0)
    found = compensate(read(chip, 0x88, 26, 10_000), read(chip, 0xE1, 7, 10_000), read(chip, 0xF7, 8, 10_000))
    assert found == pytest.approx((celsius, pascal, percent), abs=0.02, rel=2e-5)


def test_measurements_take_the_time_of_the_data_sheet(chip):
    """Page 51: 1 ms, 2 a reading, and half a millisecond more for pressure and for humidity."""
    for hum, control, ms in ((1, 0x25, 8.0), (0, 0x21, 3.0), (5, 0xB5, 1 + 32 + 32.5 + 32.5), (0, 0x2D, 1 + 2 + 8.5)):
        chip.write(bytes([0xF2, hum, 0xF4, control]), 0)
        assert chip.measurement_us() == 1000 * ms


def test_normal_mode_measures_by_itself(chip):
    """Register 0xF5: 101 is a pause of 1000 ms (page 30)."""
    chip.write(bytes([0xF5, 0xA0, 0xF2, 1, 0xF4, ALL_NORMAL]), 0)
    seen = [read(chip, 0xF7, 8, ms * 1000) for ms in (7, 8, 500, 1015, 1016, 2500)]
    assert seen[0] == b"\x80\x00\x00\x80\x00\x00\x80\x00"  # nothing yet
    assert seen[1] == seen[2] == seen[3] and len(set(seen)) == 4
    assert [read(chip, 0xF3, 1, ms * 1000) for ms in (2017, 2025)] == [b"\x08", b"\x00"]


def test_humidity_oversampling_waits_for_ctrl_meas(chip):
    chip.write(bytes([0xF4, ALL_ONCE, 0xF2, 1]), 0)
    assert read(chip, 0xF7, 8, 20_000)[6:] == b"\x80\x00"  # skipped


def test_reset_and_identity(chip):
    chip.write(bytes([0xF2, 1, 0xF4, ALL_NORMAL, 0xE0, 0xB6]), 0)
    assert read(chip, 0xD0, 1, 0) == b"\x60" and read(chip, 0xF4, 1, 0) == b"\x00"


def test_spi_reads_with_bit_7_and_writes_pairs(chip):
    chip.exchange(bytes([0x72, 1, 0x74, ALL_ONCE]), 0)
    chip.deselect(0)
    assert chip.exchange(bytes([0xF2, 0, 0, 0]), 9_000) == bytes([0xFF, 1, 0, 0x24])
    chip.deselect(9_000)
    assert chip.exchange(bytes([0xD0]), 9_000) + chip.exchange(b"\x00", 9_000) == b"\xff\x60"
