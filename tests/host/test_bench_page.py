# SPDX-License-Identifier: MIT
"""The benchmark's page and the counts it records, of made-up results that can be worked out by hand."""

import json

from torpor_host import bench_all, bench_page


def cost(instructions):
    return {
        "instructions": instructions, "setup_instructions": 500, "predict_instructions": instructions * 5 // 4,
        "arena_bytes": 2048, "stack_bytes": 400, "ops": [["CONV_2D", instructions * 3 // 4], ["SOFTMAX", instructions // 4]],
    }


def result(*names):
    boards = {board: cost(1_000_000) for board in bench_all.BOARDS}
    model = {"macs": 1, "boards": boards, "host": {"time_us": 25.0, "wheel_time_us": 1000.0}, "mpy_bytes": 7000, "code_bytes": 30_000}
    quoted = {"kws": 4_000_000, "vww": 500_000}
    return {
        "tools": {"gcc": "1.2.3", **dict.fromkeys(bench_all.tools(), "9")},
        "models": {name: model for name in names},
        "transfer": {"1 ms": {"an application": {"bytes": 62_439, "here_s": 3.5, "mpremote_s": 17.5}}},
        "yardstick": {
            "kernels": dict.fromkeys(bench_all.BOARDS, "theirs"),
            "instructions": dict.fromkeys(bench_all.BOARDS, quoted),
            "emu-m4f": {
                "setup_instructions": {"kws": 2000}, "arena_bytes": {"kws": 4096}, "code_bytes": {"kws": 60_000}, "stack_bytes": {"kws": 200}
            },
        },
    }


def test_here_quoted_and_ratio_stand_below_each_other():
    page = bench_page.page(result("keywords", "kws", "vww"))
    assert "| emu-m55 | here | 1,000,000 | 1,000,000 |\n|  | quoted: theirs | 4,000,000 | 500,000 |\n|  | **ratio** | **0.25** | **2.00** |" in page
    assert "| arena and state | here | 2,048 | 2,048 | 2,048 |\n|  | quoted: CMSIS-NN |  | 4,096 |  |\n|  | **ratio** |  | **0.50** |  |" in page
    assert "| `predict` beyond `run` | here | 25.00 % | 25.00 % | 25.00 % |" in page
    assert "| **ratio** | **0.025** | **0.025** | **0.025** |" in page
    assert "| an application | 1 ms | 62,439 | 3.50 | 17.50 | **5.0** |" in page
    assert "| CONV_2D | 75.0 % | 75.0 % | 75.0 % |" in page
    assert "gcc 1.2.3" in page


def test_bars_have_the_ratios_length_and_a_mark_at_one():
    assert bench_page.bar("board", "model", 0.5) == "board    model    " + "█" * 15 + " " * 15 + "| 0.50"
    assert bench_page.bar("", "m", 1.5).count("█") == 45
    assert bench_page.bar("", "m", 13.3).endswith("█> 13.30") and len(bench_page.bar("", "m", 13.3)) < 90


def test_without_the_peers_models_the_page_says_so():
    page = bench_page.page(result("keywords"))
    assert "the peers' models were not at hand" in page and "| emu-m7 | 1,000,000 | 500 | 1,250,000 | 2,048 | 400 |" in page


def test_a_model_that_was_not_measured_keeps_its_counts():
    old = {"boards": {"emu-m4f": {"vww": {"instructions": 7}, "keywords": {"instructions": 8}}}}
    counts = bench_all.merged(old, result("keywords"))["boards"]["emu-m4f"]
    assert counts["vww"] == {"instructions": 7}
    assert counts["keywords"] == {
        "instructions": 1_000_000, "setup_instructions": 500, "predict_instructions": 1_250_000, "arena_bytes": 2048
    }


def test_the_peers_folder_decides_what_is_measured(monkeypatch, tmp_path):
    monkeypatch.setenv("TORPOR_SHARED", str(tmp_path))
    assert list(bench_all.models()) == ["keywords"]
    (tmp_path / "models/peer").mkdir(parents=True)
    (tmp_path / "models/peer/ad01_int8.tflite").write_bytes(b"")
    assert list(bench_all.models()) == ["keywords", "ad01"]


def test_recorded_counts_are_of_this_projects_boards_and_have_a_line_each():
    text = bench_all.COUNTS.read_text()
    counts = json.loads(text)
    assert tuple(counts["boards"]) == bench_all.BOARDS
    assert text.count("\n") < 10 + sum(len(models) + 2 for models in counts["boards"].values())
