# SPDX-License-Identifier: MIT
"""PyTorch: an exported program (torch.export), or a module with a state dict."""

import operator
import os
import zipfile
from pathlib import Path

import numpy as np

from torpor_host.convert import ops
from torpor_host.convert.layout import Value
from torpor_host.convert.net import Net, Unsupported
from torpor_host.convert.source import Source, of_net
from torpor_host.convert.unsupported import Layer, fail
from torpor_host.errors import ToolError
from torpor_host.extras import need

_EXPORT = "write it with torch.export.save, of the version of torch that is installed here"


def load(path: Path, shape: tuple[int, ...] | None = None) -> Source:
    """The program in a `.pt2`, which knows its inputs' shapes. Raises ToolError: damaged, with objects that only a pickle can make, layers that are not known."""
    torch = need("torch", "train")
    _refuse_pickles(path)
    forced, os.environ["TORCH_FORCE_WEIGHTS_ONLY_LOAD"] = os.environ.get("TORCH_FORCE_WEIGHTS_ONLY_LOAD"), "1"
    try:
        program = torch.export.load(path)
    except Exception as error:  # torch raises whatever its parts raise
        raise ToolError(f"{path} is no exported program: {_line(error)}.", _EXPORT) from None
    finally:
        os.environ.pop("TORCH_FORCE_WEIGHTS_ONLY_LOAD")
        if forced is not None:
            os.environ["TORCH_FORCE_WEIGHTS_ONLY_LOAD"] = forced
    return of_program(program)


def _refuse_pickles(path):
    """torch.export.load unpickles what stands beside the tensors, whatever it is."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name.rpartition("/")[2] for name in archive.namelist() if "/data/constants/" in name]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise ToolError(f"{path} is no exported program: it is no archive.", _EXPORT) from None
    if any(not name.startswith("tensor_") and not name.endswith(".json") for name in names):
        raise ToolError(f"{path} holds pickled objects, which could run any code.", "export a module that has only tensors")


def of_module(module, weights: Path | None, shape: tuple[int, ...] | None) -> Source:
    """A module, exported for one input of `shape`, without the batch. weights: a file with its state dict, or None.

    Raises ToolError: no shape, not a state dict or that of another module, a module that cannot be exported.
    """
    torch = need("torch", "train")
    if weights is not None:
        _fill(module, weights)
    if shape is None:
        raise ToolError("The module does not say what shape its input has.", "give --calibrate DATA.npz with samples as x, or --shape such as 1,28,28")
    try:
        with torch.no_grad():
            program = torch.export.export(module.eval(), (torch.zeros(1, *shape),))
    except Exception as error:  # the module's own code runs
        raise ToolError(f"The module cannot be exported for an input of {list((1, *shape))}: {_line(error)}.",
                        "torch.export.export(module, (example,)) says more") from None
    return of_program(program)


def state_dict(path: Path) -> dict:
    """The tensors in a file; nothing else is unpickled. Raises ToolError: it cannot be read, or is no state dict."""
    torch = need("torch", "train")
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise ToolError(f"{path} cannot be read: {error.strerror or error}.", "give the path of a state dict") from None
    except Exception:  # torch, pickle and zipfile each have their own
        state = None
    if not isinstance(state, dict) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise ToolError(f"{path} is no state dict.", "write it with torch.save(module.state_dict(), path)")
    return state


def _fill(module, path):
    try:
        module.load_state_dict(state_dict(path))
    except RuntimeError as error:
        reasons = " ".join(line.strip().rstrip(". ") for line in str(error).splitlines()[1:3])
        raise ToolError(f"{path} is the state dict of another module: {reasons[:200]}.", "give the weights of this module") from None


def of_program(program) -> Source:
    """Converts an exported program. Raises ToolError that names all layers without counterpart."""
    ops.load()
    return _Converter(program).source()


class _Converter:
    """Walks the program's nodes; `values` has what each gave: a Value, an array of a constant, or a number."""

    def __init__(self, program):
        self._program, self._net = program, Net()
        self._values, self._shapes, self._bad = {}, {}, []
        self._inputs = {spec.arg.name: spec for spec in program.graph_signature.input_specs}

    def source(self) -> Source:
        for node in self._program.graph.nodes:
            if node.op == "output":
                fail(self._bad)
                self._outputs(node)
            else:
                self._values[node] = getattr(self, "_" + node.op)(node)
        return of_net("PyTorch", self._net, self._shapes)

    def _placeholder(self, node):
        spec = self._inputs[node.name]
        if spec.target is not None:
            tensors = self._program.state_dict if spec.target in self._program.state_dict else self._program.constants
            return _array(tensors[spec.target])
        seen = node.meta["val"]
        if not hasattr(seen, "shape") or not seen.dtype.is_floating_point:
            raise ToolError(f"The input {node.name} is no tensor of floats.", "export a module that takes float32 tensors alone")
        shape = _sizes(seen.shape)
        if shape[:1] != (1,):
            raise ToolError(f"The program was exported for a batch of {shape[0] if shape else 'no dimension'}.",
                            "export it with an example of a batch of 1, or with a dynamic batch")
        value = self._net.input(node.name, shape)
        self._shapes[value.tensor] = shape
        return value

    def _get_attr(self, node):
        return _array(operator.attrgetter(node.target)(self._program.graph_module))

    def _call_function(self, node):
        arguments = [self._argument(a) for a in node.args]
        options = {name: self._argument(a) for name, a in node.kwargs.items()}
        if not hasattr(node.target, "_schema"):  # Python's own, on numbers and tuples
            return node.target(*arguments, **options)
        name = node.target._schema.name.split("::")[1]
        if not _any_value(arguments):
            return self._constant(node, options)
        return self._layer(node, name, arguments, options)

    def _constant(self, node, options):
        """Computed by torch itself: nothing of it depends on the inputs."""
        import torch

        def tensor(a):
            return torch.from_numpy(np.ascontiguousarray(a)) if isinstance(a, np.ndarray) else a

        arguments = [tensor(self._argument(a)) for a in node.args]
        return _array(node.target(*arguments, **{k: tensor(v) for k, v in options.items()}))

    def _layer(self, node, name, arguments, options):
        self._net.place = _place(node)
        known = ops.TORCH.get(name) or ops.TORCH.get(name.rstrip("_"))
        try:
            if known is None:
                raise Unsupported("", "")
            return known(self._net, *arguments, **options)
        except Unsupported as error:
            self._bad.append(Layer(self._net.place, name, str(error), error.instead))
        except TypeError:
            self._bad.append(Layer(self._net.place, name, "an argument is not supported"))
        return self._stand_in(node)

    def _stand_in(self, node):
        """What a layer without counterpart would give, so that those behind it are looked at, too."""
        seen = node.meta["val"]
        made = [Net().input("", _sizes(one.shape)) for one in (seen if isinstance(seen, (tuple, list)) else [seen])]
        return tuple(made) if isinstance(seen, (tuple, list)) else made[0]

    def _argument(self, argument):
        if isinstance(argument, (list, tuple)):
            return type(argument)(self._argument(a) for a in argument)
        return self._values[argument] if type(argument).__name__ == "Node" else argument

    def _outputs(self, node):
        wanted = [a for a in node.args[0] if a is not None]
        for i, a in enumerate(wanted):
            if not isinstance(self._values[a], Value):
                raise ToolError(f"The output {i} does not depend on the input.", "return what a layer computes")
            self._net.output(self._values[a], "output" if len(wanted) == 1 else f"output{i}")


def _array(tensor):
    """A torch tensor as an array; anything else as it is."""
    if not hasattr(tensor, "detach"):
        return tensor
    tensor = tensor.detach().cpu()
    return (tensor.float() if tensor.dtype.is_floating_point else tensor).numpy()


def _any_value(arguments):
    return any(isinstance(a, Value) or (isinstance(a, (list, tuple)) and _any_value(a)) for a in arguments)


def _sizes(shape):
    """Numbers, 1 for what was left open."""
    return tuple(n if isinstance(n, int) else int(n.node.expr.subs({s: 1 for s in n.node.expr.free_symbols})) for n in shape)


def _place(node):
    """Where a layer stands in the module: "features.3"; the node's name if it stands in no part of it."""
    stack = [path for path, _ in (node.meta.get("nn_module_stack") or {}).values()]
    return stack[-1] if stack and stack[-1] and "_empty_nn_module" not in stack[-1] else node.name


def _line(error):
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0].rstrip('.')[:160]}" if lines else type(error).__name__
