"""What is on disk, who needs it, and what may go."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from facebank.artifacts import lock
from facebank.cli import main
from facebank.errors import ConfigError
from facebank.plan.plan import Plan
from facebank.versions.disk import found_on_disk, needs_of_configs, needs_of_releases, plans_of


def needed(**plans: Plan) -> dict[str, tuple[str, ...]]:
    """Give path -> who needs it."""
    needs = [needs_of_configs(plans), needs_of_releases(Path("results"))]
    return {item.path: item.needed_by for item in found_on_disk(Path("results"), needs)}


def test_there_is_nothing_before_a_build(plan_of: Callable[..., Plan]) -> None:
    assert needed(c=plan_of()) == {}


def test_each_folder_says_who_needs_it(finished: Plan, plan_of: Callable[..., Plan]) -> None:
    found = needed(c=finished)
    (release,) = [path for path in found if path.startswith("release/")]
    name = release.partition("/")[2]
    assert found[release] == ("c",)
    assert found[f"gallery/{finished.version('gallery')}"] == ("c", f"release {name}")
    other = needed(d=plan_of(gallery={"centroid": "medoid"}))
    assert other[f"gallery/{finished.version('gallery')}"] == (f"release {name}",)
    assert other[f"embeddings/{finished.version('embeddings')}"] == ("d", f"release {name}")
    assert other[release] == ()


def test_configs_with_other_results_are_asked_alone(plan_of: Callable[..., Plan]) -> None:
    with pytest.raises(ConfigError, match="different results"):
        plans_of({"a": plan_of().config, "b": plan_of(results="others").config})


def test_pruning_removes_what_nobody_needs_and_only_when_told(
    finished: Plan, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(lock, "_HELD", [])
    config = {"bank": {"root": "bank"}, "models": {"pack": "tiny"}, "report": {"faces": "none"}}
    Path("c.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    killed = Path("results/gallery/.mean-1.partial/a.txt")
    killed.parent.mkdir()
    killed.write_text("1234", encoding="utf-8")
    shards = Path(finished.shards("embeddings", 7)) / "0.parquet"
    shards.parent.mkdir(parents=True)
    shards.touch()
    # No release holds a report for people here, and this config means another.
    gone = [shards.parent, Path(finished.folder("report")), killed.parent]
    # An unneeded release is kept all the same.
    kept = [path for path in Path("results").glob("[a-z]*/*") if path not in gone]

    assert main(["prune", "--configfile", "c.yaml"]) == 0
    listed = capsys.readouterr().out
    assert all(f"would remove {path}, " in listed for path in gone)
    assert "Remove them with --yes" in listed
    assert all(path.exists() for path in gone)

    assert main(["prune", "--configfile", "c.yaml", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {f"results/{folder['path']}" for folder in told["folders"]} == {str(path) for path in gone}
    assert told["bytes"] == sum(folder["size"] for folder in told["folders"])
    assert (told["results"], told["removed"], told["kept"]) == ("results", False, len(kept))
    assert all(path.exists() for path in gone)

    assert main(["prune", "--configfile", "c.yaml", "--yes", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {**told, "removed": True}
    assert [path for path in gone if path.exists()] == []
    assert [path for path in kept if not path.exists()] == []
    assert main(["versions", "--configfile", "c.yaml"]) == 0
    out = capsys.readouterr().out
    assert "nobody needs 0 of them, 0 bytes" in out
    assert "kept: a release is never pruned" in out
