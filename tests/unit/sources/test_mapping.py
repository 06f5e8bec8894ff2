from __future__ import annotations

import pytest

from facebank.errors import ConfigError
from facebank.sources.mapping import episode_mapping, excluded_slots

VARIANTS = [
    {"variant": "b__var01", "source": "b", "base": False},
    {"variant": "b", "source": "b", "base": True},
    {"variant": "a__var01", "source": "a", "base": False},
]


def test_no_variants_make_no_episodes() -> None:
    assert episode_mapping([]) == {"schema_version": 1, "episodes": []}


def test_recordings_come_first_and_rows_have_four_keys() -> None:
    assert episode_mapping(VARIANTS)["episodes"] == [
        {"episode_index": 0, "is_base": True, "variant_name": "b", "source_episode": "b"},
        {"episode_index": 1, "is_base": False, "variant_name": "a__var01", "source_episode": "a"},
        {"episode_index": 2, "is_base": False, "variant_name": "b__var01", "source_episode": "b"},
    ]


@pytest.mark.parametrize(
    ("exclude", "expected"),
    [
        ((), set()),
        (("a__var01:1",), {("a__var01", 1)}),
        (("a__var01",), {("a__var01", 0), ("a__var01", 1)}),
        (("b",), {("b__var01", 0), ("b__var01", 1), ("b", 0), ("b", 1)}),
    ],
)
def test_exclusions_by_hand(exclude: tuple[str, ...], expected: set[tuple[str, int]]) -> None:
    assert excluded_slots(exclude, VARIANTS, slots=2) == expected


@pytest.mark.parametrize("name", ["c", "a__var01:2", "a__var", ""])
def test_an_exclusion_of_nothing_is_an_error(name: str) -> None:
    with pytest.raises(ConfigError, match="names nothing"):
        excluded_slots((name,), VARIANTS, slots=2)
