# SPDX-License-Identifier: MIT
"""scikit-learn's decision trees, forests and boosted trees, as forest.py wants them."""

import numpy as np

from torpor_host.convert import ops
from torpor_host.convert.forest import Tree, forest
from torpor_host.convert.net import Unsupported

_OUTPUTS = "an estimator for each output"
_LOWEST = float(np.finfo(np.float32).min)
_FLOATS = 0x7F7FFFFF  # positive finite float32
_AT_ONCE = 1000  # thresholds


def averaged(net, x, model, scalers):
    """A tree, or the mean of a forest's: probabilities of the classes, or the outputs of a regression."""
    if np.ndim(getattr(model, "n_classes_", 0)):
        raise Unsupported("several outputs are not supported in classifiers", _OUTPUTS)
    parts = [part.tree_ for part in getattr(model, "estimators_", [model])]
    values = [_shares(tree) if hasattr(model, "classes_") else tree.value[:, :, 0] for tree in parts]
    return ops.TORCH["mean"](net, forest(net, x, _trees(parts, values, scalers)), 0, True)


def gradient_boosting(net, x, model, scalers):
    if not isinstance(model.init_, str) and type(model.init_).__name__ not in ("DummyClassifier", "DummyRegressor"):
        raise Unsupported(f"init={type(model.init_).__name__} is not supported", "init=None")
    parts = [part.tree_ for part in model.estimators_.ravel()]
    trees = _trees(parts, [model.learning_rate * tree.value[:, :, 0] for tree in parts], scalers)
    zeros = np.zeros((1, model.n_features_in_))
    decide = model.decision_function if hasattr(model, "classes_") else model.predict
    grown = sum(model.learning_rate * np.array([part.predict(zeros)[0] for part in row]) for row in model.estimators_)
    score = _sum(net, x, trees, decide(zeros).ravel() - grown)
    return _probabilities(net, score, 2 if model.loss == "exponential" else 1) if hasattr(model, "classes_") else score


def hist_gradient_boosting(net, x, model, scalers):
    if np.any(getattr(model, "is_categorical_", None)):
        raise Unsupported("categorical features are not supported", "one-hot features")
    if model.loss in ("poisson", "gamma"):
        raise Unsupported(f"loss={model.loss} is not supported", "loss=squared_error")
    trees = [_hist_tree(part.nodes, scalers) for row in model._predictors for part in row]
    score = _sum(net, x, trees, model._baseline_prediction.ravel())
    return _probabilities(net, score, 1) if hasattr(model, "classes_") else score


def _shares(tree):
    """[nodes, classes] of 1."""
    weights = tree.value[:, 0, :]
    return weights / weights.sum(1, keepdims=True)


def _trees(parts, values, scalers) -> list[Tree]:
    return [Tree(tree.feature, _unscaled(scalers, np.maximum(tree.feature, 0), tree.threshold, np.float32),
                 tree.children_left, tree.children_right, at.astype(np.float32)) for tree, at in zip(parts, values)]


def _hist_tree(nodes, scalers) -> Tree:
    """Its features are compared as float64, so a threshold without scaler is best rounded to the nearest float32."""
    leaf, feature = nodes["is_leaf"].astype(bool), nodes["feature_idx"].astype(int)
    left, right = (np.where(leaf, -1, nodes[side].astype(int)) for side in ("left", "right"))
    threshold = np.clip(nodes["num_threshold"], _LOWEST, -_LOWEST)  # infinity parts numbers from none
    threshold = _unscaled(scalers, feature, threshold, np.float64) if scalers else threshold.astype(np.float32)
    return Tree(feature, threshold, left, right, nodes["value"][:, None].astype(np.float32))


def _unscaled(scalers, feature, threshold, dtype):
    """float32 [n]: the greatest that does not exceed threshold[i] once scaled, as feature[i], and rounded to `dtype`.

    It is sought by bisection among all float32, so that answers are the same for each of them.
    """
    if len(feature) > _AT_ONCE:
        halves = zip(np.array_split(feature, 2), np.array_split(threshold, 2))
        return np.concatenate([_unscaled(scalers, *half, dtype) for half in halves])
    low, high = (np.full(len(feature), end * _FLOATS) for end in (-1, 1))
    rows = np.arange(len(feature))
    while (low < high).any():
        middle = (low + high + 1) // 2
        x = np.zeros((len(feature), scalers[0].n_features_in_ if scalers else feature.max() + 1))
        x[rows, feature] = _float32(middle)
        for scaler in scalers:
            x = scaler.transform(x)
        below = x[rows, feature].astype(dtype) <= threshold
        low, high = np.where(below, middle, low), np.where(below, high, middle - 1)
    return _float32(low)


def _float32(number):
    """All finite float32 in their order, by number."""
    return np.where(number < 0, -number | 1 << 31, number).astype(np.uint32).view(np.float32)


def _sum(net, x, trees, start):
    """The sums over trees that take turns with the outputs, plus `start` of each output."""
    values = forest(net, x, trees).reshaped((-1, len(start)))
    return ops.TORCH["add"](net, ops.TORCH["sum"](net, values, 0, True), start)


def _probabilities(net, score, gain):
    if score.shape[1] > 1:
        return ops.TORCH["softmax"](net, score, 1)
    second = ops.TORCH["sigmoid"](net, score if gain == 1 else ops.TORCH["mul"](net, score, gain))
    return ops.TORCH["cat"](net, [ops.TORCH["rsub"](net, second, 1), second], 1)


STEPS = {
    "DecisionTreeClassifier": averaged, "DecisionTreeRegressor": averaged, "ExtraTreeClassifier": averaged,
    "ExtraTreeRegressor": averaged, "RandomForestClassifier": averaged, "RandomForestRegressor": averaged,
    "ExtraTreesClassifier": averaged, "ExtraTreesRegressor": averaged, "GradientBoostingClassifier": gradient_boosting,
    "GradientBoostingRegressor": gradient_boosting, "HistGradientBoostingClassifier": hist_gradient_boosting,
    "HistGradientBoostingRegressor": hist_gradient_boosting}
