# SPDX-License-Identifier: MIT
"""Motion: acceleration and rotation."""


def open(rate=104, g=4, dps=500):
    """The board's inertial sensor at `rate` Hz, full scales in g and degrees a second; `board.py` says how it is wired.

    A sample is six int16: acceleration x, y, z, then rotation x, y, z. `scale` has what one unit is, (g, degrees a second).
    Raises OSError if the board has none, ValueError for a rate or full scale that it has not.
    """
    import board

    if not hasattr(board, "imu"):
        raise OSError("this board has no inertial sensor: board.py has no imu()")
    source = board.imu()
    source.start(rate, g, dps)
    return source
