# SPDX-License-Identifier: MIT
"""scikit-learn: multi-layer perceptrons, linear and logistic models, scalers, PCA, and pipelines of them."""

import numpy as np

from torpor_host.convert import ops
from torpor_host.convert.net import Net
from torpor_host.convert.source import Source, of_net
from torpor_host.convert.unsupported import Layer, fail
from torpor_host.errors import ToolError


def of_estimator(estimator) -> Source:
    """A fitted estimator; classifiers give probabilities, in the order of `classes_`, all others what `predict` or `transform` gives.

    Raises ToolError: not fitted, or steps that are not known, all of them named.
    """
    ops.load()
    steps = estimator.steps if hasattr(estimator, "steps") else [(type(estimator).__name__, estimator)]
    steps = [(name, step) for name, step in steps if not isinstance(step, str) and step is not None]
    fail([Layer(name, type(step).__name__, "", "; ".join(_STEPS)) for name, step in steps if type(step).__name__ not in _STEPS])
    width = getattr(estimator, "n_features_in_", None)
    if width is None:
        raise ToolError("The estimator is not fitted.", "call fit() in the function before it returns")
    net = Net()
    x = y = net.input("x", (1, width))
    for net.place, step in steps:
        y = _STEPS[type(step).__name__](net, y, step)
    net.output(y, "output")
    return of_net("scikit-learn", net, {x.tensor: x.shape})


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
    weights, bias = model.coef_, np.broadcast_to(model.intercept_, len(model.coef_))
    if len(weights) == 1:
        weights, bias = np.concatenate([0 * weights, weights]), np.array([0, bias[0]])
    elif getattr(model, "multi_class", "auto") == "ovr" or model.solver == "liblinear":
        raise ToolError("A LogisticRegression of one model a class is not supported.", "fit it with another solver, such as lbfgs")
    return ops.TORCH["softmax"](net, _linear(net, x, weights, bias), 1)


def _regression(net, x, model):
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


_STEPS = {
    "MLPClassifier": _mlp, "MLPRegressor": _mlp, "LogisticRegression": _logistic, "LinearRegression": _regression,
    "Ridge": _regression, "Lasso": _regression, "ElasticNet": _regression, "StandardScaler": _standard, "MinMaxScaler": _min_max,
    "MaxAbsScaler": _max_abs, "RobustScaler": _robust, "PCA": _pca}
