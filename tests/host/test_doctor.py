# SPDX-License-Identifier: MIT
"""The doctor sees what is there and what is not."""

import sys

from torpor_host import doctor


def found(name):
    return next(check for check in doctor.examine() if check.name == name)


def test_this_machine_is_healthy():
    assert doctor.missing(doctor.examine()) == []
    assert found("python").found == ".".join(map(str, sys.version_info[:3]))


def test_a_missing_program_says_what_fails_and_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    check = found("qemu-system-arm")
    assert check in doctor.missing(doctor.examine())
    assert check.means == "emulated boards cannot start" and check.hint == "sudo apt-get install qemu-system-arm"


def test_missing_micropython_source(monkeypatch, tmp_path):
    monkeypatch.setenv("MICROPYTHON_DIR", str(tmp_path))
    assert not found("MicroPython source").ok


def test_a_package_of_another_version_than_the_pinned_is_missing(monkeypatch):
    monkeypatch.setattr(doctor.importlib.metadata, "version", lambda name: "0.0.1")
    assert not found("mpremote").ok and found("numpy").ok


def test_a_build_of_the_pinned_version_counts(monkeypatch):
    """PEP 440: ==2.13.0 takes 2.13.0+cpu."""
    monkeypatch.setattr(doctor.importlib.metadata, "version", lambda name: "2.13.0+cpu" if name == "torch" else "1")
    assert found("torch").ok


def test_each_package_is_looked_for_once():
    names = [check.name for check in doctor.examine()]
    assert len(names) == len(set(names)) and not [name for name in names if name.endswith("-stubs")]


def test_a_way_to_flash_that_is_missing_is_told_and_not_needed(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    check = found("dfu-util")
    assert check not in doctor.missing(doctor.examine()) and check.hint == "sudo apt-get install dfu-util"
