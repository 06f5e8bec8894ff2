from __future__ import annotations

from pathlib import Path

import pytest

from facebank.audit.mapping import (
    MAPPING_COLUMNS,
    episode_mapping,
    excluded_slots,
    mapping_rows,
    require_same_lengths,
)
from facebank.errors import ConfigError, DataError

VARIANTS = [
    {"variant": "b__var01", "source": "b", "labels": "b", "base": False, "packets": 7},
    {"variant": "b", "source": "b", "labels": "b", "base": True, "packets": 5},
    {"variant": "a__var01", "source": "a", "labels": "a", "base": False, "packets": 6},
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
    ("labels", "named"),
    [
        (("b", "b", "a"), ("b", "a", "b")),
        (("b__var01", "b__itself", "a"), ("b__itself", "a", "b__var01")),
        # Labels of other frames stand under the sources' names.
        (("", "", ""), ("b__itself", "a__var01", "b__var01")),
    ],
)
def test_an_episode_points_to_the_labels_that_serve_it(
    labels: tuple[str, ...], named: tuple[str, ...]
) -> None:
    variants = [{**row, "labels": name} for row, name in zip(VARIANTS, labels, strict=True)]
    assert tuple(row["source_episode"] for row in episode_mapping(variants)["episodes"]) == named
    rows = mapping_rows(variants, None)
    assert [row["source"] for row in rows] == ["b", "a", "b"]
    assert [row["labels"] for row in rows] == [labels[1], labels[2], labels[0]]


def test_an_episode_without_labels_does_not_point_to_those_that_some_file_systems_open_for_them() -> None:
    variants = [
        {"variant": "A__var01", "source": "A", "labels": "A__var01", "base": False},
        {"variant": "a__var01", "source": "a", "labels": "", "base": False},
    ]
    named = [row["source_episode"] for row in episode_mapping(variants)["episodes"]]
    assert named == ["A__var01", "a__var01__itself"]


def test_an_episode_without_labels_does_not_point_to_those_of_a_source_of_its_name() -> None:
    """A variant of a variant: a__var01 is the source of others, and the labels of those are called so."""
    variants = [
        {"variant": "a__var01", "source": "a", "labels": "", "base": False},
        {"variant": "a__var01__var02", "source": "a__var01", "labels": "a__var01", "base": False},
        {"variant": "b", "source": "b", "labels": "", "base": True},
        {"variant": "b__itself", "source": "b__itself", "labels": "b__itself", "base": True},
    ]
    named = {row["variant_name"]: row["source_episode"] for row in episode_mapping(variants)["episodes"]}
    assert named == {
        "a__var01": "a__var01__itself",
        "a__var01__var02": "a__var01",
        "b": "b__itself__itself",
        "b__itself": "b__itself",
    }


@pytest.mark.parametrize(
    ("merged", "agrees"),
    [
        (None, ["", "", ""]),
        ([5, 6, 7], ["yes", "yes", "yes"]),
        ([5, 7, 6], ["yes", "no", "no"]),
        ([5, 6], ["yes", "yes", "no"]),
        ([5, 6, 7, 9], ["yes", "yes", "yes", "no"]),
        ([], ["no", "no", "no"]),
    ],
)
def test_the_mapping_is_held_against_the_merged_lengths(merged: list[int] | None, agrees: list[str]) -> None:
    rows = mapping_rows(VARIANTS, merged)
    assert [row["agrees"] for row in rows] == agrees
    assert [row["frames"] for row in rows][:3] == [5, 6, 7]
    assert [row["base"] for row in rows] == ["yes", "no", "no", ""][: len(rows)]
    assert all(tuple(row) == MAPPING_COLUMNS for row in rows)


@pytest.mark.parametrize(
    ("merged", "message"),
    [
        ([5, 7, 6], "Episode 1 .*; expected a__var01 6 frames, found 7 frames; 2 of 3 episodes differ"),
        ([5, 6, 7, 9], "Episode 3 .*; expected no such episode, found 9 frames; 1 of 4 episodes differ"),
        ([5, 6], "Episode 2 .*; expected b__var01 7 frames, found no such episode"),
    ],
)
def test_other_lengths_are_an_error(merged: list[int], message: str) -> None:
    with pytest.raises(DataError, match=message):
        require_same_lengths(mapping_rows(VARIANTS, merged), Path("merged"))


def test_a_video_that_cannot_be_used_keeps_its_place_and_is_not_compared() -> None:
    rows = mapping_rows([{**VARIANTS[0], "packets": None}, *VARIANTS[1:]], [5, 6, 9])
    assert [row["agrees"] for row in rows] == ["yes", "yes", ""]
    assert [row["variant"] for row in rows] == ["b", "a__var01", "b__var01"]
    rows = mapping_rows([{**VARIANTS[0], "packets": None}, *VARIANTS[1:]], [5, 6])
    assert [row["agrees"] for row in rows] == ["yes", "yes", "no"]
    with pytest.raises(DataError, match=r"Episode 2 .*; expected b__var01, found no such episode"):
        require_same_lengths(rows, Path("merged"))


@pytest.mark.parametrize("merged", [None, [5, 6, 7]])
def test_lengths_that_agree_are_none(merged: list[int] | None) -> None:
    require_same_lengths(mapping_rows(VARIANTS, merged), Path("merged"))


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


def test_the_last_colon_of_an_exclusion_is_before_the_slot() -> None:
    variants = [{"variant": name, "source": name} for name in ("a", "a:b")]
    assert excluded_slots(("a:b:1",), variants, slots=2) == {("a:b", 1)}


@pytest.mark.parametrize("name", ["c", "a__var01:2", "a__var", ""])
def test_an_exclusion_of_nothing_is_an_error(name: str) -> None:
    with pytest.raises(ConfigError, match="names nothing") as caught:
        excluded_slots((name,), VARIANTS, slots=2)
    assert "looks like" not in str(caught.value)


@pytest.mark.parametrize("suffix", ["", ":0"])
def test_a_name_that_looks_like_another_is_told_from_it(suffix: str) -> None:
    variants = [{"variant": "ada\u0301__var01", "source": "ada\u0301"}]
    with pytest.raises(ConfigError, match="names nothing") as caught:
        excluded_slots((f"ad\u00e1__var01{suffix}",), variants, slots=2)
    assert r"'ada\u0301__var01', which looks like 'ad\xe1__var01'" in str(caught.value)
