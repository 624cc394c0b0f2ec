# SPDX-License-Identifier: MIT
"""The application on the emulated board with its microphone: every record, nothing lost, mostly asleep."""

import pipeline_reference
import pytest
from torpor_host import frames, romfs, wav
from torpor_host.link import Link
from torpor_host.paths import MODELS
from torpor_host.sim import Board, place_recording
from torpor_host.stream import stream

KEYWORDS = MODELS / "keywords"
RECORDING = KEYWORDS / "samples/demo.wav"
SETTINGS = {"threshold_dbfs": -35, "hang_ms": 800, "hysteresis_db": 6, "n": 3, "threshold": 0.8, "refractory_ms": 1000, "every": 5}


@pytest.fixture(scope="module")
def records(firmware, tmp_path_factory):
    """What the application sends while it hears the demo's recording and two seconds of silence."""
    folder = tmp_path_factory.mktemp("board")
    (folder / "romfs.img").write_bytes(romfs.build({"models/keywords.tflite": (KEYWORDS / "model.tflite").read_bytes()}))
    place_recording(RECORDING, folder)
    end_ms = len(wav.read(RECORDING)) * 1000 // wav.RATE + 2000
    found = []
    with Board("emu-m4f", folder, firmware=firmware) as board, Link(board.port) as link:
        link.start((KEYWORDS / "app.py").read_text())
        for item in stream(link, 60):
            assert not isinstance(item, frames.Corrupt), item
            found += [item] if isinstance(item, frames.Record) else []
            if found and found[-1].fields["t_ms"] >= end_ms:
                return found


def test_every_record_is_what_the_reference_says(records):
    model = (KEYWORDS / "model.tflite").read_bytes()
    expected = pipeline_reference.records(model, wav.read(RECORDING), **SETTINGS)
    sent = [record for record in records if record.kind != "stats"]
    assert [record.kind for record in sent] == [kind for kind, _ in expected]
    for record, (_, fields) in zip(sent, expected):
        assert {name: record.fields[name] for name in fields} == pytest.approx(fields, abs=0.001)


def test_nothing_is_lost_and_no_inference_left_out(records):
    stats = [record.fields for record in records if record.kind == "stats"]
    assert all((s["overruns"], s["skipped"], s["lost"]) == (0, 0, 0) for s in stats)
    assert [record.sequence for record in records] == list(range(len(records)))


def test_the_board_sleeps_most_of_a_quiet_second(records):
    stats = {record.fields["t_ms"]: record.fields for record in records if record.kind == "stats"}
    before, after = stats[13000], stats[14000]  # the recording's last word ends before
    asleep, uptime = (after[name] - before[name] for name in ("asleep_us", "uptime_us"))
    assert asleep > 0.95 * uptime


def test_time_of_samples_is_the_boards_time(records):
    stats = [record.fields for record in records if record.kind == "stats"]
    drift = [s["uptime_us"] // 1000 - s["t_ms"] for s in stats[1:]]
    assert max(drift) - min(drift) < 100  # an inference and a hop late at most
