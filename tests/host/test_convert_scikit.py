# SPDX-License-Identifier: MIT
"""scikit-learn estimators, converted: float as scikit-learn computes them, int8 within a point of their accuracy."""

import numpy as np
import pytest
from digits import CALIBRATION, answers, digits
from torpor_host.convert import run, scikit
from torpor_host.errors import ToolError

pytest.importorskip("sklearn", reason="scikit-learn is not installed (extra sklearn)")
from sklearn.cluster import KMeans  # noqa: E402
from sklearn.decomposition import PCA  # noqa: E402
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis  # noqa: E402
from sklearn.linear_model import HuberRegressor, LinearRegression, LogisticRegression, Ridge, RidgeClassifier, SGDClassifier  # noqa: E402
from sklearn.naive_bayes import MultinomialNB  # noqa: E402
from sklearn.neighbors import KNeighborsClassifier, NearestCentroid  # noqa: E402
from sklearn.neural_network import MLPClassifier, MLPRegressor  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, RobustScaler, StandardScaler  # noqa: E402
from sklearn.svm import SVC, SVR, LinearSVC  # noqa: E402


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


SCORES = {
    "linear svc": (LinearSVC(max_iter=50), 10), "linear svc of two": (LinearSVC(max_iter=50), 2), "svc of two": (SVC(kernel="linear"), 2),
    "sgd": (SGDClassifier(random_state=0), 10), "ridge of two": (RidgeClassifier(), 2), "discriminants": (LinearDiscriminantAnalysis(), 10),
    "naive bayes": (MultinomialNB(), 10), "centroids": (NearestCentroid(), 10), "shrunken centroids": (NearestCentroid(shrink_threshold=0.2), 10),
    "centroids, priors": (NearestCentroid(priors=[0.4] + [0.6 / 9] * 9), 10), "manhattan": (NearestCentroid(metric="manhattan"), 10),
}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning", "ignore::UserWarning")
@pytest.mark.parametrize("name", SCORES)
def test_the_greatest_score_is_that_of_the_predicted_class(name):
    estimator, classes = SCORES[name]
    train_x, train_y, test_x, test_y = rows(classes)
    wanted = estimator.fit(train_x, train_y).predict(test_x)
    found = answers(run.convert(scikit.of_estimator(estimator)).data, test_x)[0]
    assert found.shape == (len(test_x), classes)
    np.testing.assert_array_equal(found.argmax(1), wanted)
    source = scikit.of_estimator(estimator)
    small = answers(run.convert(source, source.stored([train_x[:CALIBRATION]])).data, test_x)[0]
    accuracy, float_accuracy = ((labels == test_y).mean() for labels in (small.argmax(1), wanted))
    print(f"{name}: {float_accuracy:.4f}, int8 {accuracy:.4f}")
    assert float_accuracy > 0.8 and accuracy > float_accuracy - 0.03


@pytest.mark.parametrize("estimator", [LinearDiscriminantAnalysis(), MultinomialNB()])
def test_probabilities(estimator):
    train_x, train_y, test_x, _ = rows(2)
    wanted = estimator.fit(train_x, train_y).predict_proba(test_x)
    np.testing.assert_allclose(answers(run.convert(scikit.of_estimator(estimator)).data, test_x)[0], wanted, atol=1e-4)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_manhattan_distances():
    train_x, train_y, test_x, _ = rows()
    estimator = NearestCentroid(metric="manhattan").fit(train_x, train_y)
    wanted = -np.abs(test_x[:, None] - estimator.centroids_).sum(2)
    np.testing.assert_allclose(answers(run.convert(scikit.of_estimator(estimator)).data, test_x)[0], wanted, rtol=1e-5)


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
        scikit.of_estimator(make_pipeline(KMeans(3), StandardScaler(), KNeighborsClassifier()))
    assert str(caught.value) == "2 layers cannot be converted: kmeans (KMeans); kneighborsclassifier (KNeighborsClassifier)."
    assert "MLPClassifier" in caught.value.hint


def test_discriminants_in_front_of_another_step():
    x, y, _, _ = rows()
    pipeline = make_pipeline(LinearDiscriminantAnalysis(), SVC()).fit(x[:200], y[:200])
    with pytest.raises(ToolError) as caught:
        scikit.of_estimator(pipeline)
    assert str(caught.value).startswith("2 layers cannot be converted: lineardiscriminantanalysis (LinearDiscriminantAnalysis: what it")


@pytest.mark.parametrize("estimator, words", [
    (SVC(), "svc (SVC: kernel=rbf is not supported)"), (SVR(), "svr (SVR: kernel=rbf is not supported)"),
    (SVC(kernel="linear"), "svc (SVC: votes between pairs of classes are not supported)"),
    (NearestCentroid(metric="manhattan", priors="empirical"), "metric=manhattan with these priors is not supported")])
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_what_a_known_estimator_cannot_be(estimator, words):
    x, y, _, _ = rows()
    with pytest.raises(ToolError) as caught:
        scikit.of_estimator(make_pipeline(MaxAbsScaler(), estimator).fit(x[:200] + 1, y[:200]))
    assert words in str(caught.value)


@pytest.mark.parametrize("estimator", [HuberRegressor(), SVR(kernel="linear")])
def test_regression_of_one_output(estimator):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(80, 5))
    wanted = estimator.fit(x, x @ rng.normal(size=5) + 1).predict(x)
    np.testing.assert_allclose(answers(run.convert(scikit.of_estimator(estimator)).data, x)[0].ravel(), wanted, atol=1e-4)


def test_a_pipeline_without_steps():
    with pytest.raises(ToolError, match="no steps"):
        scikit.of_estimator(make_pipeline("passthrough"))


def test_an_estimator_that_is_not_fitted():
    with pytest.raises(ToolError, match="not fitted"):
        scikit.of_estimator(LogisticRegression())


def test_logistic_regression_of_one_model_a_class_is_refused():
    estimator = LogisticRegression().fit(np.eye(3), np.arange(3))
    estimator.multi_class = "ovr"
    with pytest.raises(ToolError, match="one model a class"):
        scikit.of_estimator(estimator)
