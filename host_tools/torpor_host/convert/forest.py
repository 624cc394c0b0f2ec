# SPDX-License-Identifier: MIT
"""Decision trees as operators: all trees of a forest go down at once, a level in each turn of a WHILE.

A tree's nodes have codes: its n inner nodes 0 to n - 1, each behind its parent, then its leaves from n on. A table has for each
inner node a feature, a threshold and the codes of both children: 4 bytes when thresholds are int8, 7 when they are float32. A
turn does for each tree, with cur the code that it is at:

    row = min(cur, n) + the tree's first row
    cur = max(cur, x[feature[row]] > threshold[row] ? right[row] : left[row])

Row n of a tree has children of code 0, so a leaf stays where it is. Codes and features that need it take two bytes.
"""

from dataclasses import dataclass

import numpy as np
from tflite_micro.tensorflow.lite.micro.python import schema_py_generated as schema

from torpor_host.convert import layout
from torpor_host.convert.graph import Graph, Op, Tensor, type_of
from torpor_host.convert.layout import Value
from torpor_host.convert.writer import RAW, options_table
from torpor_host.errors import ToolError

_BYTE, _MOST = 256, 65536  # codes in one byte, and in two


@dataclass(frozen=True)
class Tree:
    """Node i goes left if x[feature[i]] <= threshold[i]; a leaf has left[i] < 0 and the values values[i]. Node 0 is the root.

    feature, left, right: integers [nodes]; threshold: float32 [nodes]; values: float32 [nodes, n].
    """

    feature: np.ndarray
    threshold: np.ndarray
    left: np.ndarray
    right: np.ndarray
    values: np.ndarray

    def order(self) -> tuple[np.ndarray, np.ndarray, int]:
        """Its inner nodes, parents first, its leaves, and how often it branches at most."""
        inner, leaves, level, depth = [], [], [0], -1
        while level:
            depth += 1
            leaves += [i for i in level if self.left[i] < 0]
            branches = [i for i in level if self.left[i] >= 0]
            inner += branches
            level = [int(child) for i in branches for child in (self.left[i], self.right[i])]
        return np.array(inner, int), np.array(leaves, int), depth


def forest(net, x: Value, trees: list[Tree]) -> Value:
    """The values of the leaf that x [1, features] reaches in each tree: [trees, n]. Raises ToolError: a tree of more than 65536 nodes."""
    return _Forest(net, trees).reached(x)


class _Part:
    """A graph that grows by operators on vectors; `count` trees."""

    def __init__(self, net, graph: Graph, count: int):
        self._net, self.graph, self._count = net, graph, count

    def op(self, name, inputs, dtype=np.int32, shape=None, **options) -> Tensor:
        """Adds an operator; shape: of its output, by default an element for each tree."""
        y = self.tensor(dtype, (self._count,) if shape is None else shape)
        self.add(name, inputs, [y], **options)
        return y

    def add(self, name, inputs, outputs, **options):
        inputs = [self._net.constant(t) if isinstance(t, np.ndarray) else t for t in inputs]
        self.graph.ops.append(Op(name, inputs, outputs, options_table(name, options)))

    @staticmethod
    def tensor(dtype, shape) -> Tensor:
        return Tensor(None, shape, type_of(dtype), None, RAW if dtype == np.int8 else None)


class _Forest:
    def __init__(self, net, trees):
        self._net, self._trees = net, trees
        orders = [tree.order() for tree in trees]
        self._inner, self._leaves, depths = zip(*orders)
        self._depth, self._sizes = max(depths), np.array([len(inner) for inner in self._inner])
        self._values, self._starts, self._places = self._leaf_table()
        self._first = np.cumsum([0, *(self._sizes + 1)])[:-1]  # each tree's first row
        self._columns, self._bias, self._feature_bias = self._encoded()

    def reached(self, x: Value) -> Value:
        part = _Part(self._net, self._net.graph, len(self._trees))
        x = self._net.arranged(x, layout.plain(x.shape).ravel())
        roots = [place[0] if size == 0 else 0 for size, place in zip(self._sizes, self._places)]
        carried = [np.zeros((), np.int32), np.array(roots, np.int32) - np.int32(self._bias), x]
        ends = [part.tensor(*kind) for kind in self._kinds(x)]
        number = len(self._net.parts) + 1
        self._net.parts += [self._condition(x), self._body(x)]
        part.add("WHILE", carried, ends, condSubgraphIndex=number, bodySubgraphIndex=number + 1)
        at = part.op("ADD", [ends[1], (self._starts - self._sizes + self._bias).astype(np.int32)])
        return self._net.layer("GATHER", [self._values, at], (len(self._trees), self._values.shape[1]), axis=0)

    def _kinds(self, x):
        """What the loop carries: the number of the turn, the trees' codes, the features."""
        return [(np.int32, ()), (np.int32, (len(self._trees),)), (x.dtype, x.shape)]

    def _condition(self, x) -> Graph:
        inputs = [_Part.tensor(*kind) for kind in self._kinds(x)]
        part = _Part(self._net, Graph(inputs, [], [], name="condition"), len(self._trees))
        part.graph.outputs = [part.op("LESS", [inputs[0], np.array(self._depth, np.int32)], np.bool_, ())]
        return part.graph

    def _body(self, x) -> Graph:
        turn, cur, x = inputs = [_Part.tensor(*kind) for kind in self._kinds(x)]
        part = _Part(self._net, Graph(inputs, [], [], name="level"), len(self._trees))
        row = part.op("MINIMUM", [cur, (self._sizes - self._bias).astype(np.int32)])
        row = part.op("ADD", [row, (self._first + self._bias).astype(np.int32)])
        columns, places = _columns(part, self._columns, row)
        feature, left, right = (columns[a:b] for a, b in zip(places, places[1:]))
        feature = _number(part, feature, self._feature_bias)
        right_one = part.op("GREATER", [part.op("GATHER", [x, feature], x.dtype, axis=0),
                                        part.op("GATHER", [self._thresholds(), row], x.dtype, axis=0)], np.bool_)
        child = [part.op("SELECT_V2", [right_one, b, a], np.int8) for a, b in zip(left, right)]
        cur = part.op("MAXIMUM", [_number(part, child, 0), cur])
        part.graph.outputs = [part.op("ADD", [turn, np.array(1, np.int32)], shape=()), cur, x]
        return part.graph

    def _leaf_table(self):
        """Values [n, ...], each tree's first row there, and for each tree its leaves' codes.

        Equal leaves have one code, in all trees if codes then take one byte; else in a tree if they take one byte so.
        """
        values = [tree.values[leaves].astype(np.float32) for tree, leaves in zip(self._trees, self._leaves)]
        rows, places = _unique(np.concatenate(values))
        starts, own = np.zeros(len(values), int), [_unique(v) for v in values]
        places = np.split(places, np.cumsum([len(v) for v in values])[:-1])
        if self._sizes.max() + len(rows) > _BYTE >= max(n + len(found) for n, (found, _) in zip(self._sizes, own)):
            rows, places = np.concatenate([found for found, _ in own]), [place for _, place in own]
            starts = np.cumsum([0, *(len(found) for found, _ in own)])[:-1]
        return rows, starts, [n + place for n, place in zip(self._sizes, places)]

    def _encoded(self):
        """The columns [rows] of int8 for features, left and right children, one or two each; then children's and features' bias."""
        tables = []
        for tree, inner, leaves, places in zip(self._trees, self._inner, self._leaves, self._places):
            code = np.zeros(len(tree.left), int)
            code[inner], code[leaves] = np.arange(len(inner)), places
            tables.append(np.concatenate([[tree.feature[inner], code[tree.left[inner]], code[tree.right[inner]]], [[0]] * 3], axis=1))
        feature, left, right = np.concatenate(tables, axis=1)
        most = max(int(place.max()) for place in self._places)
        if most >= _MOST:
            raise ToolError(f"A tree of {most + 1} nodes is too large.", f"limit its depth or its leaves: {_MOST} nodes are the most")
        features, feature_bias = _bytes(feature, feature.max())
        (lefts, bias), (rights, _) = (_bytes(numbers, most) for numbers in (left, right))
        return [features, lefts, rights], bias, feature_bias

    def _thresholds(self):
        """float32 [rows]."""
        return np.concatenate([np.append(tree.threshold[inner], 0) for tree, inner in zip(self._trees, self._inner)]).astype(np.float32)


def _unique(values):
    rows, places = np.unique(values, axis=0, return_inverse=True)
    return rows, places.ravel()


def _bytes(numbers, most):
    """Numbers of 0 to `most` as int8 columns, the upper byte first, and what these lack to them."""
    if most < _BYTE // 2:
        return [numbers], 0
    if most < _BYTE:
        return [numbers - 128], 128
    return [numbers // _BYTE - 128, numbers % _BYTE - 128], 128 * _BYTE + 128


def _columns(part, codes, row):
    """The columns of each tree's row, and where each code's begin."""
    flat = np.stack([column for code in codes for column in code]).astype(np.int8)
    found = part.op("GATHER", [flat, row], np.int8, (len(flat), *row.shape), axis=1)
    columns = [part.tensor(np.int8, row.shape) for _ in flat]
    part.add("UNPACK", [found], columns, num=len(flat), axis=0)
    return columns, np.cumsum([0, *map(len, codes)])


def _number(part, columns, bias):
    """int32 from its bytes, plus a bias."""
    columns = [part.op("CAST", [column]) for column in columns]
    if len(columns) > 1:
        columns = [part.op("ADD", [part.op("MUL", [columns[0], np.array([_BYTE], np.int32)]), columns[1]])]
    return part.op("ADD", [columns[0], np.array([bias], np.int32)]) if bias else columns[0]
