# SPDX-License-Identifier: MIT
"""The demo as a user runs it, and human recordings played into the emulated microphone."""

import json
import subprocess

import pytest
from PIL import Image
from torpor_host.paths import BUILD, MODELS, ROOT

TRUTH = json.loads((MODELS / "keywords/samples/demo.json").read_text())["events"]
SPOKEN = [word["label"] for word in TRUTH if word["label"] not in ("unknown", "silence")]


def torpor(*arguments):
    command = [ROOT / ".venv/bin/torpor", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def shown():
    """The finished demo; its files are in build/."""
    for name in ("demo.json", "demo.png"):
        (BUILD / name).unlink(missing_ok=True)
    return torpor("demo", "--json")


def test_the_board_is_right_about_its_own_recording(shown):
    assert shown.returncode == 0, shown.stderr
    found = json.loads(shown.stdout)
    assert [event["label"] for event in found["events"]] == [event["expected"] for event in found["events"]] == SPOKEN
    assert (found["right"], found["wrong"], found["missed"]) == (len(SPOKEN), 0, 0)
    assert found["board"] == "emu-m4f" and found["engine"] == "torpor"


def test_each_decision_comes_within_a_second_after_its_word(shown):
    words = [word for word in TRUTH if word["label"] in SPOKEN]
    for event, word in zip(json.loads(shown.stdout)["events"], words):
        assert word["start_s"] < event["t_s"] < word["end_s"] + 1 and 0 < event["score"] <= 1


def test_the_board_sleeps_most_of_the_time_and_infers_only_when_awake(shown):
    found = json.loads(shown.stdout)
    assert 0.5 < found["asleep_fraction"] < 1
    assert len(SPOKEN) <= found["inferences"] < 200


def test_the_closing_line_is_for_people(shown):
    assert shown.stderr.strip().splitlines()[-1].startswith("The board was right: it heard 'yes' at ")


def test_json_and_picture_are_left_in_build(shown):
    assert json.loads((BUILD / "demo.json").read_text()) == json.loads(shown.stdout)
    with Image.open(BUILD / "demo.png") as picture:
        assert picture.width >= 1000 and len(picture.convert("RGB").getcolors(1 << 24)) > 10
    assert not list(BUILD.glob("demo*.part*"))


@pytest.mark.parametrize("label", ["yes", "no"])
def test_a_human_word_is_heard(peer_data, label):
    result = torpor("demo", "--wav", peer_data / f"{label}_1000ms.wav", "--expect", label, "--json")
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert [(event["label"], event["expected"]) for event in found["events"]] == [(label, label)]


@pytest.mark.parametrize("name", ["noise", "silence"])
def test_no_word_is_heard_in_noise_and_silence(peer_data, name):
    result = torpor("demo", "--wav", peer_data / f"{name}_1000ms.wav", "--expect", "silence", "--json")
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["events"] == []


def test_a_recording_without_truth_is_not_judged(shown):
    result = torpor("demo", "--wav", MODELS / "keywords/samples/yes.wav", "--json")
    found = json.loads(result.stdout)
    assert result.returncode == 0 and found["right"] is None
    assert [(event["label"], event["expected"]) for event in found["events"]] == [("yes", None)]


def test_a_wrong_board_ends_with_1():
    result = torpor("demo", "--wav", MODELS / "keywords/samples/yes.wav", "--expect", "no", "--json")
    assert result.returncode == 1 and "was not right" in result.stderr
