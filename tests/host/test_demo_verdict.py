# SPDX-License-Identifier: MIT
"""How the demo judges decisions against what was said."""

import pytest
from torpor_host import demo
from torpor_host.demo import Spoken

TRUTH = [Spoken("yes", 1.0, 1.5), Spoken("unknown", 3.0, 3.5), Spoken("no", 5.0, 5.4)]


def decision(t_s, label):
    return {"t_ms": int(1000 * t_s), "label": label, "score": 0.9}


def verdict(*decisions, truth=TRUTH):
    events, right, wrong, missed = demo.judge(list(decisions), truth)
    return [event.expected for event in events], right, wrong, missed


def test_every_keyword_heard_once_is_right():
    assert verdict(decision(1.6, "yes"), decision(5.9, "no")) == (["yes", "no"], 2, 0, 0)


def test_a_word_not_heard_is_missed_and_an_unknown_word_is_not():
    assert verdict(decision(1.6, "yes")) == (["yes"], 1, 0, 1)


def test_another_word_is_wrong_and_the_said_one_missed():
    assert verdict(decision(1.6, "stop"), decision(5.9, "no")) == (["yes", "no"], 1, 1, 1)


def test_a_keyword_heard_in_an_unknown_word_or_in_silence_is_wrong():
    found = verdict(decision(1.6, "yes"), decision(3.6, "go"), decision(5.9, "no"), decision(9.0, "no"))
    assert found == (["yes", "unknown", "no", "silence"], 2, 2, 0)


def test_a_word_heard_twice_counts_once():
    assert verdict(decision(1.2, "yes"), decision(2.4, "yes"), decision(5.9, "no")) == (["yes", "yes", "no"], 2, 1, 0)


@pytest.mark.parametrize("t_s, right", [(0.9, 0), (1.0, 1), (2.5, 1), (2.6, 0)])
def test_a_decision_counts_from_the_words_start_to_a_second_after_its_end(t_s, right):
    assert verdict(decision(t_s, "yes"), truth=TRUTH[:1])[1] == right


def test_without_truth_nothing_is_judged():
    assert verdict(decision(1.6, "yes"), truth=None) == ([None], None, None, None)


def test_expecting_silence_makes_any_decision_wrong():
    truth = [Spoken("silence", 0.0, float("inf"))]
    assert verdict(truth=truth) == ([], 0, 0, 0)
    assert verdict(decision(1.0, "no"), truth=truth) == (["silence"], 0, 1, 0)
