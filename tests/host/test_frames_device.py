# SPDX-License-Identifier: MIT
"""The device's side of the records, in MicroPython, against the same vectors."""

import subprocess
from pathlib import Path

import pytest
from torpor_host import build, frames, paths

VECTORS = Path(__file__).parents[1] / "vectors/frames.json"

EVERY_VECTOR = """
import json
from torpor import frames

vectors = json.load(open({path!r}))
for case in vectors["crc16"]:
    assert frames.crc16(case["data"].encode()) == case["crc"], case
for case in vectors["good"]:
    line, payload = case["line"].encode(), case["payload"].encode()
    assert frames.encode(case["kind"], case["sequence"], payload) == line, case
    assert frames.decode(line) == (case["kind"], case["sequence"], payload), case
    assert json.loads(frames.dumps(case["fields"])) == case["fields"], case
for case in vectors["bad"]:
    try:
        frames.decode(case["line"].encode())
    except ValueError:
        continue
    assert False, case
print(len(vectors["crc16"]), len(vectors["good"]), len(vectors["bad"]))
"""

RECORDS = """
from torpor.link import Link
print("text before")
link = Link()
link.send("stats", {"t_ms": 0, "asleep_us": 12345678901})
print("half a line", end="")
link.send("decision", {"t_ms": 1240, "label": "größer", "score": 0.875})
"""


@pytest.fixture(scope="module")
def micropython(tmp_path_factory):
    """Runs a program in the stock unix port with lib/ on its path; returns stdout."""
    binary = build.build(["unix"])["unix"]
    path = f"{paths.LIB}:{paths.micropython() / 'extmod'}"

    def run(program):
        script = tmp_path_factory.mktemp("script") / "program.py"
        script.write_text(program)
        result = subprocess.run([binary, script], capture_output=True, env={"MICROPYPATH": path}, timeout=60)
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    return run


def test_the_device_equals_every_vector(micropython):
    assert micropython(EVERY_VECTOR.format(path=str(VECTORS))).split() == [b"4", b"6", b"9"]


def test_the_host_understands_what_the_device_prints(micropython):
    decoder = frames.Decoder()
    items = list(decoder.feed(micropython(RECORDS)))
    assert items == [
        "text before\n",
        frames.Record("stats", 0, {"t_ms": 0, "asleep_us": 12345678901}),
        "half a line",
        frames.Record("decision", 1, {"t_ms": 1240, "label": "größer", "score": 0.875}),
    ]
