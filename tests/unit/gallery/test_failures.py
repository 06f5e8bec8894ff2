from __future__ import annotations

from pathlib import Path

import pytest

from facebank.artifacts.provenance import building
from facebank.artifacts.tables import REJECTED_COLUMNS, write_tsv
from facebank.bank.listing import NO_SETS
from facebank.gallery.failures import Failure, read_failures


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    told = {"slug_map": {"hopper": "Grace Hopper"}, "aliases": {"amazing_grace": "grace_hopper"}}
    inventory, embeddings = tmp_path / "inventory", tmp_path / "embeddings"
    listed = {
        inventory: [("scraped/Amazing Grace/1.jpg", "TRUNCATED"), ("scraped/bo/2.jpg", "QUARANTINED")],
        embeddings: [("scraped/hopper/3.jpg", "NO_FACE")],
    }
    for folder, rows in listed.items():
        with building(folder, rule="index_photos", parameters=told, inputs={}) as staging:
            table = [{"file": file, "reason": reason} for file, reason in rows]
            write_tsv(staging / "rejected.tsv", REJECTED_COLUMNS, table)
    return inventory, embeddings


def test_failures_of_all_stages_with_their_identities(folders: tuple[Path, Path]) -> None:
    found = read_failures(*folders, [("heldout/bo/0.png", "MANY_FACES")])
    assert found == (
        Failure("heldout/bo/0.png", "MANY_FACES", "bo"),
        Failure("scraped/Amazing Grace/1.jpg", "TRUNCATED", "grace_hopper"),
        Failure("scraped/hopper/3.jpg", "NO_FACE", "grace_hopper"),
    )
    assert [(failure.set, failure.folder) for failure in found[1:]] == [
        ("scraped", "Amazing Grace"),
        ("scraped", "hopper"),
    ]


def test_a_photo_of_a_bank_without_sets_is_of_its_one_set() -> None:
    failure = Failure("bo/0.png", "NO_FACE", "bo")
    assert (failure.set, failure.folder) == (NO_SETS, "bo")
