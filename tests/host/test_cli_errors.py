# SPDX-License-Identifier: MIT
"""Bad input on the command line: one sentence, one hint, exit code 2, nothing half-written."""

import os
import wave

import numpy as np
import pytest
from torpor_host.convert.writer import Writer


def without(folder, *programs):
    """An environment whose PATH has all of /usr/bin except `programs`."""
    folder.mkdir()
    for path in os.scandir("/usr/bin"):
        if path.name not in programs:
            (folder / path.name).symlink_to(path.path)
    return {**os.environ, "PATH": str(folder)}


def save(path, array):
    np.save(path, array)
    return path


# ---- models ----


def test_a_truncated_model(fails, model):
    model.write_bytes(model.read_bytes()[:-200])
    sentence, hint = fails("infer", model, "--xorshift")
    assert sentence.startswith("double.tflite: ") and hint


def test_an_altered_model(fails, model):
    data = bytearray(model.read_bytes())
    data[4:8] = b"NOPE"
    model.write_bytes(data)
    assert fails("infer", model, "--xorshift", "--json")[0].startswith("double.tflite: ")


@pytest.mark.parametrize("target", ["host", "unix", "emu-m4f"])
def test_an_unknown_operator_is_named(fails, tmp_path, target):
    w = Writer()
    x, y = (w.tensor(name, (1, 4), np.float32) for name in "xy")
    w.op("RANK", [x], [y])
    (tmp_path / "unknown.tflite").write_bytes(w.finish([x], [y]))
    sentence, _ = fails("bench", tmp_path / "unknown.tflite", "--on", target)
    assert sentence.startswith("unknown.tflite: ") and "rank" in sentence.lower()


def test_a_model_that_is_not_there(fails, tmp_path):
    assert "No such file" in fails("infer", tmp_path / "none.tflite", "--xorshift")[0]


def test_an_unknown_target_lists_the_known_ones(fails, model):
    sentence, hint = fails("infer", model, "--xorshift", "--on", "mars")
    assert sentence == "There is no target called mars." and all(name in hint for name in ("host", "unix", "emu-m4f"))


# ---- inputs and outputs ----


def test_an_input_of_another_type(fails, model, tmp_path):
    sentence, _ = fails("infer", model, "--input", save(tmp_path / "x.npy", np.zeros(4, np.int8)))
    assert sentence.endswith("x.npy has 4 elements of int8; the input x has 4 of float32.")


def test_an_input_of_another_size(fails, model, tmp_path):
    assert "has 5 elements" in fails("infer", model, "--input", save(tmp_path / "x.npy", np.zeros(5, np.float32)))[0]


def test_an_input_that_is_no_npy(fails, model, tmp_path):
    (tmp_path / "x.npy").write_bytes(b"hello")
    assert "not a .npy file" in fails("infer", model, "--input", tmp_path / "x.npy")[0]


def test_an_input_with_python_objects_is_not_unpickled(fails, model, tmp_path):
    np.save(tmp_path / "x.npy", np.array([{}], object), allow_pickle=True)
    assert "not a .npy file" in fails("infer", model, "--input", tmp_path / "x.npy")[0]


def test_an_input_that_is_not_there(fails, model, tmp_path):
    assert "cannot be read" in fails("infer", model, "--input", tmp_path / "x.npy")[0]


def test_too_many_inputs(fails, model, tmp_path):
    x = save(tmp_path / "x.npy", np.zeros(4, np.float32))
    assert fails("infer", model, "--input", x, "--input", x)[0] == "The model has 1 inputs, 2 were given."


def test_an_output_in_a_missing_folder(fails, model, tmp_path):
    sentence, _ = fails("infer", model, "--xorshift", "--out", tmp_path / "none/y.npz")
    assert "y.npz cannot be written: No such file or directory." in sentence


def test_an_output_that_cannot_be_written_leaves_nothing(fails, model, tmp_path):
    (tmp_path / "y.npz").mkdir()
    before = sorted(tmp_path.iterdir())
    assert "cannot be written" in fails("infer", model, "--xorshift", "--out", tmp_path / "y.npz")[0]
    assert sorted(tmp_path.iterdir()) == before


def test_neither_or_both_kinds_of_input_are_usage_errors(torpor, model):
    for arguments in ([], ["--xorshift", "--input", "x.npy"]):
        result = torpor("infer", model, *arguments)
        assert result.returncode == 2 and result.stdout == "" and "--xorshift" in result.stderr


def test_an_unknown_command_is_a_usage_error(torpor):
    assert torpor("fly").returncode == 2


# ---- recordings ----


@pytest.mark.parametrize("rate, channels, width, words", [
    (44100, 1, 2, "44100 Hz"), (16000, 2, 2, "2 channels"), (16000, 1, 1, "8 bit")])
def test_a_recording_of_another_format(fails, tmp_path, rate, channels, width, words):
    with wave.open(str(tmp_path / "a.wav"), "wb") as file:
        file.setparams((channels, width, rate, 0, "NONE", ""))
        file.writeframes(bytes(3200))
    sentence, hint = fails("demo", "--wav", tmp_path / "a.wav")
    assert words in sentence and "sox" in hint


@pytest.mark.parametrize("content", [b"", b"not a wav at all"])
def test_a_recording_that_is_none(fails, tmp_path, content):
    (tmp_path / "a.wav").write_bytes(content)
    assert "not a PCM WAV" in fails("demo", "--wav", tmp_path / "a.wav")[0]


def test_a_recording_that_is_not_there(fails, tmp_path):
    assert "No such file" in fails("demo", "--wav", tmp_path / "a.wav")[0]


def test_a_word_that_the_model_does_not_know(fails, tmp_path):
    with wave.open(str(tmp_path / "a.wav"), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(bytes(3200))
    assert "banana" in fails("demo", "--wav", tmp_path / "a.wav", "--expect", "banana")[0]


# ---- boards ----


@pytest.mark.parametrize("command", [("push", "app.py"), ("run", "app.py"), ("repl",), ("stream",)])
def test_a_board_that_is_not_there(fails, tmp_path, command):
    (tmp_path / "app.py").write_text("print(1)\n")
    for option in ("--on", "--port"):
        sentence, hint = fails(*command, option, "/dev/nothing")
        assert sentence == "There is no board called /dev/nothing." and "emu-m4f" in hint


def test_a_prompt_where_nobody_can_type(fails):
    master, slave = os.openpty()
    try:
        sentence, hint = fails("repl", "--on", os.ttyname(slave))
    finally:
        os.close(master)
        os.close(slave)
    assert sentence == "The prompt needs a terminal, and this is none." and "torpor run" in hint


def test_a_board_that_does_not_answer(fails, tmp_path):
    (tmp_path / "app.py").write_text("print(1)\n")
    master, slave = os.openpty()
    port = os.ttyname(slave)
    try:
        sentence, hint = fails("push", "app.py", "--on", port)
    finally:
        os.close(master)
        os.close(slave)
    assert sentence == f"The board on {port} does not answer." and hint


def test_a_missing_emulator(fails, model, tmp_path):
    sentence, hint = fails("infer", model, "--xorshift", "--on", "emu-m4f", env=without(tmp_path / "bin", "qemu-system-arm"))
    assert "qemu-system-arm" in sentence and "apt-get install qemu-system-arm" in hint


def test_a_missing_compiler(fails, tmp_path):
    env = without(tmp_path / "bin", "arm-none-eabi-gcc")
    sentence, hint = fails("build", "emu-m4f", "--force", env=env)
    assert sentence.startswith("arm-none-eabi-gcc is missing") and "gcc-arm-none-eabi" in hint


def test_the_doctor_fails_when_something_is_missing(torpor, tmp_path):
    result = torpor("doctor", env=without(tmp_path / "bin", "qemu-system-arm"))
    assert result.returncode == 2 and "emulated boards cannot start" in result.stderr
