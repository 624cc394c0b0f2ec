# SPDX-License-Identifier: MIT
"""Files of boards for firmware of our own: partition tables of ESP32 boards."""

import csv
from dataclasses import dataclass

import pytest
from torpor_host.boards import board_names, load_board
from torpor_host.paths import BOARDS

ESP32 = [name for name in board_names() if load_board(name).port == "esp32"]
PAGE = 0x10000  # what the flash's memory map moves in, and what an app has to begin on (ESP-IDF, partition tables)
SECTOR = 0x1000
FIRST = 0x9000  # behind ESP-IDF's own table, a sector at 0x8000


@dataclass
class Partition:
    name: str
    kind: str
    subtype: str
    begin: int
    end: int


def partitions(board):
    lines = [line for line in (BOARDS / board / "partitions.csv").read_text().splitlines() if not line.startswith("#")]
    rows = csv.reader(lines, skipinitialspace=True)
    return [Partition(name, kind, subtype, int(offset, 0), int(offset, 0) + int(size, 0)) for name, kind, subtype, offset, size in rows]


@pytest.mark.parametrize("board", ESP32)
def test_partitions_follow_one_another_within_the_flash(board):
    found = partitions(board)
    assert found[0].begin >= FIRST and found[-1].end == load_board(board).flash
    assert all(one.begin % SECTOR == 0 and one.begin < one.end for one in found)
    assert all(one.end <= after.begin for one, after in zip(found, found[1:]))


@pytest.mark.parametrize("board", ESP32)
def test_app_and_models_lie_where_flash_is_mapped(board):
    by_name = {one.name: one for one in partitions(board)}
    assert len(by_name) == len(partitions(board))
    for name in ("factory", "romfs"):
        assert by_name[name].begin % PAGE == by_name[name].end % PAGE == 0
    # The kinds and names that MicroPython's esp32_partition.c and inisetup.py look for; 128 and more are an application's own.
    assert by_name["factory"].kind == "app" and (by_name["vfs"].kind, by_name["vfs"].subtype) == ("data", "fat")
    assert by_name["romfs"].kind == "data" and int(by_name["romfs"].subtype, 0) >= 128
