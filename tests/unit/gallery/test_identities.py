from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from facebank.gallery.identities import Standing, _status, assess, nearest_by_photos
from facebank.gallery.verdicts import judge
from gallery_banks import people


def statuses(
    embeddings: np.ndarray, identities: np.ndarray, pictures: int | None = None
) -> tuple[Standing, ...]:
    pictures = np.arange(len(identities)) if pictures is None else pictures
    judgement = judge(embeddings, identities, pictures)
    return assess(judgement, embeddings, identities, pictures, int(identities.max()) + 1)


@pytest.mark.parametrize("strangers", [0.0, 0.4])
def test_sound_thin_broken_scattered(strangers: float) -> None:
    sizes = (8, 6, 2, 7, 6, *[1] * 9)
    embeddings = people(sizes, alike=0.85, strangers=strangers)
    identities = np.repeat(np.arange(len(sizes)), sizes)
    # Six strangers share a name; three join the last sound identity.
    identities[-9:-3] = 5
    identities[-3:] = 4
    found = statuses(embeddings, identities)
    assert [standing.status for standing in found] == [
        "sound",
        "sound",
        "thin",
        "sound",
        "scattered",
        "broken",
    ]
    assert (found[4].accused, found[4].pictures) == (3, 9)
    assert found[5].accused == 6


@pytest.mark.parametrize("strangers", [0.0, 0.4])
def test_one_person_under_two_names(strangers: float) -> None:
    sizes = (8, 6, 10, 7)
    identities = np.repeat(np.arange(4), sizes)
    identities[14:19] = 4
    found = statuses(people(sizes, alike=0.85, strangers=strangers), identities)
    assert [standing.status for standing in found] == [
        "sound", "sound", "same-person-as", "sound", "same-person-as",
    ]  # fmt: skip
    assert (found[2].kin, found[4].kin) == (4, 2)
    assert found[2].kin_similarity == pytest.approx(0.85, abs=0.05)


def test_copies_do_not_make_a_person_thick() -> None:
    sizes = (8, 6, 4, 7)
    embeddings, identities = people(sizes, alike=0.85, strangers=0.4), np.repeat(np.arange(4), sizes)
    pictures = np.arange(25)
    embeddings[[15, 16]], pictures[[15, 16]] = embeddings[14], 14
    found = statuses(embeddings, identities, pictures)
    assert (found[2].status, found[2].pictures) == ("thin", 2)


def test_a_picture_counts_as_its_original_does() -> None:
    sizes = (8, 6, 4, 7)
    embeddings, identities = people(sizes, alike=0.85, strangers=0.37), np.repeat(np.arange(4), sizes)
    poor = embeddings[14] + 1.5 * people((1,), alike=0.85, strangers=0.37, seed=9)[0]
    embeddings[[14, 15]] = poor / np.linalg.norm(poor)
    pictures = np.arange(25)
    pictures[15] = 14
    judgement = judge(embeddings, identities, pictures, np.arange(25)[::-1].copy())
    assert judgement.verdicts[14:16] == ("duplicate", "weak")
    found = assess(judgement, embeddings, identities, pictures, 4)
    assert (found[2].pictures, found[2].weak, found[2].disputed) == (3, 1, 0)


@pytest.mark.parametrize(
    ("pictures", "accused", "strange", "rest", "expected"),
    [
        (0, 0, 0, (0, False), "empty"),
        (1, 1, 1, (0, False), "broken"),
        (1, 0, 1, (0, False), "broken"),
        (2, 0, 2, (0, True), "broken"),
        (2, 1, 1, (0, False), "thin"),
        (2, 2, 2, (0, False), "broken"),
        (3, 1, 1, (0, False), "thin"),
        (3, 0, 0, (0, False), "sound"),
        (3, 0, 1, (0, False), "thin"),
        (4, 1, 1, (0, False), "scattered"),
        (5, 1, 1, (0, False), "sound"),
        (8, 1, 1, (1, False), "scattered"),
        (8, 4, 4, (0, True), "broken"),
        (8, 3, 3, (0, True), "same-person-as"),
        (1, 0, 0, (0, True), "same-person-as"),
    ],
)
def test_the_first_status_that_fits(
    pictures: int, accused: int, strange: int, rest: tuple[int, bool], expected: Any
) -> None:
    weak, same_person = rest
    found = _status(pictures=pictures, accused=accused, strange=strange, weak=weak, same_person=same_person)
    assert found == expected


def test_whose_only_picture_is_of_another_person_is_nobody() -> None:
    sizes = (8, 6, 7, 1)
    embeddings, identities = people(sizes, alike=0.85, strangers=0.4), np.repeat(np.arange(4), sizes)
    pictures = np.arange(22)
    embeddings[-1], pictures[-1] = embeddings[0], 0
    found = statuses(embeddings, identities, pictures)
    assert [standing.status for standing in found] == ["sound", "sound", "sound", "broken"]
    assert [(standing.foreign, standing.accused) for standing in found] == [(0, 0)] * 3 + [(1, 0)]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([0, 1, 2, 2], ["broken", "broken", "thin"]),
        # Another picture is nobody else's.
        ([0, 1, 1, 2], ["broken", "thin", "thin"]),
        ([0, 1, 1, 1, 1, 2, 0], ["thin", "sound", "thin"]),
    ],
)
def test_who_has_nothing_but_a_picture_under_two_names_is_nobody(
    names: list[int], expected: list[str]
) -> None:
    """In a bank of a few photos, which shows no level that would tell whose it is."""
    embeddings = people([1] * len(names), alike=0.85, strangers=0.4)
    embeddings[1], pictures = embeddings[0], np.arange(len(names))
    pictures[1] = 0
    found = statuses(embeddings, np.array(names), pictures)
    assert [standing.status for standing in found] == expected
    assert [standing.disputed for standing in found] == [1, 1, 0]


@pytest.mark.parametrize(("own", "others"), [(2, 4), (3, 4), (2, 5), (4, 7)])
def test_a_folder_of_mostly_anothers_photos_shows_that_person(own: int, others: int) -> None:
    sizes = (8, 6 + others, 7, own)
    embeddings, identities = people(sizes, alike=0.85, strangers=0.4), np.repeat(np.arange(4), sizes)
    identities[14 : 14 + others] = 3
    found = statuses(embeddings, identities)
    assert [standing.status for standing in found] == ["sound", "same-person-as", "sound", "same-person-as"]
    assert found[3].accused == own


def test_nearest_by_photos_leaves_out_what_is_not_known() -> None:
    averages = np.array([[1, 0], [np.nan, np.nan], [0.6, 0.3], [0, 1]], dtype=np.float32)
    nearest, similarity = nearest_by_photos(averages)
    assert nearest.tolist() == [2, -1, 0, 2]
    np.testing.assert_allclose(similarity, [0.6, np.nan, 0.6, 0.3], atol=1e-6)
    alone, unknown = nearest_by_photos(averages[:1])
    assert alone.tolist() == [-1]
    assert np.isnan(unknown).all()
