"""Whom a variant claims to show in each slot, from its ``augmentation.json``."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from itertools import pairwise
from math import isfinite
from typing import TYPE_CHECKING, Any

from facebank.bank.slugs import identity_of, slug

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "AS_WRITTEN",
    "Claims",
    "Spellings",
    "layout_letters",
    "portrait_order",
    "read_claims",
    "read_target",
]

#: Where ``augmentation.json`` names the person that the task is about: the first that is filled counts.
_TARGET_KEYS = ("new_target_short", "target_short", "target_celeb", "new_target_celeb")


_CLAIM_KEYS = ("new_layout_camera_lmr", "pid_to_celeb", "pid_to_celeb_full")

#: Every slot costs memory in every frame, so nobody may claim a million of them.
_MOST_SLOTS = 64


@dataclass(frozen=True, slots=True)
class Spellings:
    """Which names are one person's, and who must not be named.

    Attributes
    ----------
    aliases : mapping
        Slug -> slug: two spellings of one person.
    forgotten : frozenset of str
        Slugs of people who are forgotten.
    """

    aliases: Mapping[str, str] = field(default_factory=dict)
    forgotten: frozenset[str] = frozenset()

    def identity(self, name: str) -> str:
        """Give the identity of a claimed name, "" of somebody who is forgotten."""
        person = identity_of(name, {}, self.aliases)
        return "" if person in self.forgotten else person

    def of(self, identity: str) -> list[str]:
        """Give an identity's spellings."""
        return [identity, *(alias for alias, person in self.aliases.items() if slug(person) == identity)]


#: Each name is its own person's, and nobody is forgotten.
AS_WRITTEN = Spellings()


@dataclass(frozen=True, slots=True)
class Claims:
    """A variant's claims.

    Attributes
    ----------
    slots : tuple of str
        An identity for each slot from the camera's left to its right; "" where nobody can be named.
    findings : tuple of (str, str)
        What could not be read as it should: code and detail.
    """

    slots: tuple[str, ...]
    findings: tuple[tuple[str, str], ...] = ()


def read_claims(
    augmentation: Mapping[str, Any],
    *,
    letters: Mapping[str, str],
    order: tuple[str, ...] | None,
    spellings: Spellings = AS_WRITTEN,
) -> Claims:
    """Read who is claimed to be where.

    Parameters
    ----------
    augmentation : mapping
        The content of ``augmentation.json``: with ``new_layout_camera_lmr``, one letter a slot in the
        camera's order, as text or as a list of letters of any length; or with ``pid_to_celeb`` or
        ``pid_to_celeb_full``, one slug for each portrait.
    letters : mapping
        Letter -> name; "" is somebody who must not be named.
    order : tuple of str or None
        Portrait ids from left to right, see `portrait_order`; None where it is not known.
    spellings : Spellings
        Which names are one person's.

    Returns
    -------
    Claims
        No slots where neither form is there.
    """
    named = max(
        (len(augmentation[key]) for key in _CLAIM_KEYS if _is_sized(augmentation.get(key))), default=0
    )
    if named > _MOST_SLOTS:
        return Claims((), (("NO_CLAIM", f"{named:,} places: no picture has more than {_MOST_SLOTS}"),))
    layout = augmentation.get("new_layout_camera_lmr")
    if isinstance(layout, str | list) and layout and all(isinstance(letter, str) for letter in layout):
        return _named(_from_layout(layout, letters), spellings)
    for key in ("pid_to_celeb", "pid_to_celeb_full"):
        people = augmentation.get(key)
        if isinstance(people, dict) and people and all(isinstance(name, str) for name in people.values()):
            return _named(_from_portraits(people, order), spellings)
    return Claims((), (("NO_CLAIM", "neither new_layout_camera_lmr nor pid_to_celeb"),))


def _is_sized(value: object) -> bool:
    """Tell whether a value has a length."""
    return isinstance(value, str | list | dict)


def layout_letters(layout: Sequence[str]) -> list[str]:
    """Split a layout into its letters, one a slot.

    Parameters
    ----------
    layout : sequence of str
        ``new_layout_camera_lmr``: text, or a list whose items are letters already. An accent may be written
        apart from its letter: it is no slot of its own, or those right of it would be one off.

    Returns
    -------
    list of str
        In normal form C.
    """
    letters: list[str] = []
    for letter in layout:
        if letters and isinstance(layout, str) and unicodedata.category(letter).startswith("M"):
            letters[-1] += letter
        else:
            letters.append(letter)
    return [unicodedata.normalize("NFC", letter) for letter in letters]


def read_target(
    augmentation: Mapping[str, Any],
    claimed: Sequence[str],
    *,
    spellings: Spellings = AS_WRITTEN,
) -> str | None:
    """Read whom the variant's task is about.

    Parameters
    ----------
    augmentation : mapping
        The content of ``augmentation.json``.
    claimed : sequence of str
        Who is claimed to be in the slots, as `read_claims` gives them.
    spellings : Spellings
        Which names are one person's: the task may say any of them. Where a slot names nobody, it may be about
        somebody who is forgotten.

    Returns
    -------
    str or None
        "" where no task names anyone, or somebody who is forgotten. Otherwise the claimed person with that
        name; a short name, such as ``swift``, is the one claimed person who has its words in a row. None if
        it fits nobody, two, or one who is claimed to be in two slots: neither of them is the one meant.
    """
    named = next((augmentation[key] for key in _TARGET_KEYS if augmentation.get(key)), "")
    if not named:
        return ""
    words = _words(str(named))
    people = {person for person in claimed if person}
    if "" in claimed:
        people |= spellings.forgotten
    called = {person: set(map(_words, spellings.of(person))) for person in people}
    same = {person for person in people if words in called[person]}
    part = {person for person in people if any(f" {words} " in f" {name} " for name in called[person])}
    fitting = same or part
    if not fitting:
        return None
    if fitting <= spellings.forgotten:
        return ""
    meant = fitting.pop()
    return meant if not fitting and [*claimed].count(meant) == 1 else None


def portrait_order(corners: Any) -> tuple[str, ...] | None:
    """Give portrait ids from left to right by the mean x of their corners.

    Parameters
    ----------
    corners : any
        The content of ``portrait_corners.json``: portrait id -> four corners ``[x, y]`` in pixels; also where
        the object lies under a key ``corners`` or ``portraits``, or a portrait's corners under a key
        ``corners``.

    Returns
    -------
    tuple of str or None
        None if it is of another form, or a portrait lies above another, by less than half its width beside
        it: neither is the left one then.
    """
    if isinstance(corners, dict):
        for key in ("corners", "portraits"):
            if isinstance(corners.get(key), dict):
                corners = corners[key]
    try:
        places = sorted((*_place(quad), str(pid)) for pid, quad in corners.items())
    except (AttributeError, KeyError, TypeError, ValueError, IndexError, ZeroDivisionError):
        return None
    if any(right - left <= min(width, other) / 2 for (left, width, _), (right, other, _) in pairwise(places)):
        return None
    return tuple(pid for _, _, pid in places)


def _words(name: str) -> str:
    """Give a name's words with one blank between them."""
    return " ".join(re.split(r"[_\-\s]+", slug(name)))


def _place(quad: Any) -> tuple[float, float]:
    """Give the mean x of a portrait's corners, and how far they reach from left to right."""
    points = quad["corners"] if isinstance(quad, dict) else quad
    across = [float(point[0]) for point in points]
    mean, width = sum(across) / len(across), max(across) - min(across)
    if not (isfinite(mean) and isfinite(width)):
        raise ValueError("a corner has no place")
    return mean, width


def _named(claims: Claims, spellings: Spellings) -> Claims:
    """Give the identities of whoever is claimed under any spelling."""
    slots = tuple(map(spellings.identity, claims.slots))
    return Claims(slots, (*claims.findings, *_named_twice(slots)))


def _from_layout(layout: Sequence[str], letters: Mapping[str, str]) -> Claims:
    """Read the form with one letter a slot."""
    findings, code = [], "".join(layout)
    wanted = layout_letters(layout)
    known = dict(zip(layout_letters([*letters]), letters.values(), strict=True))
    unknown = sorted({letter for letter in wanted if letter not in known})
    if unknown:
        findings.append(
            (
                "UNKNOWN_LETTER",
                f"{', '.join(unknown)} in the layout {code}: not in sources.letters",
            )
        )
    return Claims(tuple(known.get(letter, "") for letter in wanted), tuple(findings))


def _from_portraits(people: Mapping[str, str], order: tuple[str, ...] | None) -> Claims:
    """Read the form with one slug a portrait."""
    if order is not None and set(order) == set(people):
        return Claims(tuple(people[pid] for pid in order))
    by_number = sorted(people, key=lambda pid: (not pid.isdecimal(), int(pid) if pid.isdecimal() else 0, pid))
    why = (
        "no portrait_corners.json tells, or those of two recordings differ"
        if order is None
        else "portrait_corners.json has other portraits"
    )
    finding = ("PORTRAIT_ORDER_ASSUMED", f"{why}: slots taken in the order of the portraits' numbers")
    return Claims(tuple(people[pid] for pid in by_number), (finding,))


def _named_twice(slots: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Give the finding of persons who are claimed to be in several slots."""
    twice = sorted({name for name in slots if name and slots.count(name) > 1})
    return (("LETTER_TWICE", f"{', '.join(twice)} in several slots"),) if twice else ()
