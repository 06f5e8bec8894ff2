"""Letters of layouts are found by elimination and never guessed."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facebank.proposal.letters import read_letters


def said(layout: str, *people: str) -> dict[str, object]:
    return {"new_layout_camera_lmr": layout, "pid_to_celeb_full": dict(enumerate(people))}


@pytest.mark.parametrize(
    ("augmentations", "known", "open_letters"),
    [
        ([], {}, {}),
        ([{}], {}, {}),
        ([{"new_layout_camera_lmr": "AB"}], {}, {"A": ("ann", "bo"), "B": ("ann", "bo")}),
        ([said("AB", "ann", "bo")], {}, {"A": ("ann", "bo"), "B": ("ann", "bo")}),
        ([said("AB", "ann", "bo"), said("AC", "ann", "cy")], {"A": "ann", "B": "bo", "C": "cy"}, {}),
        # Somebody is wrong: nothing is left for A.
        (
            [said("AB", "ann", "bo"), said("AC", "cy", "di")],
            {},
            {"A": (), "B": ("ann", "bo"), "C": ("cy", "di")},
        ),
    ],
)
def test_letters(
    augmentations: list[dict[str, object]], known: dict[str, str], open_letters: dict[str, tuple[str, ...]]
) -> None:
    found = read_letters(augmentations, ("ann", "bo"))
    assert (found.known, found.open) == (known, open_letters)


PEOPLE = {"A": "ann", "B": "bo", "C": "cy", "D": "di", "E": "ed"}


@given(st.lists(st.sampled_from(list(permutations(PEOPLE, 3))), min_size=1, max_size=8))
def test_what_is_known_is_true(layouts: list[tuple[str, ...]]) -> None:
    """However few layouts there are: a letter is right or open."""
    found = read_letters(
        [said("".join(layout), *sorted(PEOPLE[letter] for letter in layout)) for layout in layouts], ()
    )
    assert found.known.items() <= PEOPLE.items()
    assert all(PEOPLE[letter] in people for letter, people in found.open.items())


def test_an_accent_apart_from_its_letter_is_no_letter() -> None:
    augmentation = {"new_layout_camera_lmr": "E\u0301E", "pid_to_celeb": {"0": "ada", "1": "bob"}}
    found = read_letters([augmentation], ("ada", "bob"))
    assert found.open == {"E": ("ada", "bob"), "\u00c9": ("ada", "bob")}
