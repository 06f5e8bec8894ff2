from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from facebank.bank.forgotten import Forgotten, write_forgotten
from facebank.config.forgotten import without_forgotten
from facebank.config.load import parse_config
from facebank.plan.plan import Plan
from facebank.plan.remarks import remarks
from portraits import write

if TYPE_CHECKING:
    from pathlib import Path

FOLDERS = (
    "scraped/.trash",
    "heldout/Grace Hopper",
    "scraped/hopper",
    "scraped/Zoe\u0308",
    "heldout/tom_hanks",
    "heldout/ann",
)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({}, []),
        ({"bank": {"slug_map": {"hopper": "grace_hopper", "Zo\u00eb": "zoe_kravitz"}}}, []),
        (
            {"bank": {"slug_map": {"hoper": "grace_hopper"}}},
            ["bank.slug_map: the bank has no folder 'hoper'; did you mean 'hopper'?"],
        ),
        # Claims may have a spelling that no folder has.
        ({"bank": {"aliases": {"th": "tom_hanks", "tom": "Tom Hanks"}}}, []),
        (
            {"bank": {"aliases": {"th": "tom_hank", "x": "1234"}}},
            [
                "bank.aliases: the bank has no photos of 'tom_hank', who th is; did you mean 'tom_hanks'?",
                "bank.aliases: the bank has no photos of '1234', who x is.",
            ],
        ),
        ({"sources": {"letters": {"T": "tom_hanks", "G": "Grace Hopper", "A": "ann"}}}, []),
        ({"bank": {"aliases": {"th": "tom_hanks"}}, "sources": {"letters": {"T": "th"}}}, []),
        # Hidden folders are nobody's.
        (
            {"sources": {"letters": {"X": "trash"}}},
            ["sources.letters: the bank has no photos of 'trash', who X is."],
        ),
        # The folder has another person's name by the map.
        (
            {"bank": {"slug_map": {"hopper": "grace_hopper"}}, "sources": {"letters": {"H": "hopper"}}},
            ["sources.letters: the bank has no photos of 'hopper', who H is; did you mean 'grace_hopper'?"],
        ),
    ],
)
@pytest.mark.parametrize("sets", [("heldout", "scraped"), ()], ids=["sets", "no-sets"])
def test_names_that_nobody_has_are_told(
    tmp_path: Path, sets: tuple[str, ...], told: dict[str, Any], expected: list[str]
) -> None:
    for folder in FOLDERS:
        write(tmp_path / "bank" / (folder if sets else folder.partition("/")[2]) / "1.jpg", b"")
    forgotten = tmp_path / "forgotten.tsv"
    write_forgotten(forgotten, "ann", Forgotten(names=frozenset({"ann"})))
    bank = {"root": str(tmp_path / "bank"), "sets": list(sets), "forgotten": str(forgotten)}
    config = parse_config({**told, "bank": {**bank, **told.get("bank", {})}})
    assert remarks(Plan(without_forgotten(config))) == expected


def test_without_a_bank_there_is_nobody_to_ask_for(tmp_path: Path) -> None:
    config = {"sources": {"root": str(tmp_path), "letters": {"T": "tom_hanks"}}}
    assert remarks(Plan(parse_config(config))) == []
