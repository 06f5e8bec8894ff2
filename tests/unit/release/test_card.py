from __future__ import annotations

from typing import Any

import pytest
import yaml

from facebank.release.card import CardFacts, card_header, data_card, numbers_document
from facebank.report.numbers import Numbers

BUCKET = {
    "bucket": "2",
    "identities": 1,
    "top1": {"hits": 1, "trials": 2, "interval": [0.1, 0.9]},
    "margin": -0.5,
}


def facts(**values: Any) -> CardFacts:
    neutral = {"title": "t", "note": "", "date": "2026-01-01", "licence": "mit", "models": (), "buckets": ()}
    return CardFacts(**{**neutral, "files": frozenset(), **values})


@pytest.mark.parametrize(
    ("licence", "expected"),
    [
        ("other", {"license": "other"}),
        ("CC-BY-4.0", {"license": "cc-by-4.0"}),
        ("Our terms: v1", {"license": "other", "license_name": "Our terms: v1"}),
    ],
)
def test_a_licence_that_the_hub_does_not_know_is_named(licence: str, expected: dict[str, str]) -> None:
    header = card_header(facts(licence=licence), Numbers())
    assert {name: value for name, value in header.items() if name.startswith("license")} == expected


@pytest.mark.parametrize(
    ("photos", "frames", "size"),
    [(None, None, "n<1K"), (999, 5, "n<1K"), (1000, None, "1K<n<10K"), (3, 80936, "10K<n<100K")],
)
def test_the_size_is_that_of_the_larger_part(photos: int | None, frames: int | None, size: str) -> None:
    assert card_header(facts(), Numbers(photos=photos, frames=frames))["size_categories"] == [size]


def test_only_tables_that_are_there_are_views() -> None:
    assert "configs" not in card_header(facts(), Numbers())
    files = frozenset({"tables/gallery/photos.parquet"})
    views = card_header(facts(files=files), Numbers())["configs"]
    assert views == [{"config_name": "photos", "data_files": "tables/gallery/photos.parquet"}]


def test_hostile_values_stay_within_the_header_and_their_cells() -> None:
    title, note = 'x: "y"\n---\n# z', "a | b\n# c"
    models = [{"name": "m|n", "sha256": "0", "licence": "MIT", "permitted_use": "any"}]
    card = data_card(facts(title=title, note=note, models=models, buckets=[BUCKET]), Numbers(broken=("q|r",)))
    _, header, body = card.split("---\n", 2)
    assert yaml.safe_load(header)["pretty_name"] == 'x: "y" --- # z'
    assert '\n# x: "y" --- # z\n' in body
    assert "> a \\| b # c\n" in body
    assert "| m\\|n | `0` | MIT | any |" in body
    assert "| 2 | 1 | 1 of 2 | 10.0 % to 90.0 % | \N{MINUS SIGN}0.50 |" in body
    assert "`q\\|r`" in body


def test_a_card_of_nothing_is_a_card() -> None:
    card = data_card(facts(), Numbers())
    assert card.startswith("---\nlicense: mit\n")
    assert "2026-01-01" in card
    assert "None" not in card


def test_unknown_numbers_are_left_out() -> None:
    assert numbers_document(Numbers()) == {}
    assert numbers_document(Numbers(queries=4, top1_hits=3)) == {"queries": 4, "top1_hits": 3, "top1": 0.75}
