# SPDX-License-Identifier: MIT
"""What the device's Link prints, in MicroPython, through the host's Decoder."""

import subprocess

from torpor_host import build, frames, paths

PROGRAM = """
from torpor.link import Link
print("text before")
link = Link()
link.send("stats", {"t_ms": 0, "asleep_us": 12345678901})
print("half a line", end="")
link.send("decision", {"t_ms": 1240, "label": "größer", "score": 0.875})
"""


def test_the_host_understands_what_the_device_prints():
    path = f"{paths.LIB}:{paths.micropython() / 'extmod'}"
    command = [build.build(["unix"])["unix"], "-c", PROGRAM]
    result = subprocess.run(command, capture_output=True, env={"MICROPYPATH": path}, timeout=60)
    assert result.returncode == 0, result.stderr
    assert list(frames.Decoder().feed(result.stdout)) == [
        "text before\n",
        frames.Record("stats", 0, {"t_ms": 0, "asleep_us": 12345678901}),
        "half a line",
        frames.Record("decision", 1, {"t_ms": 1240, "label": "größer", "score": 0.875}),
    ]
