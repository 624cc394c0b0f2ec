# SPDX-License-Identifier: MIT
"""Builds: only when inputs changed, with a useful error when something is missing or fails."""

import dataclasses
import subprocess

import pytest
from torpor_host import build
from torpor_host.build import Part
from torpor_host.errors import ToolError


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A part `thing` that copies source.txt to out/thing/ and counts its runs in runs.txt."""
    monkeypatch.setattr(build, "BUILD", tmp_path / "out")
    (tmp_path / "Makefile").write_text("all:\n\tmkdir -p out/thing\n\tcp source.txt out/thing/thing.txt\n\techo run >> runs.txt\n")
    (tmp_path / "source.txt").write_text("one")
    part = Part("the thing", (str(tmp_path),), tmp_path / "out/thing/thing.txt", ("make",), (tmp_path / "source.txt",))
    monkeypatch.setattr(build, "parts", lambda: {"thing": part})
    return tmp_path


def runs(project):
    return len((project / "runs.txt").read_text().split())


def test_a_second_build_does_nothing(project):
    assert build.build(["thing"]) == build.build(["thing"]) == {"thing": project / "out/thing/thing.txt"}
    assert runs(project) == 1


def test_changed_content_builds_again(project):
    build.build(["thing"])
    (project / "source.txt").write_text("two")
    build.build(["thing"])
    assert (project / "out/thing/thing.txt").read_text() == "two" and runs(project) == 2


def test_a_deleted_output_and_force_build_again(project):
    build.build(["thing"])
    (project / "out/thing/thing.txt").unlink()
    build.build(["thing"])
    build.build(["thing"], force=True)
    assert runs(project) == 3


def test_other_options_build_from_scratch(project, monkeypatch):
    build.build(["thing"])
    (project / "out/thing/old.o").write_text("of another MicroPython")
    other = dataclasses.replace(build.parts()["thing"], make=(str(project), "X=1"))
    monkeypatch.setattr(build, "parts", lambda: {"thing": other})
    build.build(["thing"])
    assert [path.name for path in (project / "out/thing").iterdir()] == ["thing.txt"]


def test_a_failed_build_shows_the_log_and_is_tried_again(project):
    (project / "source.txt").unlink()
    (project / "source.txt").mkdir()
    for _ in range(2):
        with pytest.raises(ToolError, match="the thing failed:(.|\n)*source.txt") as caught:
            build.build(["thing"])
    assert caught.value.hint == f"all of it is in {project}/out/thing.log"


def test_a_missing_compiler_names_its_package(project, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolError, match="make is missing, which builds the thing") as caught:
        build.build(["thing"])
    assert caught.value.hint == "sudo apt-get install make"
    assert not (project / "out/thing/thing.txt").exists()


def test_what_nobody_named_is_left_out_without_an_esp32s_compiler_and_that_is_said(project, monkeypatch):
    thing = build.parts()["thing"]
    other = dataclasses.replace(thing, title="the other", output=project / "out/other.txt", tools=("make", "xtensa-esp32-elf-gcc"))
    monkeypatch.setattr(build, "parts", lambda: {"other": other, "thing": thing})
    monkeypatch.setattr(build.native, "build", lambda folder: folder / "library")
    monkeypatch.setattr(build, "missing_tools", lambda part: list(part.tools[1:]))
    notes = []

    class Notes(build.Silent):
        note = staticmethod(notes.append)

    assert list(build.build(progress=Notes())) == ["host", "thing"]
    assert notes == ["other is left out: xtensa-esp32-elf-gcc is missing (put ESP-IDF's compiler on the PATH: its export.sh does)"]
    with pytest.raises(ToolError, match="xtensa-esp32-elf-gcc is missing, which builds the other"):
        build.build(["other"])


def test_missing_micropython_source(project, monkeypatch):
    monkeypatch.setenv("MICROPYTHON_DIR", str(project / "nowhere"))
    with pytest.raises(ToolError, match="MicroPython's source is not in .*nowhere") as caught:
        build.build(["thing"])
    assert "MICROPYTHON_DIR" in caught.value.hint


def test_an_unknown_part_lists_the_known_ones():
    with pytest.raises(ToolError, match="nothing called emu-x") as caught:
        build.build(["emu-x"])
    assert "emu-m4f" in caught.value.hint and "unix" in caught.value.hint


def test_built_mpy_cross_runs():
    path = build.build(["mpy-cross"])["mpy-cross"]
    assert "mpy-cross" in subprocess.run([path, "--version"], capture_output=True, text=True, check=True).stdout


def test_ulab_is_built_in_where_ulab_dir_names_it(tmp_path, monkeypatch):
    names = ["unix-torpor", "emu-m4f", "emu-stm32f405"]
    monkeypatch.delenv("ULAB_DIR", raising=False)
    assert not any("ULAB_DIR" in word for name in names for word in build.parts()[name].make)
    (tmp_path / "code").mkdir()
    (tmp_path / "code/micropython.mk").touch()
    monkeypatch.setenv("ULAB_DIR", str(tmp_path))
    for part in (build.parts()[name] for name in names):
        assert f"ULAB_DIR={tmp_path}" in part.make and tmp_path / "code" in part.inputs
    assert not any("ULAB_DIR" in word for word in build.parts()["unix"].make)


def test_ulab_dir_that_is_no_checkout(tmp_path, monkeypatch):
    monkeypatch.setenv("ULAB_DIR", str(tmp_path))
    with pytest.raises(ToolError, match="is no checkout of micropython-ulab") as caught:
        build.build(["unix-torpor"])
    assert "code/micropython.mk" in caught.value.hint
