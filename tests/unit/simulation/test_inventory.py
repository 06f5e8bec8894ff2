"""What is written for a simulation is a bank, sources and an index that knows them."""

from __future__ import annotations

from pathlib import Path

import pytest

from facebank.bank.listing import list_bank
from facebank.config.load import load_config
from facebank.plan import contents
from facebank.plan.plan import Plan
from facebank.simulation.inventory import Size, photo_names, source_names, write_config, write_inventory
from facebank.sources.discovery import discover


@pytest.mark.parametrize("size", [Size(0, 0, 1), Size(0, 2, 3), Size(31, 0, 1), Size(61, 3, 2)])
def test_as_many_are_found_as_are_asked_for(size: Size, tmp_path: Path) -> None:
    write_inventory(tmp_path, size)
    config = load_config(write_config(tmp_path, size, 5))
    assert (config.shards.photos, config.shards.sources) == (5, 5)
    if size.photos:
        found = list_bank(tmp_path / "bank", config.bank.sets)
        assert [candidate.photo for candidate in found.candidates] == list(photo_names(size))
        assert len({candidate.folder for candidate in found.candidates}) == -(-size.photos // 30)
    if size.sources:
        variants = discover(tmp_path / "sources").variants
        assert sorted({variant.source for variant in variants}) == list(source_names(size))
        assert len(variants) == size.sources * size.variants
    plan = Plan(config)
    assert [plan.means(name) for name in ("embeddings", "detections")] == [size.photos > 0, size.sources > 0]


def test_a_build_reads_none_of_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    size = Size(4, 2, 2)
    write_inventory(tmp_path, size)
    monkeypatch.setattr(contents, "sha256_file", lambda path: pytest.fail(f"{path} was read"))
    plan = Plan(load_config(write_config(tmp_path, size, 2)))
    assert len(set(plan.files.photos.files.values())) == 4
    assert len(plan.files.sources.files) == 2 * 2 * 4
