from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from facebank.audit.identification import IdentityLevels, identify, identity_levels

LEVELS = IdentityLevels(similarity=0.6, proof=0.6, margin=0.05, comparisons=100)


def judged(
    rows: list[list[float]], claimed: int | None, usable: tuple[bool, ...] = (True, True, True)
) -> tuple:
    """Judge a slot; give verdict, shown and reason."""
    similarities = np.array(rows, float).reshape(-1, 3)
    found = identify(similarities, claimed=claimed, usable=usable, levels=LEVELS)
    return found.verdict, found.shown, found.reason


@pytest.mark.parametrize(
    ("rows", "claimed", "expected"),
    [
        ([], 0, ("not_visible", -1, "")),
        ([], None, ("not_visible", -1, "")),
        ([[0.8, 0.4, 0.3]] * 5, 0, ("confirmed", 0, "")),
        ([[0.8, 0.4, 0.3]] * 5, 1, ("mismatch", 0, "")),
        ([[0.8, 0.4, 0.3]] * 5, None, ("unclaimed", 0, "")),
        ([[0.8, 0.4, 0.3]] * 5, -1, ("unknown", 0, "CLAIMED_NOT_IN_GALLERY")),
        ([[0.5, 0.4, 0.3]] * 5, 0, ("unknown", -1, "RESEMBLES_NOBODY")),
        ([[0.5, 0.4, 0.3]] * 5, 1, ("unknown", -1, "RESEMBLES_NOBODY")),
        ([[0.8, 0.78, 0.3]] * 5, 1, ("unknown", 0, "MARGIN_TOO_SMALL")),
        ([[0.8, 0.78, 0.3]] * 5, 0, ("confirmed", 0, "")),
        ([[0.9, 0.4, 0.3]] * 2 + [[0.6, 0.7, 0.3]] * 3, 1, ("mismatch", 0, "FOR_SOME_TIME")),
        ([[0.9, 0.4, 0.3]] + [[0.5, 0.6, 0.3]] * 1, 1, ("unknown", 0, "FRAMES_DISAGREE")),
        ([[0.8, 0.3, 0.2]] * 5 + [[0.2, 0.3, 0.6]] * 1, 0, ("unknown", 0, "FRAMES_DISAGREE")),
        ([[0.8, 0.3, 0.2]] * 5 + [[0.2, 0.3, 0.6]] * 2, 0, ("mismatch", 2, "FOR_SOME_TIME")),
        ([[0.8, 0.3, 0.2]] * 5 + [[0.2, 0.7, 0.6], [0.2, 0.3, 0.6]], 0, ("unknown", 0, "FRAMES_DISAGREE")),
        ([[0.8, 0.3, 0.2]] * 5 + [[0.2, 0.3, 0.59]] * 2, 0, ("confirmed", 0, "")),
        ([[0.8, 0.3, 0.2]] * 5 + [[0.56, 0.3, 0.6]] * 2, 0, ("confirmed", 0, "")),
        ([[0.8, 0.3, 0.2]] * 5 + [[0.2, 0.3, 0.9]] * 2, None, ("unclaimed", 0, "")),
        ([[0.8, 0.3, 0.2]] * 5 + [[0.2, 0.3, 0.9]] * 2, -1, ("unknown", 0, "CLAIMED_NOT_IN_GALLERY")),
        ([[0.9, 0.4, 0.3]] * 3 + [[0.6, 0.7, 0.3]] * 2, 1, ("mismatch", 0, "")),
    ],
)
def test_verdicts(rows: list[list[float]], claimed: int | None, expected: tuple[str, int, str]) -> None:
    assert judged(rows, claimed) == expected


@pytest.mark.parametrize(
    ("rows", "claimed", "others"),
    [
        ([], 0, set()),
        ([[0.8, 0.4, 0.3]] * 5, 0, set()),
        ([[0.8, 0.4, 0.3]] * 5, 1, {0}),
        ([[0.8, 0.4, 0.3]] * 5, None, {0}),
        ([[0.8, 0.4, 0.3]] * 5, -1, {0}),
        ([[0.5, 0.4, 0.3]] * 5, None, set()),
        ([[0.8, 0.78, 0.3]] * 5, 1, set()),
        ([[0.8, 0.3, 0.2]] * 5 + [[0.2, 0.3, 0.6]], 0, {2}),
        ([[0.8, 0.3, 0.2]] * 5 + [[0.2, 0.7, 0.6], [0.2, 0.3, 0.6]], 0, {1, 2}),
        ([[0.9, 0.4, 0.3]] * 3 + [[0.3, 0.4, 0.9]], 1, {0, 2}),
    ],
)
def test_whom_else_single_frames_show(rows: list[list[float]], claimed: int | None, others: set[int]) -> None:
    similarities = np.array(rows, float).reshape(-1, 3)
    found = identify(similarities, claimed=claimed, usable=(True, True, True), levels=LEVELS)
    assert found.others == others


EXACT = IdentityLevels(similarity=0.5, proof=0.5, margin=0.125, comparisons=100)


@pytest.mark.parametrize(
    ("rows", "claimed", "expected"),
    [
        ([[0.5, 0.25, 0.125]], 0, ("confirmed", 0, "")),
        ([[0.4375, 0.25, 0.125]], 0, ("unknown", -1, "RESEMBLES_NOBODY")),
        ([[0.75, 0.625, 0.25]] * 3, 1, ("mismatch", 0, "")),
        ([[0.75, 0.6875, 0.25]] * 3, 1, ("unknown", 0, "MARGIN_TOO_SMALL")),
        ([[0.75, 0.25, 0.125]] * 5 + [[0.375, 0.125, 0.5]] * 2, 0, ("mismatch", 2, "FOR_SOME_TIME")),
        ([[0.75, 0.25, 0.125]] * 5 + [[0.4375, 0.125, 0.5]] * 2, 0, ("confirmed", 0, "")),
        # Of two others who show, it is the one who shows more often, be it the first of the gallery.
        ([[0, 0.75, 0]] * 5 + [[0.75, 0, 0]] * 2 + [[0, 0, 0.75]], 1, ("mismatch", 0, "FOR_SOME_TIME")),
        ([[0.75, 0.5, 0]] * 2 + [[0.5, 0.5625, 0]] * 2, 0, ("unknown", 0, "FRAMES_DISAGREE")),
    ],
)
def test_levels_are_the_least_that_count(
    rows: list[list[float]], claimed: int, expected: tuple[str, int, str]
) -> None:
    found = identify(np.array(rows), claimed=claimed, usable=(True,) * 3, levels=EXACT)
    assert (found.verdict, found.shown, found.reason) == expected


def test_where_nobody_can_be_told_no_frame_agrees() -> None:
    for rows, usable in ((np.empty((0, 3)), (True,) * 3), (np.ones((4, 3)), (False,) * 3)):
        found = identify(rows, claimed=0, usable=usable, levels=LEVELS)
        assert found.agreeing == 0
        assert np.isnan([found.similarity, found.claimed_similarity, found.margin]).all()


@pytest.mark.parametrize(
    ("usable", "margin"),
    [((True, True, True), 0.3), ((True, False, True), 0.5), ((True, False, False), None)],
)
def test_who_cannot_be_trusted_is_no_rival(usable: tuple[bool, ...], margin: float | None) -> None:
    found = identify(np.array([[0.8, 0.5, 0.3]] * 2), claimed=0, usable=usable, levels=LEVELS)
    assert found.verdict == "confirmed"
    assert found.margin == pytest.approx(np.nan if margin is None else margin, nan_ok=True)


def test_the_only_identity_has_no_rival() -> None:
    found = identify(np.array([[0.8]]), claimed=0, usable=(True,), levels=LEVELS)
    assert (found.verdict, found.agreeing) == ("confirmed", 1)
    assert np.isnan(found.margin)


@pytest.mark.parametrize(("photos", "identities", "told"), [(10, 2, True), (9, 2, False), (10, 1, False)])
def test_ten_photos_of_two_identities_give_levels(photos: int, identities: int, *, told: bool) -> None:
    own = np.arange(photos) % identities
    assert (identity_levels(np.zeros((photos, identities)), own) is not None) is told


def test_levels_are_read_from_the_best_resemblance_to_another() -> None:
    best = np.linspace(0, 1, 101)
    own = np.arange(101) % 2
    similarities = np.where(np.arange(3) == own[:, None], 2.0, np.minimum(best, 0.5)[:, None])
    similarities[:, 2] = best
    levels = identity_levels(similarities, own)
    assert levels is not None
    assert (levels.similarity, levels.comparisons) == (pytest.approx(0.99), 101)
    assert levels.margin == pytest.approx(0.5 / 1.349)


@pytest.mark.parametrize(
    ("identities", "photos", "least", "most"),
    [
        (2, 40, 0.6, 0.67),
        (3, 60, 0.6, 0.67),
        (5, 10, 0.55, 0.65),
        (5, 300, 0.55, 0.65),
        (40, 400, 0.52, 0.58),
    ],
)
def test_few_persons_are_hardly_any_strangers(
    identities: int, photos: int, least: float, most: float
) -> None:
    """Their photos alone show a level that strangers reach: who is claimed has to come farther."""
    rng = np.random.default_rng(6)
    alike = np.sqrt(2) * rng.normal(0, 0.05, (identities, identities))
    own = np.arange(photos) % identities
    similarities = 0.37 + (alike + alike.T)[own] / 2 + rng.normal(0, 0.005, (photos, identities))
    similarities[np.arange(photos), own] = 0.9
    levels = identity_levels(similarities, own)
    assert levels is not None
    assert least <= levels.proof <= most
    assert levels.proof >= levels.similarity


def test_a_confirmation_takes_more_than_a_mismatch() -> None:
    careful = replace(LEVELS, proof=0.65)
    for value, claimed, expected in ((0.64, 0, "unknown"), (0.65, 0, "confirmed"), (0.64, 1, "mismatch")):
        found = identify(np.array([[value, 0.4, 0.3]]), claimed=claimed, usable=(True,) * 3, levels=careful)
        assert (found.verdict, found.shown) == (expected, 0)


def test_an_unsound_identity_is_never_named() -> None:
    rows = [[0.9, 0.7, 0.3]] * 4
    assert judged(rows, 1, (False, True, True)) == ("confirmed", 1, "")
    assert judged(rows, 2, (False, True, True)) == ("mismatch", 1, "")
    assert judged(rows, 0, (False, True, True)) == ("unknown", 1, "CLAIMED_CENTROID_UNSOUND")
    assert judged(rows, 0, (False, False, False)) == ("unknown", -1, "NO_USABLE_IDENTITY")


def test_the_margin_is_against_the_claim_or_the_next_best() -> None:
    similarities = np.array([[0.8, 0.5, 0.3]] * 2)
    margins = [identify(similarities, claimed=c, usable=(True,) * 3, levels=LEVELS).margin for c in (0, 1, 2)]
    assert margins == pytest.approx([0.3, 0.3, 0.5])


@pytest.mark.parametrize("shape", [(0, 0), (0, 5), (9, 5), (50, 1)])
def test_too_little_gives_no_levels(shape: tuple[int, int]) -> None:
    assert identity_levels(np.zeros(shape), np.zeros(shape[0], int)) is None


def test_levels_follow_the_strangers_of_the_embedder() -> None:
    rng = np.random.default_rng(5)
    own = np.arange(400) % 4
    similarities = rng.normal(0.37, 0.05, (400, 4))
    similarities[np.arange(400), own] = 0.9
    levels = identity_levels(similarities, own)
    assert levels is not None
    assert 0.45 < levels.similarity < 0.58
    assert levels.margin == pytest.approx(0.037, abs=0.01)
    assert levels.comparisons == 400


def test_a_mismatch_for_some_time_is_described_by_its_frames() -> None:
    rows = np.array([[0.8, 0.3, 0.2]] * 3 + [[0.1, 0.3, 0.6], [0.3, 0.3, 0.8]])
    found = identify(rows, claimed=0, usable=(True,) * 3, levels=LEVELS)
    assert (found.verdict, found.shown, found.agreeing) == ("mismatch", 2, 2)
    assert [found.similarity, found.claimed_similarity, found.margin] == pytest.approx([0.7, 0.2, 0.5])


def test_nobody_is_proven_by_a_margin_of_nothing() -> None:
    levels = IdentityLevels(similarity=0.6, proof=0.6, margin=0.0, comparisons=100)
    rows = np.array([[0.8, 0.8, 0.2]] * 5)
    assert identify(rows, claimed=0, usable=(True,) * 3, levels=levels).verdict == "confirmed"
