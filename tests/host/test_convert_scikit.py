# SPDX-License-Identifier: MIT
"""scikit-learn estimators, converted: float as scikit-learn computes them, int8 within a point of their accuracy."""

import numpy as np
import pytest
from digits import CALIBRATION, answers, digits
from torpor_host.convert import run, scikit
from torpor_host.errors import ToolError

pytest.importorskip("sklearn", reason="scikit-learn is not installed (extra sklearn)")
from sklearn.decomposition import PCA  # noqa: E402
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge  # noqa: E402
from sklearn.neural_network import MLPClassifier, MLPRegressor  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, RobustScaler, StandardScaler  # noqa: E402
from sklearn.svm import SVC  # noqa: E402


def rows(classes=10):
    """The digits as rows of 64, scaled so that features differ in size; labels below `classes` only."""
    train_x, train_y, test_x, test_y = digits()
    gain = np.linspace(0.5, 2, 64)
    train, test = train_y < classes, test_y < classes
    return (train_x.reshape(-1, 64) * gain)[train], train_y[train], (test_x.reshape(-1, 64) * gain)[test], test_y[test]


def mlp(**options):
    return MLPClassifier((24,), max_iter=40, random_state=0, learning_rate_init=0.005, tol=0.01, **options)


CLASSIFIERS = {
    "logistic": (LogisticRegression(max_iter=200, tol=0.01), 10),
    "logistic of two": (LogisticRegression(max_iter=200, tol=0.01), 2),
    "scaled mlp": (make_pipeline(StandardScaler(with_std=False), mlp()), 10),
    "mlp of two, tanh": (make_pipeline(MinMaxScaler(), mlp(activation="tanh")), 2),
    "pca, logistic mlp": (make_pipeline(PCA(20, whiten=True), mlp(activation="logistic")), 10),
    "clipped": (make_pipeline(MinMaxScaler(clip=True), MaxAbsScaler(), LogisticRegression(max_iter=200, tol=0.01)), 10),
}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("name", CLASSIFIERS)
def test_classifier_as_float_and_as_int8(name):
    estimator, classes = CLASSIFIERS[name]
    train_x, train_y, test_x, test_y = rows(classes)
    source = scikit.of_estimator(estimator.fit(train_x, train_y))
    wanted = estimator.predict_proba(test_x)
    np.testing.assert_allclose(answers(run.convert(source).data, test_x)[0], wanted, atol=1e-4)
    result = run.convert(source, source.stored([train_x[:CALIBRATION]]))
    accuracy, float_accuracy = ((scores.argmax(1) == test_y).mean() for scores in (answers(result.data, test_x)[0], wanted))
    print(f"{name}: float {float_accuracy:.4f}, int8 {accuracy:.4f}, {len(result.data)} bytes, {result.method}")
    assert float_accuracy > 0.9 and accuracy > float_accuracy - 0.01


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("estimator", [
    LinearRegression(), Ridge(), make_pipeline(RobustScaler(), PCA(8)), make_pipeline(StandardScaler(), "passthrough", MLPRegressor(hidden_layer_sizes=(9,), max_iter=5))])
def test_regression_and_features_as_scikit_learn_computes_them(estimator):
    rng = np.random.default_rng(0)
    x = rng.normal(3, np.linspace(0.1, 9, 12), (300, 12))
    estimator.fit(x, x @ rng.normal(size=(12, 2)))
    wanted = estimator.predict(x[:9]) if hasattr(estimator, "predict") else estimator.transform(x[:9])
    (got,) = answers(run.convert(scikit.of_estimator(estimator)).data, x[:9])
    np.testing.assert_allclose(got, wanted, rtol=1e-4, atol=1e-4)


def test_all_unknown_steps_are_named():
    with pytest.raises(ToolError) as caught:
        scikit.of_estimator(make_pipeline(StandardScaler(), SVC()))
    assert str(caught.value) == "One layer cannot be converted: svc (SVC)." and "MLPClassifier" in caught.value.hint


def test_an_estimator_that_is_not_fitted():
    with pytest.raises(ToolError, match="not fitted"):
        scikit.of_estimator(LogisticRegression())


def test_logistic_regression_of_one_model_a_class_is_refused():
    estimator = LogisticRegression().fit(np.eye(3), np.arange(3))
    estimator.multi_class = "ovr"
    with pytest.raises(ToolError, match="one model a class"):
        scikit.of_estimator(estimator)
