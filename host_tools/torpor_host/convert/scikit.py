# SPDX-License-Identifier: MIT
"""scikit-learn: multi-layer perceptrons, linear models, nearest centroids, trees (trees.py), scalers, PCA, and pipelines of them."""

import numpy as np

from torpor_host.convert import ops, trees
from torpor_host.convert.net import Net, Unsupported
from torpor_host.convert.source import Source, of_net
from torpor_host.convert.unsupported import Layer, fail
from torpor_host.errors import ToolError


def of_estimator(estimator) -> Source:
    """A fitted estimator; all but classifiers give what `predict` or `transform` gives.

    A classifier gives a number for each class, in the order of `classes_`: probabilities where scikit-learn's have them without
    further fitting, else scores, of which the greatest is that of the class that `predict` gives.
    Raises ToolError: not fitted, or steps that are not supported, all of them named.
    """
    ops.load()
    steps = estimator.steps if hasattr(estimator, "steps") else [(type(estimator).__name__, estimator)]
    steps = [(name, step) for name, step in steps if not isinstance(step, str) and step is not None]
    if not steps:
        raise ToolError("The pipeline has no steps.", "put an estimator into it")
    fail([Layer(name, type(step).__name__, "", _KNOWN) for name, step in steps if type(step).__name__ not in _STEPS])
    for _, step in steps:
        _check_fitted(step)
    net, bad, scalers = Net(), [], []
    while len(steps) > 1 and type(steps[-1][1]).__name__ in trees.STEPS and type(steps[-2][1]).__name__ in _SCALERS:
        scalers.insert(0, steps.pop(-2)[1])
    x = y = net.input("x", (1, (scalers or [steps[0][1]])[0].n_features_in_))
    for net.place, step in steps:
        try:
            if step is not steps[-1][1] and hasattr(step, "predict"):
                raise Unsupported("what it transforms to is not supported", "PCA")
            more = [scalers] if type(step).__name__ in trees.STEPS else []
            y = _STEPS[type(step).__name__](net, y or net.input("behind it", (1, step.n_features_in_)), step, *more)
        except Unsupported as error:
            bad.append(Layer(net.place, type(step).__name__, str(error), error.instead))
            y = None
    fail(bad)
    net.output(y, "output")
    return of_net("scikit-learn", net, {x.tensor: x.shape})


def _check_fitted(step):
    from sklearn.exceptions import NotFittedError
    from sklearn.utils.validation import check_is_fitted

    try:
        check_is_fitted(step)
    except NotFittedError:
        raise ToolError(f"The estimator is not fitted: {type(step).__name__}.", "call fit() in the function before it returns") from None


def _mlp(net, x, model):
    for i, (weights, bias) in enumerate(zip(model.coefs_, model.intercepts_)):
        x = _linear(net, x, weights.T, bias)
        last = i == len(model.coefs_) - 1
        x = _activation(net, x, model.out_activation_ if last else model.activation)
    return x if model.out_activation_ != "logistic" or len(getattr(model, "classes_", ())) != 2 else _both(net, x)


def _activation(net, x, name):
    if name == "identity":
        return x
    if name == "softmax":
        return ops.TORCH["softmax"](net, x, 1)
    return ops.TORCH[{"logistic": "sigmoid"}.get(name, name)](net, x)


def _logistic(net, x, model):
    """Softmax over the classes; of two, the sigmoid of one score, which is softmax over 0 and the score."""
    one_a_class = getattr(model, "multi_class", "auto") == "ovr" or getattr(model, "solver", "") == "liblinear"
    if len(model.coef_) > 1 and one_a_class:
        raise Unsupported("one model a class is not supported", "another solver, such as lbfgs")
    weights, bias = model.coef_, np.broadcast_to(model.intercept_, len(model.coef_))
    if len(weights) == 1:
        weights, bias = np.concatenate([0 * weights, weights]), np.array([0, bias[0]])
    return ops.TORCH["softmax"](net, _linear(net, x, weights, bias), 1)


def _margins(net, x, model):
    """A score a class; of two, that of the second and its negative."""
    if getattr(model, "kernel", "linear") != "linear":
        raise Unsupported(f"kernel={model.kernel} is not supported", "kernel=linear, or a perceptron")
    weights, bias = np.atleast_2d(model.coef_), np.atleast_1d(model.intercept_)
    if hasattr(model, "kernel") and len(model.classes_) > 2:
        raise Unsupported("votes between pairs of classes are not supported", "LinearSVC")
    if len(weights) == 1:
        weights, bias = np.concatenate([-weights, weights]), np.concatenate([-bias, bias])
    return _linear(net, x, weights, np.broadcast_to(bias, len(weights)))


def _centroids(net, x, model):
    """The negative distance from each centroid; if Euclidean, halved, squared, and without what all classes share, so it is linear."""
    equal = np.isclose(model.class_prior_, 1 / len(model.classes_)).all()
    if model.metric == "manhattan" and equal:
        return _manhattan(net, x, model.centroids_)
    if model.metric != "euclidean":
        raise Unsupported(f"metric={model.metric} with these priors is not supported", "metric=euclidean")
    spread = np.where(model.within_class_std_dev_ == 0, 1, model.within_class_std_dev_) if not equal else 1
    weights = model.centroids_ / spread**2
    bias = np.log(model.class_prior_) - (weights * model.centroids_).sum(1) / 2
    return _linear(net, x, weights - weights.mean(0), bias - bias.mean())


def _manhattan(net, x, centroids):
    far = net.layer("SUB", [net.stored(x), centroids.astype(np.float32)], centroids.shape)
    distance = ops.TORCH["sum"](net, ops.TORCH["abs"](net, far), 1)
    return ops.TORCH["neg"](net, distance.reshaped((1, -1)))


def _multinomial(net, x, model):
    return ops.TORCH["softmax"](net, _linear(net, x, model.feature_log_prob_, model.class_log_prior_), 1)


def _regression(net, x, model):
    if getattr(model, "kernel", "linear") != "linear":
        raise Unsupported(f"kernel={model.kernel} is not supported", "kernel=linear, or a perceptron")
    weights = np.atleast_2d(model.coef_)
    return _linear(net, x, weights, np.broadcast_to(model.intercept_, len(weights)))


def _standard(net, x, scaler):
    offset = 0 if scaler.mean_ is None else -scaler.mean_
    gain = 1 if scaler.scale_ is None else 1 / scaler.scale_
    return _affine(net, x, gain, offset * gain)


def _min_max(net, x, scaler):
    y = _affine(net, x, scaler.scale_, scaler.min_)
    return ops.TORCH["clamp"](net, y, *scaler.feature_range) if scaler.clip else y


def _max_abs(net, x, scaler):
    return _affine(net, x, 1 / scaler.scale_, 0)


def _robust(net, x, scaler):
    offset = 0 if scaler.center_ is None else -scaler.center_
    gain = 1 if scaler.scale_ is None else 1 / scaler.scale_
    return _affine(net, x, gain, offset * gain)


def _pca(net, x, pca):
    weights = pca.components_ / (np.sqrt(pca.explained_variance_)[:, None] if pca.whiten else 1)
    return _linear(net, x, weights, -weights @ pca.mean_)


def _affine(net, x, gain, offset):
    gain, offset = (np.broadcast_to(n, x.shape[1:]) for n in (gain, offset))
    return ops.TORCH["add"](net, ops.TORCH["mul"](net, x, gain), offset)


def _linear(net, x, weights, bias):
    return ops.TORCH["linear"](net, x, np.asarray(weights), np.asarray(bias))


def _both(net, x):
    """Probabilities of two classes from the second one's."""
    rest = ops.TORCH["rsub"](net, x, 1)
    return ops.TORCH["cat"](net, [rest, x], 1)


_SCALERS = {"StandardScaler": _standard, "MinMaxScaler": _min_max, "MaxAbsScaler": _max_abs, "RobustScaler": _robust}
_STEPS = {
    "MLPClassifier": _mlp, "MLPRegressor": _mlp, "LogisticRegression": _logistic, "LogisticRegressionCV": _logistic,
    "LinearDiscriminantAnalysis": _logistic, "MultinomialNB": _multinomial, "NearestCentroid": _centroids,
    **dict.fromkeys(("LinearSVC", "SVC", "SGDClassifier", "Perceptron", "RidgeClassifier", "RidgeClassifierCV"), _margins),
    **dict.fromkeys(("LinearRegression", "Ridge", "RidgeCV", "Lasso", "LassoCV", "ElasticNet", "ElasticNetCV", "BayesianRidge",
                     "HuberRegressor", "SGDRegressor", "LinearSVR", "SVR"), _regression),
    "PCA": _pca, **_SCALERS, **trees.STEPS}
_KNOWN = "RandomForestClassifier, MLPClassifier, LogisticRegression or others that convert/README.md lists"
