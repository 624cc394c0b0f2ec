# SPDX-License-Identifier: MIT
"""Decision trees and their ensembles, converted: float answers are scikit-learn's own, int8 ones those of the quantised features."""

import numpy as np
import pytest
from digits import CALIBRATION, answers, digits
from exact import assert_exact
from torpor_host.convert import forest, run, scikit, tflite
from torpor_host.convert.net import Net
from torpor_host.convert.source import Source
from torpor_host.convert.writer import Writer
from torpor_host.errors import ToolError
from torpor_host.optimize import run as optimize
from torpor_host.progress import Silent

pytest.importorskip("sklearn", reason="scikit-learn is not installed (extra sklearn)")
from sklearn import ensemble, tree  # noqa: E402
from sklearn.decomposition import PCA  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402

FIXED = {"random_state": 0}
CLASSIFIERS = {
    "tree": tree.DecisionTreeClassifier(**FIXED),
    "stump": tree.DecisionTreeClassifier(max_depth=1, **FIXED),
    "random splits": tree.ExtraTreeClassifier(max_depth=5, **FIXED),
    "forest": ensemble.RandomForestClassifier(10, **FIXED),
    "shallow forest": ensemble.RandomForestClassifier(10, max_depth=6, **FIXED),
    "two bytes a child": ensemble.ExtraTreesClassifier(4, bootstrap=False, **FIXED),
    "scaled": make_pipeline(StandardScaler(), ensemble.RandomForestClassifier(5, max_depth=5, **FIXED)),
    "boosted": ensemble.GradientBoostingClassifier(n_estimators=3, max_depth=2, **FIXED),
    "histogram": ensemble.HistGradientBoostingClassifier(max_iter=3, max_leaf_nodes=8, **FIXED),
}


def rows():
    """The digits as rows of 64: 0 to 1 in steps of 1/16."""
    train_x, train_y, test_x, test_y = digits()
    return train_x.reshape(-1, 64), train_y, test_x.reshape(-1, 64)[:300], test_y[:300]


def converted(estimator, samples=None):
    source = scikit.of_estimator(estimator)
    return run.convert(source, None if samples is None else source.stored([samples])).data


def as_quantised(data, x):
    """The numbers that the features of an int8 model stand for."""
    t = tflite.read(data).main.inputs[0]
    scale = t.scales[0].astype(np.float64)
    return ((np.clip(np.rint(x / scale) + t.zero_point, -128, 127) - t.zero_point) * scale).astype(np.float32)


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_classifier(name):
    train_x, train_y, test_x, test_y = rows()
    estimator = CLASSIFIERS[name].fit(train_x, train_y)
    wanted, data = estimator.predict_proba(test_x), converted(estimator)
    found = answers(data, test_x)[0]
    np.testing.assert_allclose(found, wanted, atol=1e-6)
    np.testing.assert_array_equal(found.argmax(1), wanted.argmax(1))

    small = converted(estimator, train_x[:CALIBRATION])
    found, wanted = answers(small, test_x)[0], estimator.predict_proba(as_quantised(small, test_x))
    near = np.sort(wanted, 1)
    clear = near[:, -1] - near[:, -2] > (0.02 if name != "boosted" else 0.05)
    assert clear.mean() > 0.7 or name == "stump"
    np.testing.assert_array_equal(found.argmax(1)[clear], wanted.argmax(1)[clear])
    before, after = ((p.argmax(1) == test_y).mean() for p in (estimator.predict_proba(test_x), found))
    print(f"{name}: scikit-learn {before:.4f}, int8 {after:.4f}, {len(data)} and {len(small)} bytes")
    assert after > before - 0.03 and len(small) < len(data) + 300


def test_a_forest_of_pure_leaves_answers_as_scikit_learn_does_for_the_quantised_features():
    train_x, train_y, test_x, _ = rows()
    estimator = CLASSIFIERS["forest"].fit(train_x, train_y)
    data = converted(estimator, train_x[:CALIBRATION])
    np.testing.assert_array_equal(answers(data, test_x)[0].argmax(1), estimator.predict(as_quantised(data, test_x)))
    inner = sum(int((part.tree_.children_left >= 0).sum()) for part in estimator.estimators_)
    assert len(data) < 4 * inner + 4000


@pytest.mark.parametrize("name", ["forest", "two bytes a child", "boosted"])
def test_engines_agree_and_optimising_changes_no_bit(name):
    train_x, train_y, _, _ = rows()
    estimator = CLASSIFIERS[name].fit(train_x, train_y)
    for samples in (None, train_x[:50])[name == "boosted" :]:  # SOFTMAX in float32 may differ in the last bit
        data = converted(estimator, samples)
        after = optimize.optimize(data, inputs=3).data
        assert_exact(data, after, runs=6)
        assert len(after) <= len(data)


@pytest.mark.parametrize("estimator", [
    tree.DecisionTreeRegressor(**FIXED), ensemble.RandomForestRegressor(5, max_depth=6, **FIXED), ensemble.ExtraTreesRegressor(5, **FIXED),
    ensemble.GradientBoostingRegressor(n_estimators=12, **FIXED), ensemble.HistGradientBoostingRegressor(max_iter=12, **FIXED)],
    ids=lambda e: type(e).__name__)
def test_regression(estimator):
    rng = np.random.default_rng(0)
    x = rng.normal(3, 2, (500, 6)).astype(np.float32)
    y = 10 * np.sin(x[:, 0]) + x[:, 1] + 0.1 * rng.normal(size=500)
    wanted = estimator.fit(x[:400], y[:400]).predict(x[400:])
    np.testing.assert_allclose(answers(converted(estimator), x[400:])[0].ravel(), wanted, rtol=1e-5, atol=1e-4)
    data = converted(estimator, x[:CALIBRATION])
    found, wanted = answers(data, x[400:])[0].ravel(), estimator.predict(as_quantised(data, x[400:]))
    assert np.abs(found - wanted).mean() < 0.02 * np.ptp(y)


def test_regression_of_several_outputs():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(200, 4)).astype(np.float32)
    estimator = ensemble.RandomForestRegressor(3, max_depth=4, **FIXED).fit(x, np.stack([x[:, 0], x[:, 1] ** 2, x[:, 2]], 1))
    np.testing.assert_allclose(answers(converted(estimator), x[:50])[0], estimator.predict(x[:50]), atol=1e-5)


@pytest.mark.parametrize("loss", ["log_loss", "exponential"])
def test_boosting_of_two_classes(loss):
    train_x, train_y, test_x, _ = rows()
    estimator = ensemble.GradientBoostingClassifier(n_estimators=5, loss=loss, **FIXED).fit(train_x, train_y > 4)
    np.testing.assert_allclose(answers(converted(estimator), test_x[:200])[0], estimator.predict_proba(test_x[:200]), atol=1e-6)


@pytest.mark.parametrize("features", [100, 200, 400])
def test_many_features(features):
    rng = np.random.default_rng(features)
    x = rng.uniform(-1, 1, (300, features)).astype(np.float32)
    estimator = ensemble.ExtraTreesClassifier(20, max_features=1, max_depth=4, **FIXED).fit(x, x[:, -1] > 0)
    assert max(part.tree_.feature.max() for part in estimator.estimators_) > features * 0.9
    np.testing.assert_allclose(answers(converted(estimator), x[:100])[0], estimator.predict_proba(x[:100]), atol=1e-6)
    data = converted(estimator, x)
    np.testing.assert_allclose(answers(data, x[:100])[0], estimator.predict_proba(as_quantised(data, x[:100])), atol=0.01)


@pytest.mark.parametrize("estimator", [tree.DecisionTreeClassifier(), ensemble.RandomForestClassifier(3), tree.DecisionTreeRegressor()])
@pytest.mark.parametrize("samples", [1, 9])
def test_trees_of_one_leaf(estimator, samples):
    x = np.random.default_rng(0).normal(size=(9, 3)).astype(np.float32)
    estimator.fit(x[:samples], np.full(samples, 4))
    wanted = np.full((9, 1), 1 if hasattr(estimator, "classes_") else 4)
    np.testing.assert_array_equal(answers(converted(estimator), x)[0], wanted)
    np.testing.assert_allclose(answers(converted(estimator, x), x)[0], wanted, atol=0.02)


def test_a_tree_of_one_leaf_beside_others():
    leaf, one = np.array([-1]), np.array([[5.0]])
    trees = [forest.Tree(np.array([0]), np.array([0.0]), leaf, leaf, one),
             forest.Tree(np.array([1, 0, 0]), np.float32([0.5, 0, 0]), np.array([1, -1, -1]), np.array([2, -1, -1]), np.array([[0.0], [1], [2]]))]
    net = Net()
    x = net.input("x", (1, 2))
    net.output(forest.forest(net, x, trees), "y")
    data = run.convert(Source("test", net.model(""))).data
    found = answers(data, np.float32([[9, 0.5], [9, 0.6]]))[0].reshape(2, 2)
    np.testing.assert_array_equal(found, [[5, 1], [5, 2]])


@pytest.mark.parametrize("scaler", [None, StandardScaler()])
def test_a_threshold_between_neighbouring_floats(scaler):
    x = (1 + np.arange(12)[:, None] * 2.0**-23).astype(np.float32)
    estimator = make_pipeline(scaler or "passthrough", tree.DecisionTreeClassifier()).fit(x[[0, 5]], [0, 1])
    wanted = estimator.predict_proba(x.astype(np.float64))
    assert 0 < wanted[:, 0].sum() < 11
    np.testing.assert_array_equal(answers(converted(estimator), x)[0], wanted)


def test_each_threshold_parts_the_same_floats_as_behind_its_scaler():
    """Neighbouring float32 around 199 thresholds: scaled as float64, they are rounded to float32 before scikit-learn compares them."""
    x = np.random.default_rng(2).normal(3, 2, (200, 1)).astype(np.float32).astype(np.float64)
    estimator = make_pipeline(StandardScaler(), tree.DecisionTreeRegressor(**FIXED)).fit(x, np.arange(200))
    scaler, grown = estimator[0], estimator[1].tree_
    middle = scaler.inverse_transform(grown.threshold[grown.feature >= 0, None]).astype(np.float32)
    near = np.concatenate([(middle.view(np.int32) + i).view(np.float32) for i in range(-3, 4)])
    np.testing.assert_array_equal(answers(converted(estimator), near)[0].ravel(), estimator.predict(near.astype(np.float64)))


def test_a_scaler_in_front_goes_into_the_thresholds():
    train_x, train_y, test_x, _ = rows()
    estimator = make_pipeline(StandardScaler(), tree.DecisionTreeClassifier(max_depth=3, **FIXED)).fit(train_x * 9 - 4, train_y)
    data = converted(estimator)
    assert not {"MUL", "ADD"} & {op.name for op in tflite.read(data).main.ops[:2]}
    np.testing.assert_allclose(answers(data, test_x * 9 - 4)[0], estimator.predict_proba(test_x * 9 - 4), atol=1e-6)


def test_a_layer_in_front_is_quantised_with_the_trees():
    train_x, train_y, test_x, test_y = rows()
    estimator = make_pipeline(PCA(16, **FIXED), ensemble.RandomForestClassifier(10, **FIXED)).fit(train_x, train_y)
    found = answers(converted(estimator, train_x[:CALIBRATION]), test_x)[0]
    assert (found.argmax(1) == test_y).mean() > estimator.score(test_x, test_y) - 0.03


def test_float_ends():
    train_x, train_y, test_x, _ = rows()
    source = scikit.of_estimator(CLASSIFIERS["stump"].fit(train_x, train_y))
    data = run.convert(source, source.stored([train_x[:CALIBRATION]]), run.Wanted(float_ends=True)).data
    graph = tflite.read(data).main
    assert [t.dtype for t in (*graph.inputs, *graph.outputs)] == [np.float32] * 2
    np.testing.assert_allclose(answers(data, test_x)[0], CLASSIFIERS["stump"].predict_proba(test_x), atol=0.01)


@pytest.mark.parametrize("ends", [False, True])
def test_features_that_int8_cannot_tell_apart_are_named(ends):
    """One feature of 0 to 1000, whose steps are 4; two of 0 to 10, which take 3 of them; one that never changes."""
    rng = np.random.default_rng(3)
    x = np.column_stack([rng.uniform(0, 1000, 200), rng.uniform(0, 10, (200, 2)), np.ones(200)]).astype(np.float32)
    source, notes = scikit.of_estimator(tree.DecisionTreeClassifier(**FIXED).fit(x, x[:, 1] > 5)), []

    class Notes(Silent):
        def note(self, text):
            notes.append(text)

    run.convert(source, source.stored([x]), run.Wanted(float_ends=ends), progress=Notes())
    assert len(notes) == 1 and notes[0].startswith("2 of 4 features of the input "), notes


def test_int16_is_refused_by_name():
    train_x, _, _, _ = rows()
    source = scikit.of_estimator(CLASSIFIERS["stump"].fit(*rows()[:2]))
    with pytest.raises(ToolError, match=r"2 layers cannot be quantised: #1 \(WHILE: no int16 form\)"):
        run.convert(source, source.stored([train_x[:CALIBRATION]]), run.Wanted("int16x8"))


def test_several_outputs_of_a_classifier_and_an_unknown_start_are_refused_at_once():
    x = np.random.default_rng(0).normal(size=(30, 3))
    pipeline = make_pipeline(StandardScaler(), tree.DecisionTreeClassifier()).fit(x, np.stack([x[:, 0] > 0, x[:, 1] > 0], 1))
    with pytest.raises(ToolError) as caught:
        scikit.of_estimator(pipeline)
    assert str(caught.value) == ("One layer cannot be converted: decisiontreeclassifier (DecisionTreeClassifier: "
                                 "several outputs are not supported in classifiers).")
    with pytest.raises(ToolError, match="init=DecisionTreeRegressor is not supported"):
        scikit.of_estimator(ensemble.GradientBoostingRegressor(n_estimators=2, init=tree.DecisionTreeRegressor()).fit(x, x[:, 0]))
    with pytest.raises(ToolError, match="categorical features"):
        scikit.of_estimator(ensemble.HistGradientBoostingRegressor(max_iter=2, categorical_features=[0]).fit(x.round() % 3, x[:, 0]))


def test_a_tree_beyond_two_bytes_is_refused():
    x = np.arange(66000.0)[:, None]
    with pytest.raises(ToolError, match="A tree of 131999 nodes is too large"):
        scikit.of_estimator(tree.DecisionTreeRegressor().fit(x, x.ravel()))


def test_unfitted_trees_are_refused():
    with pytest.raises(ToolError, match="not fitted: RandomForestClassifier"):
        scikit.of_estimator(ensemble.RandomForestClassifier())


@pytest.mark.parametrize("inside", ["ADD", "GREATER"])
def test_loops_that_compute_with_floats_are_not_quantised(inside):
    w = Writer()
    x, y, no, end = (w.tensor(name, (1, 2), dtype) for name, dtype in zip("xynz", [np.float32] * 2 + [np.bool_] * 2))
    condition, body = w.subgraph(), w.subgraph()
    a, b = ([part.tensor("a", (1, 2), np.float32), part.tensor("b", (1, 2), np.bool_)] for part in (condition, body))
    condition.ends(a, a[1:])
    one, sums, larger = (body.tensor(name, (1, 2), dtype, data) for name, dtype, data in (
        ("one", np.float32, np.ones((1, 2))), ("sums", np.float32, None), ("larger", np.bool_, None)))
    if inside == "ADD":
        body.op("ADD", [b[0], one], [sums])
    body.op("GREATER", [one, b[0]] if inside == "GREATER" else [b[0], one], [larger])
    body.ends(b, [sums if inside == "ADD" else b[0], larger])
    w.op("WHILE", [x, no], [y, end], condSubgraphIndex=condition.number, bodySubgraphIndex=body.number)
    source = Source("test", tflite.read(w.finish([x, no], [y])))
    with pytest.raises(ToolError, match="several subgraphs cannot be quantised"):
        run.convert(source, [np.ones((4, 1, 2), np.float32), np.zeros((4, 1, 2), np.bool_)])
