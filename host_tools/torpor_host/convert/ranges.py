# SPDX-License-Identifier: MIT
"""Ways to choose the range that an activation's int8 values cover, from what calibration saw of it."""

import numpy as np

from torpor_host.convert.calibrate import Seen

_FRACTIONS = np.linspace(0.2, 1, 33)  # of the whole range that are tried


def whole(seen: Seen) -> tuple[float, float]:
    """From the least to the greatest value."""
    return seen.low, seen.high


def percentile(share: float):
    """Without `share` of the values at either end."""

    def choose(seen: Seen):
        total = np.cumsum(seen.counts)
        if total[-1] == 0:
            return whole(seen)
        low, high = np.searchsorted(total, [share * total[-1], (1 - share) * total[-1]])
        width = (seen.high - seen.low) / len(total)
        return seen.low + low * width, seen.low + (high + 1) * width

    return choose


def least_error(seen: Seen) -> tuple[float, float]:
    """The part of the whole range in which the mean square of rounding and saturation is least."""
    values, counts = seen.middles, seen.counts
    low, high = min(seen.low, 0.0), max(seen.high, 0.0)

    def error(fraction):
        step = max((high - low) * fraction / 255, 1e-12)
        first = np.rint(low * fraction / step)
        rounded = np.clip(np.rint(values / step), first, first + 255) * step
        return float((counts * (values - rounded) ** 2).sum())

    best = min(_FRACTIONS[::-1], key=error)
    return low * best, high * best


METHODS = {"min-max": whole, "percentile 99.99": percentile(1e-4), "percentile 99.9": percentile(1e-3), "least error": least_error}
