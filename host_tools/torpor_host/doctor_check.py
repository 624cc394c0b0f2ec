# SPDX-License-Identifier: MIT
"""What `torpor doctor` says of one thing."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """One thing looked for. found: its version or place, "" if it is missing. means: what fails without it."""

    name: str
    found: str
    needed: bool
    means: str
    hint: str

    @property
    def ok(self) -> bool:
        return bool(self.found)
