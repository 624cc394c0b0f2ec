# SPDX-License-Identifier: MIT
"""The engine's share of an image, against GNU size on objects of which nothing is discarded."""

import subprocess

import pytest
from torpor_host import bench_size, build, codesize, natmod
from torpor_host.boards import load_board
from torpor_host.errors import ToolError

ENGINE = "const int table[10] = {1}; int add(int x, const int *t) { return x + t[x]; }"
OTHER = "extern const int table[]; int add(int, const int *); int main(void) { return add(1, table); }"


def compile_to(path, source):
    path.parent.mkdir(parents=True, exist_ok=True)
    command = ["arm-none-eabi-gcc", "-mcpu=cortex-m4", "-mthumb", "-O2", "-ffunction-sections", "-fdata-sections", "-c"]
    subprocess.run([*command, "-x", "c", "-", "-o", path], input=source, text=True, check=True)
    return path


def link(folder, engine_source, other_source):
    """(image, GNU size's text of the engine's object)."""
    engine = compile_to(folder / "engine/add.o", engine_source)
    other = compile_to(folder / "other.o", other_source)
    command = ["arm-none-eabi-gcc", "-mcpu=cortex-m4", "-mthumb", "-nostdlib", "-Wl,--gc-sections", "-Wl,-e,main"]
    image = folder / "firmware.elf"
    subprocess.run([*command, f"-Wl,-Map={image.with_suffix('.map')}", engine, other, "-o", image], check=True)
    size = subprocess.run(["arm-none-eabi-size", engine], capture_output=True, text=True, check=True)
    return image, int(size.stdout.split()[6])


def test_only_the_engines_code_and_constants_count(tmp_path):
    image, text = link(tmp_path, ENGINE, OTHER)
    assert codesize.engine(image) == text >= 44  # the table alone has 40 bytes


def test_discarded_code_does_not_count(tmp_path):
    image, text = link(tmp_path, ENGINE + "int unused(int x) { return x * 5 + 3; }", OTHER)
    assert 44 <= codesize.engine(image) < text


def test_an_image_without_a_map_is_an_error(tmp_path):
    with pytest.raises(ToolError, match="no linker map"):
        codesize.engine(tmp_path / "firmware.elf")


def test_an_image_with_a_models_operators_has_them_and_no_others(tmp_path):
    build.build(["emu-m4f"])
    few, more, everything = (bench_size.linked("emu-m4f", ops) for ops in (["SOFTMAX"], ["SOFTMAX", "CONV_2D"], natmod.operators()))
    assert 8000 < few < more < everything
    assert everything > codesize.engine(load_board("emu-m4f").firmware) * 0.9
