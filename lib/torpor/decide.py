# SPDX-License-Identifier: MIT
"""From scores to decisions."""


class Smooth:
    """Decides for a label when its mean score over the last `n` inferences reaches `threshold`.

    After a decision nothing is decided for `refractory_ms`. Labels in `ignore` never are.
    Scores are the model's raw int8 outputs and are summed as integers: `update()`
    allocates nothing unless it decides.
    """

    def __init__(self, n, threshold, refractory_ms=1000, ignore=("silence", "unknown")):
        if n < 1 or not 0 < threshold <= 1:
            raise ValueError("n is 1 or more, threshold above 0 and at most 1")
        self._n = n
        self._threshold = threshold
        self._refractory_ms = refractory_ms
        self._ignore = ignore
        self._last_ms = None  # time of the last decision

    def bind(self, labels, scale, zero_point):
        """Says what update()'s scores mean: labels[i] has (scores[i] - zero_point) * scale."""
        self._labels = labels
        self._scale = scale / self._n
        self._zero = zero_point * self._n
        self._least = -int(-self._threshold * self._n / scale // 1)  # ceiling: sums from here on decide
        self._past = [[0] * len(labels) for _ in range(self._n)]
        self._sums = [0] * len(labels)
        self.reset()

    def reset(self):
        """Forgets past scores, as after a sleep; the refractory time goes on."""
        self._count = 0
        for i in range(len(self._sums)):
            self._sums[i] = 0

    def update(self, scores, t_ms):
        """Takes one inference's scores, made at t_ms; returns (label, score) or None."""
        row = self._past[self._count % self._n]
        for i in range(len(row)):
            self._sums[i] += scores[i] - (row[i] if self._count >= self._n else 0)
            row[i] = scores[i]
        self._count += 1
        if self._count < self._n or self._refractory(t_ms):
            return None
        return self._decide(t_ms)

    def _refractory(self, t_ms):
        return self._last_ms is not None and t_ms - self._last_ms < self._refractory_ms

    def _decide(self, t_ms):
        best = 0
        for i in range(1, len(self._sums)):
            if self._sums[i] > self._sums[best]:
                best = i
        total = self._sums[best] - self._zero
        if total < self._least or self._labels[best] in self._ignore:
            return None
        self._last_ms = t_ms
        return self._labels[best], total * self._scale
