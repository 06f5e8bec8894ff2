"""`facebank simulate` asks Snakemake, and chooses the fewest shards that are as good as the best."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from facebank.cli import main
from facebank.commands.simulate import Outcome, best


def outcome(shards: int, seconds: float) -> Outcome:
    return Outcome(shards, 2 * shards + 9, 1.0, 1.0, seconds, 0.5, 0, 1, (), {})


@pytest.mark.parametrize(
    ("seconds", "shards"),
    [({4: 100.0}, 4), ({4: 100.0, 8: 100.0}, 4), ({4: 110.0, 8: 100.0, 16: 99.5}, 8), ({4: 9.0, 8: 12.0}, 4)],
)
def test_the_fewest_shards_win_that_are_as_good(seconds: dict[int, float], shards: int) -> None:
    assert best([outcome(count, value) for count, value in seconds.items()]).shards == shards


def simulated(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    assert main(["simulate", *words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.workflow
def test_the_jobs_are_those_of_snakemake(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "made"
    found = simulated(
        capsys,
        *("--photos", "40", "--sources", "3", "--variants", "2", "--shards", "3", "--slurm-nodes", "3"),
        *("--folder", str(folder)),
    )
    (tried,) = found["outcomes"]
    rules = tried["rules"]
    assert (rules["embed_photos"], rules["detect_keyframes"], rules["audit_slots"]) == (3, 3, 3)
    assert tried["planning_cpu_s"] > 0
    assert tried["jobs"] == sum(rules.values())
    assert "all" not in rules
    assert tried["critical"][-1] == "publish_release"
    assert found["best_shards"] == 3
    assert len(list((folder / "bank").rglob("*.jpg"))) == 40
    assert main(["simulate", "--photos", "1", "--sources", "0", "--folder", str(folder)]) == 2
    assert "not empty" in capsys.readouterr().err


def test_nothing_is_no_size(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "--photos", "0", "--sources", "0"]) == 2
    assert "nothing to simulate" in capsys.readouterr().err
