# SPDX-License-Identifier: MIT
"""Files of Keras, with h5py alone: what a model consists of, and its weights. Nothing in a file is run or unpickled.

A .keras is an archive of config.json and model.weights.h5, whose groups are named by the layers' classes and counted; a .h5 of
either Keras has the configuration as an attribute and the weights under the layers' names.
"""

import io
import json
import re
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from torpor_host.errors import ToolError
from torpor_host.extras import need

_SAVE = "write it with model.save(), as .keras or .h5"
_MODELS = ("Sequential", "Functional", "Model")
# Of zipfile, json and h5py, and of what is not as Keras writes it.
_FAULTS = (OSError, KeyError, ValueError, TypeError, AttributeError, RuntimeError, EOFError, zipfile.BadZipFile, zlib.error)


@dataclass(frozen=True)
class Saved:
    """config: the model, as Keras describes it. weights: of each layer, by its place, such as "block/conv". version: Keras's, 2 or 3."""

    config: dict
    weights: dict[str, tuple[np.ndarray, ...]]
    version: int


def read(path: Path) -> Saved:
    """The model in a `.keras` or a `.h5`. Raises ToolError: damaged, weights alone, a model that is not made of layers."""
    h5py = need("h5py", "keras")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ToolError(f"{path} cannot be read: {error.strerror}.", _SAVE) from None
    try:
        return (_archive if path.suffix == ".keras" else _legacy)(h5py, path, data)
    except _FAULTS:
        raise ToolError(f"{path} is no whole model of Keras.", _SAVE) from None


def layers(config: dict) -> list[dict]:
    """Those of a Sequential or functional model, in the file's order."""
    found = config["config"]
    return found if isinstance(found, list) else found["layers"]


def name(entry: dict) -> str:
    return entry["config"]["name"]


def is_model(entry: dict) -> bool:
    """Whether a layer consists of layers itself."""
    return entry.get("class_name") in _MODELS and "layers" in entry["config"] or isinstance(entry["config"], list)


def is_function(entry: dict) -> bool:
    """Whether it is a function of keras.ops, not a layer: those can all be trained, if only in name."""
    if ".ops." in f"{entry.get('module')}.":
        return True
    return not is_model(entry) and "trainable" not in entry["config"] and entry["class_name"] != "InputLayer"


def _archive(h5py, path, data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        config, about = (json.loads(archive.read(part)) for part in ("config.json", "metadata.json"))
        if "model.weights.h5" not in archive.namelist():
            raise ToolError(f"{path} has no weights.", _SAVE)
        stored = archive.read("model.weights.h5")
    _whole(path, config)
    found = {}
    with h5py.File(io.BytesIO(stored)) as file:
        _of_classes(layers(config), file, "", found)
    return Saved(config, found, int(about["keras_version"].split(".")[0]))


def _legacy(h5py, path, data):
    with h5py.File(io.BytesIO(data)) as file:
        if "model_config" not in file.attrs:
            what = "weights alone, without the model" if {"layer_names", "layers"} & {*file.attrs, *file} else "no model of Keras"
            raise ToolError(f"{path} holds {what}.", "write the whole model with model.save(), not save_weights()")
        config, groups = json.loads(_text(file.attrs["model_config"])), file["model_weights"]
        _whole(path, config)
        found = {}
        for entry in layers(config):
            _of_names([entry], _named(groups[name(entry)]) if name(entry) in groups else [], "", found)
        return Saved(config, found, int(_text(file.attrs.get("keras_version", "2")).split(".")[0]))


def _whole(path, config):
    if not is_model(config):
        raise ToolError(f"{path} is a {config.get('class_name')}, whose layers the file does not describe.",
                        "build it as a Sequential or functional model; or give a SavedModel folder, for which TensorFlow is needed")


def _of_classes(entries, group, place, found):
    """Weights of the layers in a group: conv2d, conv2d_1 and so on, in the order of the layers."""
    inside, counts = next((group[part] for part in ("layers", "_layer_checkpoint_dependencies") if part in group), {}), {}
    for entry in entries:
        if is_function(entry):
            continue
        kind = _snake(entry["class_name"])
        count = counts[kind] = counts.get(kind, -1) + 1
        part = inside.get(f"{kind}_{count}" if count else kind)
        if is_model(entry):
            _of_classes(layers(entry), {} if part is None else part, f"{place}{name(entry)}/", found)
        elif part is not None:
            found[place + name(entry)] = tuple(_variables(part))


def _variables(group):
    """Its own, then those of what it is made of, such as the cell of an LSTM."""
    own = group.get("vars", {})
    found = [np.array(own[str(i)]) for i in range(len(own))]
    for part in group:
        if part not in ("vars", "seed_generator"):
            found += _variables(group[part])
    return found


def _of_names(entries, named, place, found):
    """Weights by their names, such as block/conv/kernel, in which a layer's name is one part, and perhaps those of models around it."""
    models = {name(entry) for entry in entries if is_model(entry)}
    for entry in entries:
        others = models - {name(entry)}
        own = [(path, values) for path, values in named if name(entry) in path.split("/")[:-1] and not others & set(path.split("/"))]
        if is_model(entry):
            _of_names(layers(entry), own or named, f"{place}{name(entry)}/", found)
        else:
            found[place + name(entry)] = tuple(values for _, values in own)


def _named(group):
    """Names and arrays of one group; a long list of names lies in several attributes."""
    keys = sorted((key for key in group.attrs if re.fullmatch(r"weight_names\d*", key)), key=lambda key: (len(key), key))
    names = [_text(name) for key in keys for name in group.attrs[key]]
    return [(name, np.array(group[name])) for name in names]


def _text(given):
    return given.decode() if isinstance(given, bytes) else str(given)


def _snake(kind):
    """As Keras makes a group's name of a class: Conv2DTranspose is conv2d_transpose."""
    kind = re.sub(r"\W+", "", kind)
    kind = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", kind)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", kind).lower()
