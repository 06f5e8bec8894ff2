"""What is no fault of a config but may be a slip: names in it that nobody has."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from facebank.bank.slugs import identity_of, slug
from facebank.plan.preflight import person_folders

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from facebank.plan.plan import Plan

__all__ = ["remarks"]


def remarks(plan: Plan) -> list[str]:
    """Name what the config says of people and folders that are not in the bank.

    They may be meant: a data set may show people whose photos come later, and banks may share a config.

    Parameters
    ----------
    plan : Plan
        What the config means.

    Returns
    -------
    list of str
        A sentence each, in the order of the config.
    """
    return [] if plan.config.bank.root is None else [*_remarks(plan)]


def _remarks(plan: Plan) -> Iterator[str]:
    """Compare names with the folders of the bank."""
    bank, sources = plan.config.bank, plan.config.sources
    folders = person_folders(bank)
    slugs = {slug(folder) for folder in folders}
    people = {identity_of(folder, bank.slug_map, bank.aliases) for folder in folders}
    for folder in bank.slug_map:
        # A letter with an accent may be written in two ways.
        if slug(folder) not in slugs:
            yield f"bank.slug_map: the bank has no folder '{folder}'{_near(folder, folders)}"
    for name, person in bank.aliases.items():
        if slug(person) not in people:
            yield f"bank.aliases: the bank has no photos of '{person}', who {name} is{_near(person, people)}"
    for letter, name in sources.letters.items():
        # Nobody stands behind the letter of a person who is forgotten.
        if name and identity_of(name, {}, bank.aliases) not in people:
            yield f"sources.letters: the bank has no photos of '{name}', who {letter} is{_near(name, people)}"


def _near(name: str, names: Collection[str]) -> str:
    """End a sentence: with the name that looks most like another one, if there is one."""
    near = difflib.get_close_matches(name, sorted(names), n=1)
    return f"; did you mean '{near[0]}'?" if near else "."
