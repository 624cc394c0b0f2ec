# SPDX-License-Identifier: MIT
"""What is to be known of a model before it is put on a board: all of it, without a board.

    result = check_file(Path("kws.tflite"), ["emu-m4f"], data=Path("test.npz"))
    result.costs["emu-m4f"].fits, result.exactness.bit_exact, result.accuracy.model
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from torpor_host import engine, files
from torpor_host.boards import board_names, load_board
from torpor_host.check import accuracy, cost, exact, labelled, page, support, words
from torpor_host.convert import tflite
from torpor_host.convert.graph import Model
from torpor_host.errors import ToolError
from torpor_host.progress import SILENT, Silent


@dataclass(frozen=True)
class Result:
    """What was found. model_bytes: of the file. costs: by board. state_bytes: of the RAM that it takes; on this PC, which is at
    most 16 more than on a board. None if the engine cannot run the model.

    exactness: None if the engine cannot run the model. accuracy: None without labelled data, or if it cannot run it.
    """

    name: str
    model_bytes: int
    ops: list[support.Support]
    costs: dict[str, cost.Cost]
    state_bytes: int | None
    exactness: exact.Exactness | None
    accuracy: accuracy.Accuracy | None

    @property
    def supported(self) -> bool:
        return all(op.supported for op in self.ops)

    @property
    def arena_bytes(self) -> int | None:
        """The most that one of the boards needs, as is `module_bytes`."""
        return _most(one.memory.arena_bytes for one in self.costs.values())

    @property
    def module_bytes(self) -> int | None:
        return _most(one.module_bytes for one in self.costs.values())


def _most(numbers) -> int | None:
    return max((n for n in numbers if n is not None), default=None)


def check_file(
    path: Path,
    boards: list[str] | None = None,
    data: Path | None = None,
    twin: Path | None = None,
    report: Path | None = None,
    progress: Silent = SILENT,
) -> Result:
    """Checks the model at `path` for some boards, all that there are by default.

    data: .npz of labelled examples (labelled.py). twin: the float network that the model was made from, a .tflite; without
    it, the model's own integers as real numbers are run. report: an HTML page to write.
    Raises ToolError: a file that cannot be read or is damaged, data that do not fit, an unknown board, a page that cannot be
    written. What a model lacks is no error but a finding.
    """
    profiles = {name: load_board(name) for name in boards or board_names()}
    if twin and not data:
        raise ToolError("A float network is compared on labelled data.", "add --data TEST.npz")
    if report and not report.parent.is_dir():
        raise ToolError(f"{report} cannot be written: there is no such folder.", "create it first")
    file, model, ops = _named(path, lambda: _examined(path))
    examples = labelled.read(data, model) if data else None
    float_file = twin and (Path(twin).name, _twin(Path(twin), model))
    runs = all(op.supported for op in ops)
    modules = cost.modules(path, list(profiles.values()), progress) if runs else {}
    counts = cost.counts(file, list(profiles.values()), progress) if runs else {}
    costs = {name: cost.measure(file, ops, board, modules.get(board.natmod), counts.get(name)) for name, board in profiles.items()}
    exactness = exact.compare(file, progress) if runs else None
    found = accuracy.measure(file, examples, float_file, progress) if runs and examples else None
    result = Result(Path(path).name, len(file), ops, costs, engine.measure(file)[1] if runs else None, exactness, found)
    if report:
        files.write(report, page.page(result).encode())
    return result


def _examined(path) -> tuple[bytes, Model, list[support.Support]]:
    data = Path(path).read_bytes()
    return data, tflite.read(data), support.examine(data)


def _twin(path, model) -> bytes:
    data, twin, ops = _named(path, lambda: _examined(path))
    if refused := [op for op in ops if not op.supported]:
        raise ToolError(f"{path.name}: {refused[0].op} #{refused[0].index}: {refused[0].reason}",
                        "`torpor check` of this file lists every problem at once")
    accuracy.check_twin(twin, model, path.name)
    return data


def _named(path, read: Callable):
    """What read() gives; its error names the file."""
    try:
        return read()
    except OSError as error:
        raise ToolError(f"{path} cannot be read: {error.strerror}.", "give the path of a .tflite file") from None
    except ToolError as error:
        raise ToolError(f"{Path(path).name}: {error}", error.hint) from None


def summary(result: Result) -> dict:
    """What `torpor check --json` prints."""
    op_keys = "index", "op", "type", "supported", "reason"
    return {
        "ops": [{key: getattr(op, key) for key in op_keys} for op in result.ops],
        "arena_bytes": result.arena_bytes, "model_bytes": result.model_bytes, "module_bytes": result.module_bytes,
        "boards": {name: _board(one) for name, one in result.costs.items()},
        "bit_exact": result.exactness and result.exactness.bit_exact,
        "accuracy": result.accuracy and accuracy.summary(result.accuracy)}


def _board(one: cost.Cost) -> dict:
    estimates = {key: getattr(one, key) for key in ("latency_ms", "energy_uj", "error_bound")}
    rounded = {key: value and float(f"{value:.4g}") for key, value in estimates.items()}
    room = one.memory
    return {"fits": room.fits, "flash_free": room.flash_free, "ram_free": room.ram_free, **rounded}


def told(result: Result) -> dict:
    """The same for people: a verdict, the operators that cannot be run, the boards, and sentences on both."""
    timed = [one for one in result.costs.values() if one.latency_ms is not None]
    notes = [words.memory(result.state_bytes, list(result.costs.values()))] if result.supported else []
    notes += [words.origin(timed)] if timed else []
    notes += [words.worst(result.accuracy)] if result.accuracy else []
    return {
        "verdict": words.verdict(result), "refused": [op for op in result.ops if not op.supported],
        "boards": list(result.costs.values()), "notes": notes}
