"""Whose the letters of layouts are, where the augmentations themselves leave one answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from facebank.bank.slugs import slug
from facebank.sources.claims import layout_letters

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["Letters", "read_letters"]

#: Where an augmentation lists the persons whom it shows, portrait id -> name.
_PEOPLE = ("pid_to_celeb_full", "pid_to_celeb")


@dataclass(frozen=True, slots=True)
class Letters:
    """What is known of the letters of layouts.

    Attributes
    ----------
    known : dict
        Letter -> identity, where every augmentation agrees and nobody else is left.
    open : dict
        Letter -> identities that it may mean, where more than one or none is left.
    """

    known: dict[str, str]
    open: dict[str, tuple[str, ...]]


def read_letters(augmentations: Iterable[Mapping[str, Any]], identities: Sequence[str]) -> Letters:
    """Find out whose each letter is, by elimination.

    A variant that lists its persons and names as many letters says: each letter is one of these, and no other
    letter is any of these. No letter is guessed from a name's first letter: a wrong one would look right.

    Parameters
    ----------
    augmentations : iterable of mapping
        Contents of ``augmentation.json``.
    identities : sequence of str
        Slugs of the bank's persons; a letter of which nothing is said may be any of them.
    """
    seen: set[str] = set()
    told: list[tuple[frozenset[str], frozenset[str]]] = []
    for augmentation in augmentations:
        layout = augmentation.get("new_layout_camera_lmr")
        if not isinstance(layout, str) or not layout:
            continue
        letters_of = layout_letters(layout)
        seen |= set(letters_of)
        people = _people(augmentation)
        if len(people) == len(set(letters_of)) == len(letters_of):
            told.append((frozenset(letters_of), people))
    named = {letter for letters, _ in told for letter in letters}
    everybody = frozenset().union(*(people for _, people in told))
    left = {letter: set(everybody) for letter in named}
    for letters, people in told:
        for letter, candidates in left.items():
            if letter in letters:
                candidates.intersection_update(people)
            else:
                candidates.difference_update(people)
    _settle(left)
    known = {letter: next(iter(people)) for letter, people in left.items() if len(people) == 1}
    return Letters(
        known=dict(sorted(known.items())),
        open={
            letter: tuple(sorted(left.get(letter, set(identities) - set(known.values()))))
            for letter in sorted(seen - known.keys())
        },
    )


def _people(augmentation: Mapping[str, Any]) -> frozenset[str]:
    """Give the persons that an augmentation lists."""
    for key in _PEOPLE:
        people = augmentation.get(key)
        if isinstance(people, dict) and people:
            return frozenset(slug(str(name)) for name in people.values())
    return frozenset()


def _settle(left: dict[str, set[str]]) -> None:
    """Strike each person whose letter is settled from the other letters, until nothing changes."""
    settled: set[str] = set()
    while fresh := [letter for letter, people in left.items() if len(people) == 1 and letter not in settled]:
        for letter in fresh:
            settled.add(letter)
            for other, people in left.items():
                if other != letter:
                    people.difference_update(left[letter])
