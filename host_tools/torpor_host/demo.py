# SPDX-License-Identifier: MIT
"""The whole flow once: a recording is played to an emulated board, which sleeps, wakes, infers and reports."""

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from torpor_host import build, deploy, plot, wav
from torpor_host.errors import ToolError
from torpor_host.frames import Record
from torpor_host.link import Link
from torpor_host.paths import BUILD, MODELS
from torpor_host.progress import SILENT, Silent
from torpor_host.sim import Board, place_recording
from torpor_host.stream import stream, until_heard

BOARD = "emu-m4f"
_MODEL = MODELS / "keywords"
_QUIET = ("silence", "unknown")  # labels that are no decision
_LATE_S = 1.0  # a decision may come this long after the word: the model sees the last second
_DEAD_S = 60.0  # real time without a record: even a busy machine is faster


@dataclass(frozen=True)
class Spoken:
    """What is in a recording: a label, from start to end in seconds."""

    label: str
    start_s: float
    end_s: float


@dataclass(frozen=True)
class Event:
    """A decision of the board at t_s seconds of the recording. expected: what was said then, None if unknown."""

    t_s: float
    label: str
    score: float
    expected: str | None


@dataclass(frozen=True)
class Demo:
    """What the board made of a recording. awake: spans (start, end) in seconds.

    right, wrong: decisions; missed: keywords without one; all None if the truth is not known.
    asleep_fraction: of device time while it listened, None if the board keeps no account.
    """

    board: str
    engine: str
    events: list[Event]
    right: int | None
    wrong: int | None
    missed: int | None
    asleep_fraction: float | None
    inferences: int
    truth: list[Spoken] | None
    awake: list[tuple[float, float]]

    @property
    def good(self) -> bool:
        """Everything right, or nothing to be judged by."""
        return self.truth is None or not (self.wrong or self.missed)


class Watch:
    """Sees what happens; the default watches nothing."""

    def begin(self, samples: np.ndarray, rate: int) -> None:
        """The recording that will be played: int16[n]."""

    def record(self, record: Record) -> None:
        """A record has arrived."""


def demo(file: Path | None = None, expect: str | None = None, progress: Silent = SILENT, watch: Watch = Watch()) -> Demo:
    """Plays `file`, or the project's own recording, to the board; writes build/demo.json and build/demo.png.

    expect: the keyword that `file` holds, or "silence" for none; without it there is no truth.
    Raises ToolError for a bad recording, a missing tool, or a board that stops answering.
    """
    truth = _expected(file, expect) if file or expect else read_truth(_MODEL / "samples/demo.json")
    file = file or _MODEL / "samples/demo.wav"
    samples = wav.read(file)
    emulated = Board(BOARD, _fresh_folder(file))
    build.build([BOARD], progress)
    with emulated as board, Link(board.port) as link:
        engine = _install(link, progress)
        watch.begin(samples, wav.RATE)
        records = list(_listen(link, len(samples) / wav.RATE, watch))
    result = _result(engine, records, truth)
    _write(result, samples)
    return result


def read_truth(path: Path) -> list[Spoken]:
    """The words of a recording, from the JSON file beside it."""
    return [Spoken(**entry) for entry in json.loads(deploy.read_file(path))["events"]]


def judge(decisions: list[dict], truth: list[Spoken] | None) -> tuple[list[Event], int | None, int | None, int | None]:
    """(events, right, wrong, missed) of decisions {t_ms, label, score}.

    A decision is right if its word was said and ended at most a second ago; each word counts once.
    """
    if truth is None:
        return [_event(d, None) for d in decisions], None, None, None
    open_words = [word for word in truth if word.label not in _QUIET]
    events, right = [], 0
    for decision in decisions:
        word = next((w for w in open_words if w.label == decision["label"] and _during(w, decision)), None)
        if word:
            open_words.remove(word)
            right += 1
        events.append(_event(decision, word.label if word else _said(decision, truth)))
    return events, right, len(decisions) - right, len(open_words)


def summary(result: Demo) -> dict:
    """What build/demo.json holds."""
    return {
        "board": result.board, "engine": result.engine, "events": [asdict(event) for event in result.events],
        "right": result.right, "wrong": result.wrong, "missed": result.missed,
        "asleep_fraction": result.asleep_fraction, "inferences": result.inferences,
    }


def sentence(result: Demo) -> str:
    """The closing line."""
    heard = ", ".join(f"{event.label!r} at {event.t_s:.1f} s" for event in result.events) or "no keyword"
    slept = "" if result.asleep_fraction is None else f", and slept {100 * result.asleep_fraction:.0f} % of the time"
    if result.truth is None:
        return f"The board heard {heard}{slept}."
    if result.good:
        return f"The board was right: it heard {heard}{slept}."
    return f"The board was not right: it heard {heard}; {result.wrong} wrong, {result.missed} missed."


def _expected(file, expect):
    if file is None:
        raise ToolError("--expect says what a recording holds, and none was given.", "add --wav FILE")
    if expect is None:
        return None
    labels = (_MODEL / "labels.txt").read_text().split()
    if expect not in labels:
        raise ToolError(f"The model knows no word {expect}.", f"choose from {', '.join(labels)}")
    return [Spoken(expect, 0.0, float("inf"))]


def _fresh_folder(file) -> Path:
    """build/demo with nothing in it but the recording."""
    folder = BUILD / "demo"
    shutil.rmtree(folder, ignore_errors=True)
    place_recording(file, folder)
    return folder


def _install(link, progress) -> str:
    """Pushes model and application; returns the engine's name."""
    link.enter_raw()
    deploy.push(link, _MODEL / "model.tflite", progress=progress)
    deploy.push(link, _MODEL / "app.py", progress=progress)
    return link.exec("import tflm\nprint(tflm.ENGINE)").decode().strip()


def _listen(link, duration_s, watch):
    """Starts the application and yields its records until it has heard everything and sleeps again."""
    link.start("import app")
    for item in until_heard(stream(link, _DEAD_S), duration_s):
        if isinstance(item, Record):
            watch.record(item)
            yield item


def _result(engine, records, truth) -> Demo:
    decisions = [record.fields for record in records if record.kind == "decision"]
    events, right, wrong, missed = judge(decisions, truth)
    ends = [record.fields for record in records if record.kind == "sleep"]
    spans = [((end["t_ms"] - end["awake_ms"]) / 1000, end["t_ms"] / 1000) for end in ends]
    inferences = sum(end["inferences"] for end in ends)
    return Demo(BOARD, engine, events, right, wrong, missed, _asleep(records), inferences, truth, spans)


def _asleep(records) -> float | None:
    """Share of device time asleep between the first and the last record that tells."""
    told = [record.fields for record in records if "asleep_us" in record.fields]
    if len(told) < 2:
        return None
    asleep, uptime = (told[-1][key] - told[0][key] for key in ("asleep_us", "uptime_us"))
    return round(asleep / uptime, 4)


def _write(result, samples):
    part = BUILD / "demo.json.part"
    part.write_text(json.dumps(summary(result), indent=2) + "\n")
    part.replace(BUILD / "demo.json")
    plot.demo(result, samples, wav.RATE, BUILD / "demo.png")


def _event(decision, expected) -> Event:
    return Event(decision["t_ms"] / 1000, decision["label"], round(decision["score"], 3), expected)


def _during(word, decision) -> bool:
    return word.start_s <= decision["t_ms"] / 1000 <= word.end_s + _LATE_S


def _said(decision, truth) -> str:
    """The word that was said when the board decided."""
    return next((word.label for word in truth if _during(word, decision)), "silence")
