# SPDX-License-Identifier: MIT
"""Fixtures that every kind of test shares."""

import pytest
from torpor_host.paths import shared


def _folder(name):
    folder = shared() / name
    if not folder.is_dir():
        pytest.skip(f"the folder of peers' files {name} is not beside the project (TORPOR_SHARED sets it)")
    return folder


@pytest.fixture(scope="session")
def peer_models():
    """Models made by others, with the official interpreter's outputs; never copied into the project."""
    return _folder("models/peer")


@pytest.fixture(scope="session")
def peer_data():
    """Recordings and inputs made by others; never copied into the project."""
    return _folder("data/peer")
