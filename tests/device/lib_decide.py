# SPDX-License-Identifier: MIT
"""torpor.decide.Smooth. Scores are int8 with scale 1/256 and zero point -128: -128 is 0, 64 is 0.75."""

import micropython

from torpor.decide import Smooth

LABELS = ("yes", "no", "silence", "unknown")
SURE, HALF, NONE = 64, 0, -128  # 0.75, 0.5, 0


def smooth(n, threshold, refractory_ms=1000, **more):
    decide = Smooth(n, threshold, refractory_ms, **more)
    decide.bind(LABELS, 1 / 256, -128)
    return decide


def scores(label, value):
    return [value if name == label else NONE for name in LABELS]


def test_decides_with_the_nth_score_and_says_the_mean():
    decide = smooth(3, 0.6)
    assert decide.update(scores("no", SURE), 0) is None
    assert decide.update(scores("no", SURE), 100) is None
    label, score = decide.update(scores("no", HALF), 200)
    # (0.75 + 0.75 + 0.5) / 3
    assert label == "no" and abs(score - 2 / 3) < 1e-6


def test_the_threshold_itself_is_enough_and_one_step_less_is_not():
    assert smooth(1, 0.75).update(scores("yes", 64), 0) == ("yes", 0.75)
    assert smooth(1, 0.75).update(scores("yes", 63), 0) is None
    decide = smooth(2, 0.75)
    assert decide.update(scores("yes", 64), 0) is None
    assert decide.update(scores("yes", 63), 0) is None


def test_only_the_last_n_scores_count():
    decide = smooth(2, 0.75)
    decide.update(scores("yes", SURE), 0)
    assert decide.update(scores("no", SURE), 100) is None
    assert decide.update(scores("no", SURE), 200) == ("no", 0.75)


def test_nothing_is_decided_within_the_refractory_time():
    decide = smooth(1, 0.5, refractory_ms=1000)
    assert decide.update(scores("yes", SURE), 5000)
    assert decide.update(scores("no", SURE), 5999) is None
    assert decide.update(scores("no", SURE), 6000) == ("no", 0.75)


def test_ignored_labels_are_never_decided():
    decide = smooth(1, 0.1)
    assert decide.update(scores("silence", 127), 0) is None
    assert decide.update(scores("unknown", 127), 0) is None
    assert smooth(1, 0.1, ignore=()).update(scores("silence", SURE), 0) == ("silence", 0.75)


def test_reset_forgets_the_scores_but_not_the_refractory_time():
    decide = smooth(2, 0.5, refractory_ms=1000)
    decide.update(scores("yes", SURE), 0)
    decide.reset()
    assert decide.update(scores("yes", SURE), 100) is None  # one score only
    assert decide.update(scores("yes", SURE), 200)
    decide.reset()
    assert decide.update(scores("yes", SURE), 300) is None
    assert decide.update(scores("yes", SURE), 400) is None
    assert decide.update(scores("yes", SURE), 1200)


def test_bad_settings_are_refused():
    for n, threshold in ((0, 0.5), (1, 0), (1, 1.1)):
        try:
            Smooth(n, threshold)
            assert False, (n, threshold)
        except ValueError:
            pass


def test_update_allocates_nothing_without_a_decision():
    decide = smooth(3, 0.9)
    weak = memoryview(bytearray(4))  # zeros: 0.5 each
    micropython.heap_lock()
    try:
        for t_ms in range(0, 700, 100):
            decide.update(weak, t_ms)
    finally:
        micropython.heap_unlock()


for name, test in list(globals().items()):
    if name.startswith("test_"):
        test()
print("PASS")
