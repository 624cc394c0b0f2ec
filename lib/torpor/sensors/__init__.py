# SPDX-License-Identifier: MIT
"""Sources of samples: one file a sensor.

Every source has `rate` (samples a second), `shape` (of one sample), `dtype`, `units`,
`async readinto(buf)`, which fills the buffer or raises EOFError at the source's end (what fills no buffer is dropped),
`close()`, and `overruns` (samples lost because they were read too late).
"""


def open(kind, **options):
    """The board's sensor of that kind, "mic", "imu" or "climate"; its pins come from the board's `board.py`.

    The options are those of open() in the kind's own file. Raises ValueError if Torpor has no such sensor, OSError if the
    board has none.
    """
    try:
        module = __import__("torpor.sensors." + kind, None, None, ("open",))
    except ImportError:
        raise ValueError("no sensor of kind " + kind)
    return module.open(**options)
