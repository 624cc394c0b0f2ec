# SPDX-License-Identifier: MIT
"""A Python file of the user's: run once, its functions called; what goes wrong in it is told by its line."""

import contextlib
import importlib.util
import sys
import traceback
from pathlib import Path

from torpor_host.errors import ToolError


class UserFile:
    """The file, run under a name that no other module has. It may import what lies beside it, and prints to stderr.

    uses: what functions it should have, as a hint. Raises ToolError: no such file, or running it raises.
    """

    def __init__(self, path: Path, uses: str):
        self.path, self._uses = Path(path), uses
        if not self.path.is_file():
            raise ToolError(f"{path} cannot be read: no such file.", uses)
        with self._guarded():
            self._module = self._run()

    def call(self, name: str, *arguments, **options):
        """What its function `name` returns. Raises ToolError if there is none, or if it raises."""
        function = self.function(name)
        with self._guarded():
            return function(*arguments, **options)

    def function(self, name: str):
        found = getattr(self._module, name, None)
        if not callable(found):
            raise ToolError(f"{self.path} has no function {name}.", self._uses)
        return found

    def _run(self):
        spec = importlib.util.spec_from_file_location(f"torpor_{self.path.stem}", self.path)
        module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    @contextlib.contextmanager
    def _guarded(self):
        folder = str(self.path.resolve().parent)
        sys.path.insert(0, folder)
        try:
            with contextlib.redirect_stdout(sys.stderr):
                yield
        except ToolError:
            raise
        except (Exception, SystemExit) as error:
            raise ToolError(f"{self._line(error)} raises {type(error).__name__}: {_first(error)}.", "make it work in Python first") from None
        finally:
            sys.path.remove(folder)

    def _line(self, error):
        """"file:line" of the innermost frame in the file."""
        frames = reversed(traceback.extract_tb(error.__traceback__))
        line = next((frame.lineno for frame in frames if Path(frame.filename).resolve() == self.path.resolve()), None)
        return f"{self.path}:{line}" if line else str(self.path)


def _first(error):
    return str(error).strip().splitlines()[0].rstrip(".") if str(error).strip() else ""
