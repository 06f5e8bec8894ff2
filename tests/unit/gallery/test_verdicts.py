from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from facebank.gallery.verdicts import judge, median_cosines
from gallery_banks import people

EMBEDDERS = pytest.mark.parametrize("strangers", [0.0, 0.37, 0.5], ids=["centred", "positive", "crowded"])


def bank(
    strangers: float, sizes: tuple[int, ...] = (8, 6, 5, 7, 3, 4, 9)
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Embeddings, identities, and every photo its own picture."""
    identities = np.repeat(np.arange(len(sizes)), sizes)
    return people(sizes, alike=0.85, strangers=strangers), identities, np.arange(sum(sizes))


@EMBEDDERS
def test_good_photos_are_not_accused(strangers: float) -> None:
    assert set(judge(*bank(strangers)).verdicts) == {"ok"}


@EMBEDDERS
def test_a_photo_under_a_wrong_name_is_an_intruder(strangers: float) -> None:
    embeddings, identities, pictures = bank(strangers)
    identities[0] = 6
    found = judge(embeddings, identities, pictures)
    assert found.verdicts[0] == "intruder"
    assert found.other[0] == 0
    assert set(found.verdicts[1:]) == {"ok"}
    assert found.own[0] == pytest.approx(strangers, abs=0.2)
    assert found.other_similarity[0] > 0.75


@EMBEDDERS
def test_a_stranger_is_an_outlier(strangers: float) -> None:
    embeddings, identities, pictures = bank(strangers, (8, 6, 5, 7, 3, 4, 9, 1))
    identities[-1] = 3
    found = judge(embeddings, identities, pictures)
    assert found.verdicts[-1] == "outlier"
    assert set(found.verdicts[:-1]) == {"ok"}


@pytest.mark.parametrize(("strange", "verdict"), [(0.9, "ok"), (1.3, "weak"), (2.0, "outlier")])
def test_a_poor_photo_is_weak_before_it_is_an_outlier(strange: float, verdict: str) -> None:
    embeddings, identities, pictures = bank(0.37)
    poor = embeddings[0] + strange * people((1,), alike=0.85, strangers=0.37, seed=9)[0]
    embeddings[0] = poor / np.linalg.norm(poor)
    verdicts = judge(embeddings, identities, pictures).verdicts
    assert verdicts[0] == verdict
    assert set(verdicts[1:]) == {"ok"}


@EMBEDDERS
def test_one_intruder_among_three_does_not_spoil_the_other_two(strangers: float) -> None:
    embeddings, identities, pictures = bank(strangers)
    (two_left,) = np.flatnonzero(identities == 4)[:1]
    embeddings[two_left] = embeddings[0]
    verdicts = judge(embeddings, identities, pictures).verdicts
    assert verdicts[two_left] == "intruder"
    assert set(np.delete(verdicts, two_left)) == {"ok"}


@EMBEDDERS
def test_the_last_photo_left_beside_an_intruder_is_not_blamed(strangers: float) -> None:
    embeddings, identities, pictures = bank(strangers, (8, 6, 5, 7, 2))
    embeddings[-1] = people((8, 6, 5, 7, 2), alike=0.85, strangers=strangers)[0]
    found = judge(embeddings, identities, pictures)
    assert found.verdicts[-2:] == ("ok", "intruder")
    assert np.isnan(found.own[-2])


def test_photos_are_held_against_the_other_photos_and_not_against_their_copies() -> None:
    embeddings, identities, pictures = bank(0.37)
    embeddings[[1, 2, 3, 40, 41]] = embeddings[[0, 0, 0, 39, 13]]
    pictures[[1, 2, 3, 40, 41]] = pictures[[0, 0, 0, 39, 13]]
    identities[30] = 0
    found = judge(embeddings, identities, pictures)
    assert np.flatnonzero(~found.references).tolist() == [1, 2, 3, 30, 40, 41]

    def most_alike(row: int, references: np.ndarray) -> dict[int, float]:
        """Mean cosines to the pictures of the other identities."""
        cosines = embeddings[references & (pictures != pictures[row])] @ embeddings[row]
        names = identities[references & (pictures != pictures[row])]
        return {n: float(cosines[names == n].mean()) for n in set(names.tolist()) - {identities[row]}}

    for row in range(len(pictures)):
        met = most_alike(row, found.references)
        assert found.other[row] == max(met, key=lambda name: met[name])
        assert found.other_similarity[row] == pytest.approx(max(met.values()), abs=1e-6)
    one_each = np.unique(np.stack([pictures, identities]), axis=1, return_index=True)[1]
    before = np.isin(np.arange(len(pictures)), one_each)
    strange = [value for row in range(len(pictures)) for value in most_alike(row, before).values()]
    assert found.distributions.impostor_median == pytest.approx(np.median(strange), abs=2e-4)


@EMBEDDERS
def test_strangers_under_one_name_are_all_accused(strangers: float) -> None:
    embeddings, identities, pictures = bank(strangers, (8, 6, 5, 7, 3, 1, 1, 1, 1))
    identities[-4:] = 5
    found = judge(embeddings, identities, pictures)
    assert found.verdicts[-4:] == ("outlier",) * 4
    assert set(found.verdicts[:-4]) == {"ok"}


def test_a_copy_is_a_duplicate_and_does_not_vouch_for_its_original() -> None:
    embeddings, identities, pictures = bank(0.37, (8, 6, 5, 7, 3, 1, 1))
    identities[-2:] = 5
    embeddings[-1] = embeddings[-2]
    pictures[-1] = pictures[-2]
    found = judge(embeddings, identities, pictures)
    assert found.verdicts[-2:] == ("ok", "duplicate")
    assert np.isnan(found.own[-2:]).all()
    assert not found.references[-1]


def test_a_copy_of_a_wrong_photo_is_accused_too() -> None:
    embeddings, identities, pictures = bank(0.37)
    stray = people((1,), alike=0.85, strangers=0.37, seed=9)[0]
    embeddings[:2] = stray
    pictures[1] = 0
    assert judge(embeddings, identities, pictures).verdicts[:3] == ("outlier", "outlier", "ok")


def test_a_picture_under_two_names_is_an_intruder_under_one() -> None:
    embeddings, identities, pictures = bank(0.37)
    embeddings[-1] = embeddings[0]
    pictures[-1] = 0
    found = judge(embeddings, identities, pictures)
    assert found.verdicts[-1] == "intruder"
    assert set(found.verdicts[:-1]) == {"ok"}


@EMBEDDERS
def test_a_picture_belongs_to_whom_it_resembles(strangers: float) -> None:
    embeddings, identities, pictures = bank(strangers)
    embeddings[0] = embeddings[-1]
    pictures[-1] = 0
    found = judge(embeddings, identities, pictures)
    assert (found.owners[0], found.owners[-1]) == (6, 6)
    assert (found.originals[0], found.originals[-1]) == (41, 41)
    assert (found.verdicts[0], found.verdicts[-1]) == ("intruder", "ok")
    assert not found.references[0]
    assert found.references[-1]
    assert np.array_equal(found.owners[1:-1], identities[1:-1])


def test_a_picture_of_one_person_under_two_names_is_nobodys() -> None:
    embeddings, identities, pictures = bank(0.37)
    identities[-4:] = 7
    embeddings[-1], pictures[-1] = embeddings[33], 33
    found = judge(embeddings, identities, pictures)
    assert found.owners[[33, 41]].tolist() == [-1, -1]
    assert found.originals[[33, 41]].tolist() == [33, 33]
    assert (found.verdicts[33], found.verdicts[41]) == ("ok", "duplicate")
    assert found.references.all()


def test_nobody_resembles_who_has_nothing_but_anothers_picture() -> None:
    embeddings, identities, pictures = bank(0.37, (8, 6, 5, 7, 3, 4, 9, 1))
    embeddings[-1], pictures[-1] = embeddings[0], 0
    found = judge(embeddings, identities, pictures)
    assert (found.owners[-1], found.verdicts[-1]) == (0, "duplicate")
    assert np.flatnonzero(~found.references).tolist() == [42]
    assert 7 not in found.other


def test_preference_chooses_among_the_copies_of_the_owner() -> None:
    embeddings, identities, pictures = bank(0.37)
    embeddings[[1, -1]] = embeddings[0]
    pictures[[1, -1]] = 0
    found = judge(embeddings, identities, pictures, np.arange(42)[::-1].copy())
    assert found.originals[[0, 1, -1]].tolist() == [1, 1, 1]
    assert (found.verdicts[0], found.verdicts[1], found.verdicts[-1]) == ("duplicate", "ok", "intruder")


def test_a_bank_that_shows_too_little_accuses_nobody() -> None:
    embeddings, identities, pictures = bank(0.0, (1, 1, 1, 1))
    found = judge(embeddings, np.zeros(4, int), pictures)
    assert found.levels is None
    assert found.verdicts == ("ok",) * 4
    assert judge(embeddings[:0], identities[:0], pictures[:0]).verdicts == ()


def test_a_hundred_and_ninety_two_identities_with_a_few_wrong_photos() -> None:
    rng = np.random.default_rng(1)
    sizes = tuple(rng.integers(2, 14, 192).tolist())
    embeddings = people(sizes, alike=0.6, strangers=0.0, dimension=512)
    identities = np.repeat(np.arange(192), sizes)
    moved = rng.choice(np.flatnonzero(np.repeat(np.array(sizes) > 4, sizes)), 12, replace=False)
    identities[moved] = (identities[moved] + 7) % 192
    verdicts = np.array(judge(embeddings, identities, np.arange(len(identities))).verdicts)
    assert set(verdicts[moved]) == {"intruder"}
    assert set(np.delete(verdicts, moved)) == {"ok"}


@pytest.mark.parametrize(
    ("cosines", "expected"),
    [([], np.nan), ([0.4], 0.4), ([0.4, 0.9], 0.9), ([0.9, 0.1, 0.4], 0.4), ([0.1, 0.2, 0.8, 0.9], 0.8)],
)
def test_the_upper_median_decides(cosines: list[float], expected: Any) -> None:
    peers = np.array([[value, np.sqrt(1 - value**2)] for value in cosines]).reshape(-1, 2)
    embeddings = np.concatenate([[[1.0, 0.0]], peers]).astype(np.float32)
    rows = np.arange(len(embeddings))
    found = median_cosines(embeddings, np.zeros(len(rows), int), rows, rows > 0)
    np.testing.assert_allclose(found[0], expected, atol=1e-6)
