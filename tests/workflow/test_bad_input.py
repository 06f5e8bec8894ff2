"""Bad input ends in one sentence, the right exit code, and nothing written."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml

from clips import encode
from lerobot_datasets import change_episodes, write_dataset
from running import PROJECT, facebank, snakemake

pytestmark = pytest.mark.workflow


def wrong_pack(folder: Path) -> str:
    """Copy a pack and flip one byte of its embedder."""
    shutil.copytree(PROJECT / "resources/models/tiny", folder / "pack")
    model = folder / "pack" / "mobileface.onnx"
    data = bytearray(model.read_bytes())
    data[len(data) // 2] ^= 1
    model.write_bytes(data)
    return "pack"


@pytest.mark.parametrize(
    ("config", "code", "sentence"),
    [
        ({}, 2, "There is nothing to build"),
        ({"bank": {"root": "empty"}}, 3, "The folder of bank.root is empty: empty"),
        ({"bank": {"root": "nowhere"}}, 3, "There is no folder for bank.root: nowhere"),
        ({"sources": {"root": "nowhere"}}, 3, "There is no folder for sources.root: nowhere"),
        ({"gold": {"labels": "nowhere.json"}}, 3, "There is no file for gold.labels: nowhere.json"),
        ({"bnk": {"root": "bank"}}, 2, "Unknown config key 'bnk': c.yaml. Did you mean 'bank'?"),
        ({"bank": {"root": "bank"}, "models": {"pack": "pack"}}, 4, "mobileface.onnx"),
        ({"bank": {"root": "bank"}, "models": {"pack": "big"}}, 4, "There is no model pack 'big'"),
        ({"bank": {"root": "bank", "sets": ["nobody"]}}, 3, "The bank has none of its sets: bank"),
        ({"bank": {"root": "bank", "aliases": {"a": "b", "b": "c"}}}, 2, "leads to another alias"),
        (
            {"bank": {"root": "bank", "quarantine": ["x.jpg"]}},
            2,
            "A quarantined photo is not in the bank: x.jpg",
        ),
        (
            {"bank": {"root": "ba{n}k"}},
            2,
            "The path of bank.root cannot be used: ba{n}k; expected a path without",
        ),
        ({"sources": {"root": "data"}}, 3, "not numbered from 0 without a gap"),
        ({"sources": {"root": "data", "camera": "wrist"}}, 3, "has no camera wrist"),
        ({"sources": {"root": "data", "pattern": "("}}, 2, "sources.pattern"),
        (
            {"sources": {"root": "videos"}, "audit": {"exclude": ["nobody"]}},
            2,
            "The exclusion 'nobody' names nothing",
        ),
        (
            {"bank": {"root": "bank"}, "sources": {"root": "videos", "merged": "merged"}},
            3,
            "Episode 1 of the merged data set is not what the mapping says: merged; expected no such episode",
        ),
        ({"bank": {"root": "bank"}, "results": "c.yaml"}, 2, "The results cannot be written: c.yaml"),
        ({"bank": {"root": "bank"}, "device": "cuda"}, 4, "CUDAExecutionProvider"),
    ],
)
def test_one_sentence_and_nothing_written(
    tmp_path: Path, config: dict[str, object], code: int, sentence: str
) -> None:
    (tmp_path / "empty" / "heldout").mkdir(parents=True)
    (tmp_path / "bank" / "heldout" / "a").mkdir(parents=True)
    (tmp_path / "bank" / "heldout" / "a" / "1.txt").write_text("x", encoding="utf-8")
    (tmp_path / "videos").mkdir()
    (tmp_path / "videos" / "source__0.mp4").write_text("x", encoding="utf-8")
    wrong_pack(tmp_path)
    write_dataset(tmp_path / "data", [[[np.full((32, 48, 3), 90, np.uint8)] * 2] * 2])
    change_episodes(tmp_path / "data", 0, 1, episode_index=2)
    write_dataset(tmp_path / "merged", [[[np.full((32, 48, 3), 90, np.uint8)] * 2] * 2])
    (tmp_path / "c.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    before = sorted(tmp_path.rglob("*"))

    checked = facebank(tmp_path, "check", "--configfile", "c.yaml")
    assert (checked.code, sentence in checked.text) == (code, True), checked.text
    assert "Traceback" not in checked.text
    assert len(checked.text.strip().splitlines()) == 1
    assert sorted(tmp_path.rglob("*")) == before

    built = snakemake(tmp_path, "--cores", "1", "--configfile", "c.yaml")
    assert built.code == 1
    assert (
        checked.text.strip().removeprefix("facebank: error: ").replace("c.yaml", "").split(":")[0]
        in built.text
    )
    if "device" in config:  # the same sentence, whole, and before there is a job
        assert checked.text.strip().removeprefix("facebank: error: ") in built.text
        assert "Job stats" not in built.text
    assert "Traceback" not in built.text
    assert [
        path for path in sorted(tmp_path.rglob("*")) if path not in before and ".snakemake" not in path.parts
    ] == []


def test_merged_episodes_of_other_lengths_end_the_build_before_a_model_runs(tmp_path: Path) -> None:
    (tmp_path / "bank" / "heldout" / "a").mkdir(parents=True)
    (tmp_path / "bank" / "heldout" / "a" / "1.txt").write_text("x", encoding="utf-8")
    grey = [np.full((32, 48, 3), 90, np.uint8)]
    encode(tmp_path / "videos" / "source__0.mp4", grey * 6)
    write_dataset(tmp_path / "all of it", [[grey * 7]])
    sources = {"root": "videos", "merged": "all of it"}
    (tmp_path / "c.yaml").write_text(
        yaml.safe_dump({"bank": {"root": "bank"}, "sources": sources}), encoding="utf-8"
    )
    outcome = snakemake(tmp_path, "inventory", "--cores", "2", "--configfile", "c.yaml")
    assert outcome.code == 1
    said = (tmp_path / "results" / ".logs" / "index_sources.log").read_text(encoding="utf-8")
    assert "Episode 0 of the merged data set is not what the mapping says: all of it" in said
    assert "expected source__0 6 frames, found 7 frames; 1 of 1 episodes differ" in said
