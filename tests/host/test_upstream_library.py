# SPDX-License-Identifier: MIT
"""What TFLM_DIR and TFLM_LIB add to builds and targets. The archives are made up: only their heads are read."""

import platform

import pytest
from torpor_host import build, targets, upstream
from torpor_host.errors import ToolError

X86_64, ARM = 62, 40  # e_machine, in the ELF specification and Arm's supplement to it


def archive(path, machine):
    """An ar archive whose second member is an ELF object for `machine`."""
    elf = b"\x7fELF" + bytes(12) + b"\x01\x00" + machine.to_bytes(2, "little") + bytes(40)
    members = (b"/" + bytes(59), bytes(8), b"a.o/" + bytes(56), elf)
    path.write_bytes(b"!<arch>\n" + b"".join(members))
    return path


@pytest.fixture
def headers(tmp_path, monkeypatch):
    header = tmp_path / "headers/tensorflow/lite/micro/micro_interpreter.h"
    header.parent.mkdir(parents=True)
    header.touch()
    monkeypatch.setenv("TFLM_DIR", str(tmp_path / "headers"))
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    return tmp_path / "headers"


def set_libraries(monkeypatch, *paths):
    monkeypatch.setenv("TFLM_LIB", ":".join(map(str, paths)))


def upstream_parts():
    return [name for name in build.parts() if name.endswith("-tflm")]


def test_nothing_without_a_library(headers, monkeypatch):
    monkeypatch.delenv("TFLM_LIB", raising=False)
    assert upstream_parts() == [] and not any("tflm" in name for name in targets.names())


def test_each_library_serves_its_machine(headers, monkeypatch, tmp_path):
    pc, board = archive(tmp_path / "pc.a", X86_64), archive(tmp_path / "board.a", ARM)
    set_libraries(monkeypatch, pc)
    assert upstream_parts() == ["unix-tflm"]
    set_libraries(monkeypatch, board)
    assert upstream_parts() == ["emu-m4f-tflm"]
    set_libraries(monkeypatch, board, pc)
    assert upstream_parts() == ["unix-tflm", "emu-m4f-tflm"]
    assert set(upstream_parts()) <= set(targets.names())
    assert upstream.for_pc() == ("ENGINE=tflm", f"TFLM_DIR={headers}", f"TFLM_LIB={pc}")
    assert upstream.for_core("cortex-m4f")[2] == f"TFLM_LIB={board}"


def test_a_library_is_an_input_of_its_part(headers, monkeypatch, tmp_path):
    pc = archive(tmp_path / "pc.a", X86_64)
    set_libraries(monkeypatch, pc)
    part = build.parts()["unix-tflm"]
    assert pc in part.inputs and part.output != build.parts()["unix-torpor"].output


def test_a_library_for_another_machine_serves_none(headers, monkeypatch, tmp_path):
    set_libraries(monkeypatch, archive(tmp_path / "other.a", 243))  # RISC-V
    assert upstream_parts() == []


def test_missing_headers_are_named(headers, monkeypatch, tmp_path):
    set_libraries(monkeypatch, archive(tmp_path / "pc.a", X86_64))
    monkeypatch.setenv("TFLM_DIR", str(tmp_path))
    with pytest.raises(ToolError, match="is not the root of TFLM's headers") as caught:
        upstream.for_pc()
    assert "README" in caught.value.hint


@pytest.mark.parametrize("content", [None, b"", b"text", b"!<arch>\nno object"])
def test_what_is_no_library_is_named(headers, monkeypatch, tmp_path, content):
    path = tmp_path / "thing.a"
    if content is not None:
        path.write_bytes(content)
    set_libraries(monkeypatch, path)
    with pytest.raises(ToolError, match="thing.a, which"):
        upstream.for_pc()
