# SPDX-License-Identifier: MIT
"""TFLite_Detection_PostProcess against the official interpreter: which boxes, classes and scores exactly; corners closely."""

import numpy as np
import pytest
from tflite_micro import runtime

from moving import Constant
from oracle import Draw
from signals import ARENA, assert_refused, both, operator
from test_verify import refused
from torpor_host import engine
from torpor_host.convert.writer import flexbuffer
from torpor_host.errors import ToolError

NAME, F32 = "TFLite_Detection_PostProcess", np.float32
OPTIONS = dict(max_detections=5, max_classes_per_detection=1, nms_score_threshold=0.3, nms_iou_threshold=0.5, num_classes=3,
               y_scale=10.0, x_scale=10.0, h_scale=5.0, w_scale=5.0)


def detection(boxes, scores, anchors, options, outputs=None, length=4):
    """A file. anchors are constant; outputs: elements of boxes / 4, classes and scores."""
    most = outputs or room(options, len(anchors))
    shapes = [((1, most, 4), F32), ((1, most), F32), ((1, most), F32), ((1,), F32)]
    x, s = np.zeros((1, boxes, length), F32), np.zeros((1, boxes, scores), F32)
    return operator(NAME, [x, s, Constant(np.asarray(anchors, F32))], shapes, options)


def room(options, boxes):
    """How many elements TFLM may write: for several classes of a box it leaves gaps."""
    if options.get("use_regular_nms"):
        return options["max_detections"]
    each = min(options["max_classes_per_detection"], options["num_classes"])
    return each * (min(options["max_detections"], boxes) * each - 1) + each


def places(options, count):
    """Which elements are written, if there are `count` detections."""
    if options.get("use_regular_nms"):
        return list(range(options["max_detections"]))
    each = min(options["max_classes_per_detection"], options["num_classes"])
    return [each * n + n % each for n in range(count)]


def tolerance(x, anchors, o):
    """How far a corner in single precision may be from one that was computed in double and rounded: each rounding is off by
    2^-24 of its result at most, math.h's exponential by 2^-23, and the rounding of its argument by |argument| 2^-24."""
    scale = np.array([o["y_scale"], o["x_scale"], o["h_scale"], o["w_scale"]])
    moved, argument = np.abs(x[0, :, :2] / scale[:2] * anchors[:, 2:]), x[0, :, 2:4] / scale[2:]
    half, centre = np.exp(argument) * np.abs(anchors[:, 2:]) / 2, np.abs(anchors[:, :2])
    return 2.0**-24 * (5 * moved + 4 * centre + half * (np.abs(argument) + 8)).max()


def assert_same_detections(data, options, anchors, runs):
    """Returns how many there were in all."""
    total = 0
    for (x, _), (ours, theirs) in zip(runs, both(data, runs), strict=True):
        count = int(theirs[3][0])
        assert ours[3] == theirs[3]
        at = places(options, count)
        np.testing.assert_array_equal(ours[1].ravel()[at], theirs[1].ravel()[at])
        np.testing.assert_array_equal(ours[2].ravel()[at], theirs[2].ravel()[at])
        np.testing.assert_allclose(ours[0].reshape(-1, 4)[at], theirs[0].reshape(-1, 4)[at], rtol=0, atol=tolerance(x, anchors, options))
        rest = np.setdiff1d(np.arange(ours[1].size), at)
        assert not ours[1].ravel()[rest].any() and not ours[2].ravel()[rest].any() and not ours[0].reshape(-1, 4)[rest].any()
        total += count
    return total


def scene(draw):
    """(boxes, scores with or without background, anchors, options) of boxes that lie close together."""
    boxes, classes = draw.size(1, 60), draw.size(1, 6)
    options = dict(max_detections=draw.size(1, 20), max_classes_per_detection=draw.size(1, 4), num_classes=classes,
                   nms_score_threshold=float(draw.pick(0.0, 0.25, 0.5, 0.9)), nms_iou_threshold=float(draw.pick(0.1, 0.45, 0.6, 1.0)),
                   y_scale=float(draw.pick(1.0, 10.0)), x_scale=10.0, h_scale=float(draw.pick(2.0, 5.0)), w_scale=5.0)
    anchors = np.concatenate([draw.rng.uniform(0, 1, (boxes, 2)), draw.rng.uniform(0.1, 0.6, (boxes, 2))], 1).astype(F32)
    return boxes, classes + draw.size(0, 1), anchors, options


def inputs(draw, boxes, scores, length=4):
    x = draw.rng.normal(0, 1, (1, boxes, length)).astype(F32)
    s = draw.rng.uniform(0, 1, (1, boxes, scores))
    return x, (np.round(s * 8) / 8 if draw.rng.random() < 0.5 else s).astype(F32)  # many equal scores, or none


@pytest.mark.parametrize("seed", range(80))
def test_best_class_of_each_box(seed):
    draw = Draw(seed)
    boxes, scores, anchors, options = scene(draw)
    length = draw.pick(4, 4, 6)
    runs = [inputs(draw, boxes, scores, length) for _ in range(3)]
    assert_same_detections(detection(boxes, scores, anchors, options, length=length), options, anchors, runs)


@pytest.mark.parametrize("seed", range(80))
def test_each_class_by_itself(seed):
    draw = Draw(seed)
    boxes, scores, anchors, options = scene(draw)
    options |= {"use_regular_nms": True, "detections_per_class": draw.size(1, 20)}
    runs = [inputs(draw, boxes, scores) for _ in range(3)]
    assert_same_detections(detection(boxes, scores, anchors, options), options, anchors, runs)


@pytest.mark.parametrize("regular", (False, True))
def test_more_boxes_than_a_class_may_have_by_default(regular):
    """100 a class; boxes far apart, so that all of them stay."""
    draw, options = Draw(1), OPTIONS | dict(max_detections=300, use_regular_nms=regular, num_classes=2)
    anchors = np.array([[i, i, 0.5, 0.5] for i in range(150)], F32)
    runs = [(np.zeros((1, 150, 4), F32), draw.rng.uniform(0.4, 1, (1, 150, 2)).astype(F32))]
    assert assert_same_detections(detection(150, 2, anchors, options), options, anchors, runs) == (200 if regular else 150)


def test_nothing_found():
    x, s, anchors = np.zeros((1, 4, 4), F32), np.full((1, 4, 3), 0.25, F32), np.ones((4, 4), F32)
    for regular in (False, True):
        options = OPTIONS | dict(use_regular_nms=regular)
        assert assert_same_detections(detection(4, 3, anchors, options), options, anchors, [(x, s)]) == 0


def test_boxes_by_hand():
    """The second box is the first again with a lesser score; the third lies elsewhere and is of another class."""
    anchors = [[0.5, 0.5, 0.2, 0.4]] * 2 + [[0.2, 0.8, 0.1, 0.1]]
    scores = np.array([[[0, 0.9, 0.1, 0], [0, 0.8, 0, 0], [0.9, 0.1, 0, 0.7]]], F32)
    boxes, classes, score, count = engine.Model(detection(3, 4, anchors, OPTIONS))(np.zeros((1, 3, 4), F32), scores)
    np.testing.assert_allclose(boxes[0, :2], [[0.4, 0.3, 0.6, 0.7], [0.15, 0.75, 0.25, 0.85]], atol=1e-6)
    assert (classes[0].tolist(), count[0]) == ([0, 2, 0], 2)
    np.testing.assert_array_equal(score[0], np.array([0.9, 0.7, 0], F32))


@pytest.mark.parametrize("bad", ([0, 0, 0, 0.5], [0, 0, 0.5, 0], [0, 0, -0.5, 0.5]))
def test_box_without_extent_stops_the_run(bad):
    """So it does in TFLM, which says nothing of why."""
    data, runs = detection(2, 3, [[0, 0, 1, 1], bad], OPTIONS), [np.zeros((1, 2, 4), F32), np.zeros((1, 2, 3), F32)]
    with pytest.raises(ToolError, match=f"{NAME} #0: its box 1 has no extent"):
        engine.Model(data)(*runs)
    interpreter = runtime.Interpreter.from_bytes(data, arena_size=ARENA)
    with pytest.raises(RuntimeError):
        interpreter.invoke()


@pytest.mark.parametrize("dtype", (np.int8, np.uint8))
def test_quantised_boxes_are_refused(dtype):
    """TFLM opens such a model, and fails when it runs: it has no path that dequantises."""
    x, s, anchors = np.zeros((1, 2, 4), dtype), np.zeros((1, 2, 3), dtype), Constant(np.ones((2, 4), F32))
    data = operator(NAME, [x, s, anchors], [((1, 5, 4), F32), ((1, 5), F32), ((1, 5), F32), ((1,), F32)], OPTIONS)
    assert f"its input 0 cannot be {np.dtype(dtype)}" in refused(data)
    interpreter = runtime.Interpreter.from_bytes(data, arena_size=ARENA)
    with pytest.raises(RuntimeError):
        interpreter.invoke()


@pytest.mark.parametrize("change, sentence", (
    (dict(num_classes=2, max_detections=0), "one of its options is out of range: 0"),
    (dict(num_classes=1), "its boxes or scores do not suit 1 classes"),
    (dict(num_classes=4), "its boxes or scores do not suit 4 classes"),
    (dict(num_classes=0), "one of its options is out of range: 0"),
    (dict(max_classes_per_detection=0), "one of its options is out of range: 0"),
    (dict(use_regular_nms=True, detections_per_class=0), "its detections_per_class should be above 0"),
    (dict(nms_iou_threshold=0.0), "its nms_iou_threshold should be above 0 and at most 1"),
    (dict(nms_iou_threshold=1.5), "its nms_iou_threshold should be above 0 and at most 1"),
    (dict(nms_iou_threshold=float("nan")), "its nms_iou_threshold should be above 0 and at most 1"),
))
def test_options_that_cannot_be(change, sentence):
    assert sentence in refused(detection(2, 3, np.ones((2, 4)), OPTIONS | change, outputs=8))


@pytest.mark.parametrize("key", OPTIONS)
def test_missing_and_strange_options(key):
    rest = {k: v for k, v in OPTIONS.items() if k != key}
    strange = flexbuffer(rest | {key: True}) if isinstance(OPTIONS[key], float) else flexbuffer(rest | {key: 2.5})
    for options in (flexbuffer(rest), strange):
        assert_refused("one of its options is missing or no", NAME, *parts(), options)


@pytest.mark.parametrize("at", range(0, len(flexbuffer(OPTIONS)), 3))
def test_damaged_options(at):
    assert_refused("its options are missing or damaged", NAME, *parts(), flexbuffer(OPTIONS)[:at] or None)


def test_extra_options_do_not_matter():
    engine.measure(operator(NAME, *parts(), OPTIONS | {"_output_quantized": True, "zzz": 1}))


def parts(boxes=(1, 2, 4), scores=(1, 2, 3), anchors=(2, 4), outputs=(20, 5, 5, 1)):
    return ([np.zeros(boxes, F32), np.zeros(scores, F32), Constant(np.ones(anchors, F32))], [((n,), F32) for n in outputs])


@pytest.mark.parametrize("change, sentence", (
    (dict(boxes=(2, 2, 4)), "boxes, scores and anchors should be of 2 boxes"),
    (dict(boxes=(2, 4)), "boxes, scores and anchors should be of 0 boxes"),
    (dict(boxes=(1, 2, 3)), "its boxes or scores do not suit 3 classes"),
    (dict(scores=(1, 3, 3)), "boxes, scores and anchors should be of 2 boxes"),
    (dict(scores=(2, 3)), "boxes, scores and anchors should be of 2 boxes"),
    (dict(anchors=(3, 4)), "boxes, scores and anchors should be of 2 boxes"),
    (dict(anchors=(2, 5)), "boxes, scores and anchors should be of 2 boxes"),
    (dict(anchors=(8,)), "boxes, scores and anchors should be of 2 boxes"),
    (dict(outputs=(7, 5, 5, 1)), "its output 0 is too small"),  # TFLM writes out of bounds
    (dict(outputs=(20, 1, 5, 1)), "its output 1 is too small"),
    (dict(outputs=(20, 5, 1, 1)), "its output 2 is too small"),
    (dict(outputs=(20, 5, 5)), "it cannot have 3 outputs"),
))
def test_shapes_that_cannot_be(change, sentence):
    assert_refused(sentence, NAME, *parts(**change), OPTIONS)


def test_several_classes_of_a_box_need_room_for_their_gaps():
    options = OPTIONS | dict(max_classes_per_detection=2)
    assert room(options, 2) == 8
    assert_refused("its output 0 is too small", NAME, *parts(outputs=(31, 8, 8, 1)), options)
    engine.measure(operator(NAME, *parts(outputs=(32, 8, 8, 1)), options))
