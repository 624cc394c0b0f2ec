# SPDX-License-Identifier: MIT
"""Starting and stopping the emulator: clear errors, and nothing left behind."""

import os
import struct
import subprocess
import sys
import time

import numpy as np
import pytest

from torpor_host.errors import ToolError
from torpor_host.link import Link
from torpor_host.sim import Board, place_recording


def _alive(pid):
    try:
        return open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_stop_ends_the_emulator_even_after_a_failure(firmware, tmp_path):
    with pytest.raises(RuntimeError), Board("emu-m4f", tmp_path, firmware=firmware) as board:
        pid = board.pid
        raise RuntimeError
    assert not _alive(pid) and board.port is None
    board.stop()


def test_emulator_dies_with_its_parent(firmware, tmp_path):
    code = f"""
import os
from torpor_host.sim import Board
board = Board("emu-m4f", {str(tmp_path)!r}, firmware={str(firmware)!r}).start()
print(board.pid, flush=True)
os._exit(1)
"""
    pid = int(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout)
    deadline = time.monotonic() + 5
    while _alive(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not _alive(pid)


def test_missing_emulator_is_named(firmware, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolError, match="qemu-system-arm is missing") as error:
        Board("emu-m4f", tmp_path, firmware=firmware).start()
    assert "apt-get install qemu-system-arm" in error.value.hint


def test_missing_firmware_is_named(tmp_path):
    with pytest.raises(ToolError, match="no firmware"):
        Board("emu-m4f", tmp_path, firmware=tmp_path / "firmware.elf").start()


def test_unknown_board_is_named(tmp_path):
    with pytest.raises(ToolError, match="no board emu-z80"):
        Board("emu-z80", tmp_path)


def test_firmware_that_is_none_is_refused(tmp_path):
    (tmp_path / "empty.elf").write_bytes(b"")
    with pytest.raises(ToolError, match="emu-m4f"):
        Board("emu-m4f", tmp_path, firmware=tmp_path / "empty.elf").start(timeout=1)


def test_board_that_does_not_answer_is_reported(tmp_path):
    """A firmware of one instruction, a branch to itself (0xE7FE), after stack pointer and reset vector."""
    (tmp_path / "loop.bin").write_bytes(struct.pack("<IIH", 0x20001000, 0x09, 0xE7FE))
    board = Board("emu-m4f", tmp_path, firmware=tmp_path / "loop.bin")
    with pytest.raises(ToolError, match="does not answer"):
        board.start(timeout=1)
    assert board.pid is None


def test_fault_of_the_firmware_ends_the_emulator(firmware, tmp_path):
    with Board("emu-m4f", tmp_path, firmware=firmware) as board, Link(board.port) as link:
        with pytest.raises(ToolError):
            link.exec("import machine\nmachine.mem32[0xE0000000 - 4]", timeout=2)
        deadline = time.monotonic() + 5
        while board.pid and time.monotonic() < deadline:
            time.sleep(0.01)
        assert board.pid is None
        assert "firmware fault: pc" in board.said()


def test_folder_of_a_running_board_is_refused(firmware, tmp_path):
    with Board("emu-m4f", tmp_path, firmware=firmware) as first:
        with pytest.raises(ToolError, match="running .* already"):
            Board("emu-m4f", tmp_path, firmware=firmware).start()
        assert first.pid is not None
    with Board("emu-m4f", tmp_path, firmware=firmware) as second:
        assert second.pid is not None


def test_recording_is_placed_whole_or_not_at_all(tmp_path, write_wav):
    write_wav(tmp_path / "good.wav", np.arange(1000))
    write_wav(tmp_path / "bad.wav", np.arange(1000), rate=8000)
    folder = tmp_path / "instance"
    place_recording(tmp_path / "good.wav", folder)
    with pytest.raises(ToolError, match="8000 Hz"):
        place_recording(tmp_path / "bad.wav", folder)
    assert os.listdir(folder) == ["mic.wav"]
    assert (folder / "mic.wav").read_bytes() == (tmp_path / "good.wav").read_bytes()
    place_recording(None, folder)
    assert os.listdir(folder) == []
