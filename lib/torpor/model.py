# SPDX-License-Identifier: MIT
"""A model with what it says about itself: labels and feature settings."""

import json
import os

from .ring import ALL

_FOLDERS = ("/rom/models/", "/models/", "/flash/models/", "/sd/models/")  # an STM32's files are at /flash or /sd


def find(name):
    """The path of model `name`: in ROMFS first, where it needs no memory. A path is taken as it is."""
    if "/" in name:
        return name
    for folder in _FOLDERS:
        path = folder + name + ".tflite"
        try:
            os.stat(path)
            return path
        except OSError:
            pass
    raise OSError(2, "no model {} in {}".format(name, " or ".join(_FOLDERS)))


class Model:
    """A classifier: int8 features in, one int8 score a label out.

    `labels` and `features` come from the model's metadata entry "torpor";
    `run(matrix)` returns a view of the raw scores, which the next run overwrites:
    label i has (scores[i] - zero_point) * scale. run() allocates nothing.
    """

    def __init__(self, name, arena=None):
        import tflm

        self._model = tflm.Model(find(name), arena)
        about = self._model.metadata("torpor")
        if about is None:
            raise ValueError("{}: no metadata entry torpor (labels and feature settings)".format(name))
        about = json.loads(bytes(about))
        self.labels = about["labels"]
        self.features = about["features"]
        self.input_zero_point = self._model.inputs[0].zero_point
        self.scale = self._model.outputs[0].scale
        self.zero_point = self._model.outputs[0].zero_point
        self._input = self._model.input(0)
        self._output = self._model.output(0)
        if len(self._output) != len(self.labels):
            raise ValueError("{}: {} labels for {} scores".format(name, len(self.labels), len(self._output)))

    def run(self, matrix):
        """Runs once on a feature matrix (int8, the input's number of bytes); returns the scores.

        None while a streaming model waits for more.
        """
        self._input[ALL] = matrix
        return None if self._model.run() is False else self._output
