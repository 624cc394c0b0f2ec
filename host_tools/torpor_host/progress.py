# SPDX-License-Identifier: MIT
"""What a long step tells the caller: that it began, how far it is, that it ended.

Library functions take a `progress` and are silent by default; the command line passes `Console`.
"""

import time
from contextlib import contextmanager

from rich.console import Console as RichConsole
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


class Silent:
    """Says nothing. Also the interface: `with progress.step("push kws") as tick: tick(done, total)`."""

    @contextmanager
    def step(self, title: str):
        yield lambda done, total: None

    def note(self, text: str):
        """One line about something that was left out."""


SILENT = Silent()


class Console(Silent):
    """One line a step with its elapsed time: live on a terminal, a start and an end line in a log."""

    def __init__(self, console: RichConsole):
        self._console = console

    @contextmanager
    def step(self, title: str):
        start = time.monotonic()
        try:
            with self._live(title) if self._console.is_terminal else self._logged(title) as tick:
                yield tick
        except BaseException:
            self._line(start, title, "failed")
            raise
        self._line(start, title, "done")

    def note(self, text: str):
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    @contextmanager
    def _live(self, title):
        columns = SpinnerColumn(), TimeElapsedColumn(), TextColumn("{task.description}"), BarColumn(24)
        with Progress(*columns, console=self._console, transient=True) as bar:
            task = bar.add_task(title, total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total)

    @contextmanager
    def _logged(self, title):
        self._console.print(f"[      ] {title} ...", markup=False, highlight=False, soft_wrap=True)
        yield lambda done, total: None

    def _line(self, start, title, end):
        text = f"[{time.monotonic() - start:5.0f}s] {title} {end}"
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)
