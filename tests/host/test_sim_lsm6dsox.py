# SPDX-License-Identifier: MIT
"""The model of an LSM6DSOX against its data sheet (DS12814): identity, scales, rates, FIFO, interrupts."""

import numpy as np
import pytest

from torpor_host.sim.chips.lsm6dsox import Lsm6dsox

FIFO_CTRL1, FIFO_CTRL3, FIFO_CTRL4, INT1_CTRL, CTRL1_XL, CTRL2_G, CTRL3_C = 0x07, 0x09, 0x0A, 0x0D, 0x10, 0x11, 0x12
WAKE_UP_SRC, STATUS, OUT_G, OUT_XL, FIFO_STATUS, TAP_CFG0, TAP_CFG2, THS, DUR, MD1 = 0x1B, 0x1E, 0x22, 0x28, 0x3A, 0x56, 0x58, 0x5B, 0x5C, 0x5E
SECOND = 1_000_000


def still(times):
    """1 g downwards."""
    return np.tile([0.0, 0.0, 1.0, 0.0, 0.0, 0.0], (len(times), 1))


def ramp(times):
    """Every value of a sample is its own time, in thousandths."""
    return np.tile(times[:, None] / SECOND, (1, 6))


def shaken(times):
    """Still but from 5 to 5.5 s and at 3600 s, when x is thrown about by 1 g every 20 ms."""
    values = still(times)
    moving = ((times >= 5 * SECOND) & (times < 5.5 * SECOND)) | ((times >= 3600 * SECOND) & (times < 3601 * SECOND))
    values[:, 0] = np.where(moving, np.where(times // 20_000 % 2, 1.0, -1.0), 0)
    return values


def make(motion, *writes, at=0):
    chip = Lsm6dsox(motion)
    for register, value in writes:
        chip.write(bytes([register, value]), at)
    return chip


def read(chip, register, count, now):
    chip.write(bytes([register]), now)
    return chip.read(count, now)


def axes(data):
    return np.frombuffer(data, "<i2")


def test_identity_and_reset():
    chip = make(still, (CTRL1_XL, 0x60))
    assert read(chip, 0x0F, 1, 0) == b"\x6c"
    chip.write(bytes([CTRL3_C, 0x05]), 10)
    assert read(chip, CTRL1_XL, 3, 20) == b"\x00\x00\x04"


@pytest.mark.parametrize("full_scale, mg", [(0, 0.061), (2, 0.122), (3, 0.244), (1, 0.488)])
def test_acceleration_has_the_sensitivity_of_its_full_scale(full_scale, mg):
    chip = make(lambda t: still(t) * 1.5, (CTRL1_XL, 0x40 | full_scale << 2))
    assert axes(read(chip, OUT_XL, 6, SECOND)) == pytest.approx([0, 0, 1500 / mg], abs=0.51)


@pytest.mark.parametrize("bits, mdps", [(0x2, 4.375), (0x0, 8.75), (0x4, 17.5), (0x8, 35), (0xC, 70)])
def test_rotation_has_the_sensitivity_of_its_full_scale(bits, mdps):
    chip = make(lambda t: np.tile([0, 0, 0, 100.0, -50.0, 5000.0], (len(t), 1)), (CTRL2_G, 0x40 | bits))
    x, y, z = axes(read(chip, OUT_G, 6, SECOND))
    assert (x, y) == pytest.approx((100_000 / mdps, -50_000 / mdps), abs=0.51) and z == 32767


@pytest.mark.parametrize("code, rate", [(1, 12.5), (2, 26), (3, 52), (4, 104), (5, 208), (6, 417), (7, 833), (8, 1667), (11, 1.6)])
def test_samples_come_at_the_rate(code, rate):
    chip = make(ramp, (CTRL1_XL, code << 4), (FIFO_CTRL3, code), (FIFO_CTRL4, 6))
    low, high = read(chip, FIFO_STATUS, 2, round(400 / rate * SECOND))
    assert abs(low + 256 * (high & 3) - 400) <= 1


def test_data_ready_until_it_is_read():
    chip = make(still, (CTRL1_XL, 0x40), (CTRL2_G, 0x40))
    ready = [read(chip, STATUS, 1, now)[0] for now in (0, 9_000, 10_000)]
    read(chip, OUT_XL, 6, 10_100)
    assert ready + [read(chip, STATUS, 1, 10_200)[0], read(chip, STATUS, 1, 20_000)[0]] == [0, 0, 3, 2, 3]  # 104 Hz: 9615 µs


def test_fifo_words_have_tags_of_even_parity_and_keep_the_order():
    chip = make(ramp, (CTRL1_XL, 0x40), (CTRL2_G, 0x40), (FIFO_CTRL3, 0x44), (FIFO_CTRL4, 6))
    data = read(chip, 0x78, 8 * 7, 4 * 9_616)
    tags = data[::7]
    assert [tag >> 3 for tag in tags] == [1, 2] * 4  # rotation, acceleration: section 9.73
    assert all(tag.bit_count() % 2 == 0 for tag in tags)
    assert [tag >> 1 & 3 for tag in tags] == [0, 0, 1, 1, 2, 2, 3, 3]
    x = [axes(data[at + 1 : at + 7])[0] for at in range(7, 56, 14)]
    assert x == pytest.approx([n * 1000 / 104 / 0.061 for n in (1, 2, 3, 4)], abs=1)
    assert read(chip, 0x78, 7, 4 * 9_616) == bytes(7)


def test_continuous_mode_keeps_the_newest_and_fifo_mode_the_oldest():
    for mode, first in ((6, 1000 - 512 + 1), (1, 1)):
        chip = make(ramp, (CTRL1_XL, 0x40), (FIFO_CTRL3, 0x04), (FIFO_CTRL4, mode))
        now = -(-1000 * SECOND // 104)
        low, high = read(chip, FIFO_STATUS, 2, now)
        assert low | (high & 3) << 8 == 512 & 0x3FF and high & 0x68 == 0x68  # full, overrun, and latched
        word = read(chip, 0x78, 7, now)
        assert read(chip, FIFO_STATUS, 2, now)[1] & 0x68 == 0  # reading the flags ends the latch, taking a word the rest
        assert axes(word[1:])[0] == pytest.approx(min(first / 104 / 0.061e-3, 32767), abs=1)


def test_the_threshold_interrupts_when_the_word_comes_and_until_it_is_read():
    chip = make(still, (CTRL1_XL, 0x60), (CTRL2_G, 0x60), (FIFO_CTRL1, 100), (FIFO_CTRL3, 0x66), (FIFO_CTRL4, 6), (INT1_CTRL, 8))
    at, level = chip.next_change("INT1", 0)
    assert level == 1 and at == -(-50 * SECOND * 1000 // 417_000)
    assert [chip.level("INT1", now) for now in (at - 1, at, at + 1000)] == [0, 1, 1]
    read(chip, 0x78, 10 * 7, at + 1000)
    assert chip.level("INT1", at + 1000) == 0
    assert chip.next_change("INT1", at + 1000)[0] == -(-55 * SECOND * 1000 // 417_000)


def wake_chip(*more, motion=shaken):
    """26 Hz, 0.25 g of ±2 g: 8 units of 2 g / 64."""
    return make(motion, (CTRL1_XL, 0x20), (THS, 8), (TAP_CFG2, 0x80), (MD1, 0x20), *more)


def first_jump(start, threshold=0.25):
    """When a sample at 26 Hz first differs from the one before by more than twice the threshold, found one by one."""
    n = start * 26 // SECOND
    while True:
        times = np.array([-(-k * SECOND // 26) for k in (n, n + 1)])
        a, b = shaken(times)[:, 0]
        if abs(b - a) / 2 > threshold:
            return int(times[1])
        n += 1


def test_motion_wakes():
    chip = wake_chip()
    at, level = chip.next_change("INT1", 0)
    assert (at, level) == (first_jump(0), 1)
    assert [chip.level("INT1", now) for now in (at - 1, at)] == [0, 1]
    assert read(chip, WAKE_UP_SRC, 1, at)[0] & 0x0F == 0x08 | 0x04  # the x axis


def test_motion_that_is_an_hour_away_is_found():
    chip = wake_chip()
    now, level = 10 * SECOND, 0
    while not level:
        now, level = chip.next_change("INT1", now)
        assert chip.level("INT1", now) == level
    assert now == first_jump(3_590 * SECOND)


def test_a_latched_interrupt_stays_until_it_is_read():
    latched, plain = wake_chip((TAP_CFG0, 1)), wake_chip()
    at, _ = latched.next_change("INT1", 0)
    assert [chip.level("INT1", at + 10 * SECOND) for chip in (latched, plain)] == [1, 0]
    assert latched.next_change("INT1", at + 10 * SECOND) is None
    assert read(latched, WAKE_UP_SRC, 1, at + 10 * SECOND) == b"\x0c"
    assert latched.level("INT1", at + 10 * SECOND) == 0


def test_nothing_wakes_below_the_threshold_or_when_it_is_off():
    assert wake_chip((THS, 63)).next_change("INT1", 0)[1] == 0  # 2 g
    assert wake_chip((TAP_CFG2, 0)).next_change("INT1", 0) is None
    assert wake_chip((DUR, 0x10), (THS, 8)).next_change("INT1", 0) == (first_jump(0, 2 / 256 * 8), 1)  # finer units


def test_a_duration_asks_for_samples_in_a_row():
    def knock(times):
        """One sample's jump at 2 s; from 4 s on, one at each sample of 26 Hz."""
        values = still(times)
        n = times * 26 // SECOND
        values[:, 0] = np.where(times >= 4 * SECOND, n % 2, (n >= 52) * 1.0)
        return values

    once, thrice = wake_chip(motion=knock), wake_chip((DUR, 3 << 5), motion=knock)
    first, third = once.next_change("INT1", 0)[0], thrice.next_change("INT1", 0)[0]
    assert first == 2 * SECOND and third == pytest.approx(4 * SECOND + 2 * SECOND / 26, abs=SECOND / 26)


def test_active_low():
    chip = wake_chip((CTRL3_C, 0x24))
    at, level = chip.next_change("INT1", 0)
    assert (chip.level("INT1", 0), level, chip.level("INT1", at)) == (1, 0, 0)


def test_spi_reads_with_bit_7():
    chip = Lsm6dsox(still)
    chip.exchange(bytes([CTRL1_XL, 0x40]), 0)
    chip.deselect(0)
    assert chip.exchange(bytes([0x80 | 0x0F, 0, 0]), SECOND) == b"\xff\x6c\x40"
