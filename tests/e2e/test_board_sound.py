# SPDX-License-Identifier: MIT
"""The emulated microphone: the recording's samples, at its rate in virtual time, none dropped silently."""

import hashlib

import numpy as np
import pytest

from torpor_host.link import BoardError

RATE = 16000

OPEN = """
import asyncio, binascii, hashlib, machine, struct, time
from machine import I2S, Pin
def microphone(rate=16000, bits=16, format=I2S.MONO, ibuf=16000):
    return I2S(0, sck=Pin(0), ws=Pin(1), sd=Pin(2), mode=I2S.RX, bits=bits, format=format, rate=rate, ibuf=ibuf)
def digest(data):
    return binascii.hexlify(hashlib.sha256(data).digest()).decode()
"""


@pytest.fixture
def recording(tmp_path, write_wav):
    """One second and a bit of noise as mic.wav: int16[n]."""
    samples = np.random.default_rng(1).integers(-32768, 32768, RATE + 123).astype(np.int16)
    write_wav(tmp_path / "mic.wav", samples)
    return samples


def sha256(samples, count):
    """Of the first `count` samples that the microphone hears: the recording, then zeros."""
    heard = np.zeros(count, "<i2")
    heard[: len(samples)] = samples[:count]
    return hashlib.sha256(heard.tobytes()).hexdigest()


def test_blocking_read_hears_the_recording_at_its_rate(run, recording):
    found, us, lost = run(
        OPEN
        + """
start = time.ticks_us()
mic = microphone()
data = bytearray(2 * 16000)
mic.readinto(data)
us = time.ticks_diff(time.ticks_us(), start)
print((digest(data), us, mic.overruns()))
"""
    )
    assert found == sha256(recording, RATE)
    assert 1_000_000 <= us < 1_001_500
    assert lost == 0


def test_asyncio_stream_hears_the_recording_then_silence(run, recording):
    found, us, wakeups, asleep = run(
        OPEN
        + """
import emu
async def listen(seconds):
    start, sleep = time.ticks_us(), emu.asleep_us()
    mic = microphone()
    stream = asyncio.StreamReader(mic)
    block = memoryview(bytearray(640))
    sha, todo, wakeups = hashlib.sha256(), 2 * 16000 * seconds, 0
    while todo:
        n = await stream.readinto(block[:min(640, todo)])
        sha.update(block[:n])
        todo -= n
        wakeups += 1
    us = time.ticks_diff(time.ticks_us(), start)
    return binascii.hexlify(sha.digest()).decode(), us, wakeups, (emu.asleep_us() - sleep) / us
print(asyncio.run(listen(5)))
"""
    )
    assert found == sha256(recording, 5 * RATE)
    assert 5_000_000 <= us < 5_002_000
    assert wakeups == 5 * 50  # a block of the DMA is 20 ms
    assert asleep > 0.95  # the rest is mostly SHA-256


def test_callback_comes_when_the_buffer_is_full(run, recording):
    found, us = run(
        OPEN
        + """
full = []
mic = microphone()
mic.irq(lambda mic: full.append(time.ticks_us()))
data = bytearray(2 * 8000)
start = time.ticks_us()
mic.readinto(data)
while not full:
    machine.idle()
print((digest(data), time.ticks_diff(full[0], start)))
"""
    )
    assert found == sha256(recording, 8000)
    assert 498_000 <= us <= 501_500


def test_stereo_and_32_bit_carry_the_sample_left_and_on_top(run, recording):
    frames = run(
        OPEN
        + """
mic = microphone(bits=32, format=I2S.STEREO, ibuf=64000)
data = bytearray(8 * 100)
mic.readinto(data)
print(struct.unpack("<200i", data))
"""
    )
    assert list(frames[0::2]) == [int(v) << 16 for v in recording[:100]]
    assert set(frames[1::2]) == {0}


def test_what_nobody_reads_is_counted(run, recording):
    """The ring has room for 25 blocks of 20 ms; of 100 the last 75 are lost, then the stream goes on."""
    lost, oldest, later, still_lost = run(
        OPEN
        + """
mic = microphone(ibuf=2 * 25 * 320)
time.sleep_ms(2000)
lost = mic.overruns()
data = bytearray(2 * 25 * 320)
mic.readinto(data)
oldest = digest(data)
data = bytearray(2 * 320)
mic.readinto(data)
print((lost, oldest, digest(data), mic.overruns()))
"""
    )
    assert lost == still_lost == 75 * 320
    assert oldest == sha256(recording, 25 * 320)
    assert later == sha256(recording[:0], 320)  # 2 s on, the recording has ended


def test_without_a_recording_there_is_silence(run):
    assert run(OPEN + "data = bytearray(640); microphone(rate=8000).readinto(data); print(sum(data))") == 0


def test_recording_of_another_rate_is_refused(run, tmp_path, write_wav):
    write_wav(tmp_path / "mic.wav", np.zeros(100), rate=44100)
    errno, text = run(OPEN + "try:\n microphone()\nexcept OSError as e:\n print(e.args)")
    assert errno == 22
    assert "44100 Hz" in text and "16000 Hz" in text


def test_file_that_is_no_recording_is_refused(run, tmp_path):
    (tmp_path / "mic.wav").write_bytes(b"RIFF....AIFF")
    assert "not a WAV" in run(OPEN + "try:\n microphone()\nexcept OSError as e:\n print(e.args)")[1]


@pytest.mark.parametrize("wrong", ["bits=8", "format=3", "rate=0", "ibuf=1"])
def test_wrong_settings_are_refused(run, wrong):
    with pytest.raises(BoardError, match="ValueError"):
        run(OPEN + f"microphone({wrong})")
