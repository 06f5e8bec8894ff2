"""What the inventory refuses without opening a photo is refused before the first job, and nothing else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from facebank.bank.forgotten import Forgotten, write_forgotten
from facebank.config.load import parse_config
from facebank.errors import ConfigError, FacebankError
from facebank.plan.plan import Plan
from facebank.plan.preflight import preflight, require_decided, require_sources, require_writable
from facebank.stages.index_photos import index_photos
from lerobot_datasets import write_dataset
from portraits import astronaut, encoded, shrunk, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def said(ask: Callable[[], None]) -> str:
    """Give what is refused, or nothing."""
    try:
        ask()
    except FacebankError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("files", "bank", "found"),
    [
        (["Ada/1.jpg", "bob/1.jpg"], {}, ""),
        (["Ada/1.jpg", "ada/1.jpg"], {}, "one identity, 'ada'"),
        (["Zoe\u0308/1.jpg", "Zo\u00eb/1.jpg"], {}, "one identity, 'zoe'"),
        (["Ada/1.jpg", "ada/1.jpg"], {"slug_map": {"Ada": "ada"}}, ""),
        (["Ada/1.jpg", "ada/notes.txt"], {}, ""),
        (["Ada/1.jpg", "ada/1.jpg", "bob/1.jpg"], {"quarantine": ["heldout/Ada/1.jpg"]}, ""),
        (["Ann/1.jpg", "ANN/1.jpg", "bob/1.jpg"], {}, ""),  # forgotten
        (["bob/1.jpg", "bob/notes.txt"], {"quarantine": ["heldout/bob/notes.txt"]}, "not in the bank"),
        (["bob/1.jpg"], {"quarantine": ["heldout/bob/2.jpg"]}, "not in the bank"),
        (["bob/1.jpg"], {"quarantine": ["heldout/./bob/1.jpg"]}, "not in the bank"),
    ],
)
@pytest.mark.parametrize("sets", [("heldout", "scraped"), ()], ids=["sets", "no-sets"])
def test_it_refuses_what_the_inventory_refuses(
    tmp_path: Path, sets: tuple[str, ...], files: list[str], bank: dict[str, Any], found: str
) -> None:
    root = tmp_path / "bank"
    for index, name in enumerate(files):
        # Spellings are told apart in two sets, too.
        place = f"{('scraped' if index == 1 and name.endswith('/1.jpg') else 'heldout')}/" if sets else ""
        write(root / f"{place}{name}", encoded(shrunk(astronaut(), 32)))
    if not sets and "quarantine" in bank:
        bank = {"quarantine": [name.removeprefix("heldout/") for name in bank["quarantine"]]}
    write_forgotten(tmp_path / "forgotten.tsv", "ann", Forgotten(names=frozenset({"ann"})))
    told = {"root": str(root), "sets": list(sets), "forgotten": str(tmp_path / "forgotten.tsv"), **bank}
    plan = Plan(parse_config({"bank": told, "results": str(tmp_path / "results")}))
    assert not said(lambda: preflight(plan))
    before = said(lambda: require_decided(plan))
    assert found in before
    section = plan.config.bank
    assert before == said(
        lambda: index_photos(
            root=root,
            output_dir=tmp_path / "out",
            sets=section.sets,
            slug_map=section.slug_map,
            aliases=section.aliases,
            quarantine=section.quarantine,
            forgotten=tmp_path / "forgotten.tsv",
        )
    )
    assert bool(before) == bool(found)


def test_folders_that_cannot_be_told_apart_are_told_with_a_way_out(tmp_path: Path) -> None:
    for name in ("Ada", "ada"):
        write(tmp_path / f"heldout/{name}/1.jpg", b"")
    plan = Plan(parse_config({"bank": {"root": str(tmp_path)}, "results": str(tmp_path / "results")}))
    with pytest.raises(ConfigError, match=r"say so in bank\.slug_map: \{Ada: ada\}; else rename them"):
        require_decided(plan)


@pytest.mark.parametrize(
    ("exclude", "found"),
    [
        ((), ""),
        (("a", "a__var01", "b:2"), ""),
        (("b:3",), "'b:3' names nothing"),
        (("a__var02",), "'a__var02' names nothing"),
        # Its video is in no camera's folder: the inventory lists it, and cannot use it.
        (("c__var01:0",), ""),
    ],
)
def test_what_is_excluded_by_hand_is_there(tmp_path: Path, exclude: tuple[str, ...], found: str) -> None:
    for name in ("a__var01.mp4", "b.mp4"):
        write(tmp_path / "videos" / name, b"")
    write(tmp_path / "videos" / "c__var01" / "meta" / "info.json", b"{}")
    told = {"sources": {"root": str(tmp_path / "videos")}, "audit": {"exclude": list(exclude)}}
    before = said(lambda: require_sources(Plan(parse_config(told))))
    assert found in before
    assert bool(before) == bool(found)


@pytest.mark.parametrize(
    ("episodes", "told", "found"),
    [
        (3, {}, ""),
        (2, {}, "Episode 2 of the merged data set .* expected c__var01, found no such episode"),
        (4, {}, "Episode 3 of the merged data set .* expected no such episode, found 2 frames"),
        (4, {"sources": {"findings": {"merged_length": "warn"}}}, ""),
        # Nothing is audited without a bank.
        (4, {"bank": {"root": None}}, ""),
        (0, {}, "Cannot read the data set's description"),
        (0, {"sources": {"findings": {"merged_length": "warn"}}}, "Cannot read the data set's description"),
        (0, {"sources": {"findings": {"merged_length": "ignore"}}}, ""),
    ],
)
def test_merged_episodes_are_as_many_as_the_sources_have(
    tmp_path: Path, episodes: int, told: dict[str, Any], found: str
) -> None:
    for name in ("a__var01.mp4", "b.mp4"):
        write(tmp_path / "videos" / name, b"")
    write(tmp_path / "videos" / "c__var01" / "meta" / "info.json", b"{}")
    if episodes:
        write_dataset(tmp_path / "merged", [[[np.zeros((32, 48, 3), np.uint8)] * 2] * episodes])
    config: dict[str, dict[str, Any]] = {
        "bank": {"root": "bank"},
        "sources": {"root": str(tmp_path / "videos"), "merged": str(tmp_path / "merged")},
    }
    for section, values in told.items():
        config[section] |= values
    before = said(lambda: require_sources(Plan(parse_config(config))))
    assert re.search(found, before)
    assert bool(before) == bool(found)


def test_results_that_cannot_be_written_are_refused_before_a_build(tmp_path: Path) -> None:
    for results in (tmp_path, tmp_path / "deep" / "results"):
        require_writable(Plan(parse_config({"bank": {"root": "bank"}, "results": str(results)})))
        assert not list(tmp_path.iterdir())
    # Not even root writes into it.
    plan = Plan(parse_config({"bank": {"root": "bank"}, "results": "/proc/deep/results"}))
    assert "cannot be written: /proc/deep/results" in said(lambda: require_writable(plan))
