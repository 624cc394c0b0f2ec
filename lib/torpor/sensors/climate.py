# SPDX-License-Identifier: MIT
"""Temperature, pressure and humidity of the air."""


def open(rate=1):
    """The board's climate sensor, `rate` samples a second, which may be less than one; `board.py` says how it is wired.

    A sample is three float32: °C, Pa, %. Raises OSError if the board has none.
    """
    import board

    if not hasattr(board, "climate"):
        raise OSError("this board has no climate sensor: board.py has no climate()")
    source = board.climate()
    source.rate = rate
    return source
