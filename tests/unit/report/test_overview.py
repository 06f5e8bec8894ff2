from __future__ import annotations

import pytest

from facebank.report.folders import Folders
from facebank.report.numbers import Numbers
from facebank.report.overview import _audit_state, _source_verdicts, _verdicts


@pytest.mark.parametrize(
    ("found", "state"),
    [
        pytest.param((0, 0, 0, 0, 0), "note", id="nobody is named"),
        pytest.param((1, 0, 0, 0, 0), "bad", id="who is named is compared with no slot"),
        pytest.param((1, 3, 0, 0, 0), "bad", id="none is seen"),
        pytest.param((1, 3, 3, 0, 0), "good", id="all are confirmed"),
        pytest.param((1, 3, 2, 0, 1), "look", id="one is unknown"),
        pytest.param((1, 3, 1, 1, 1), "bad", id="one is another"),
    ],
)
def test_an_audit_that_confirms_nothing_is_not_good(
    found: tuple[int, int, int, int, int], state: str
) -> None:
    naming, claimed, confirmed, mismatches, unknown = found
    numbers = Numbers(
        naming=naming, claimed=claimed, confirmed=confirmed, mismatches=mismatches, unknown=unknown
    )
    assert _audit_state(numbers) == state


@pytest.mark.parametrize(("left_out", "state"), [(0, "good"), (1, "look")])
def test_an_audit_that_excludes_a_confirmed_slot_is_worth_a_look(left_out: int, state: str) -> None:
    numbers = Numbers(naming=1, claimed=3, confirmed=3, mismatches=0, unknown=0, left_out=left_out)
    assert _audit_state(numbers) == state


@pytest.mark.parametrize("claimed", [0, 3])
def test_a_variant_out_of_step_is_a_problem(claimed: int) -> None:
    numbers = Numbers(claimed=claimed, mismatches=0, unknown=0, out_of_step=("a",))
    assert _audit_state(numbers) == "bad"


@pytest.mark.parametrize(("rejected", "state"), [(0, "good"), (2, "look")])
def test_a_rejected_video_is_worth_a_look(rejected: int, state: str) -> None:
    numbers = Numbers(sources=3, variants=5, videos_rejected=rejected)
    (verdict,) = _source_verdicts(Folders(), numbers)
    assert (verdict.state, verdict.found) == (state, f"5 variants of 3 sources used, {rejected} rejected")


@pytest.mark.parametrize(
    ("troubled", "accused", "state"),
    [
        ({}, 0, "good"),
        ({}, 1, "look"),
        ({"broken": ("ada",)}, 1, "bad"),
        ({"same_person": ("a", "b")}, 0, "bad"),
    ],
)
def test_a_centroid_of_somebody_elses_photo_is_not_good(
    troubled: dict[str, tuple[str, ...]], accused: int, state: str
) -> None:
    numbers = Numbers(identities=6, **{"broken": (), "empty": (), **troubled}, accused=accused)
    (verdict,) = _verdicts(Folders(), numbers)
    assert verdict.state == state
    assert verdict.found.endswith(f"; outliers and intruders in the centroids: {accused}")


def test_a_gallery_whose_photos_could_not_be_judged_is_not_good() -> None:
    numbers = Numbers(identities=3, broken=(), empty=(), accused=0, unjudged="too few similarities")
    (verdict,) = _verdicts(Folders(), numbers)
    assert verdict.state == "look"
    assert verdict.found.endswith("; no photo could be judged: too few similarities")
