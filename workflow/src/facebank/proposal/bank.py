"""How a folder of photos is laid out: sets of persons, or persons alone."""

from __future__ import annotations

import difflib
import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Literal

from facebank.bank.hidden import is_hidden
from facebank.bank.slugs import slug, told_as
from facebank.errors import ConfigError, DataError
from facebank.media.images import HEIF_SUFFIXES, SUFFIXES, UNREAD_SUFFIXES
from facebank.plan.contents import files_below
from facebank.proposal.text import Pasted
from facebank.shown import shown, yaml_mapping

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["BankProposal", "Layout", "propose_bank"]

Layout = Literal["set/person/photo", "person/photo"]

#: Folders above a photo -> the layout in which it lies there.
_LAYOUTS: dict[int, Layout] = {1: "person/photo", 2: "set/person/photo"}

#: Sets that facebank knows come first, as in the lists that it writes.
_KNOWN_SETS = ("heldout", "scraped")

#: A bank has few sets: more folders than this at the top may as well be persons with folders of their own.
_MOST_SETS = 6

#: Photos that lie elsewhere, as a share: so few are strays, more are another layout.
_STRAYS = 0.05

#: Two names that are at least so alike may be two spellings of one.
_ALIKE = 0.9


@dataclass(frozen=True, slots=True)
class BankProposal:
    """What a bank's section should say.

    Attributes
    ----------
    sets : tuple of str
        Names of the sets; none where the persons' folders stand in the root.
    identities : tuple of str
        Slugs of the persons, sorted.
    photos : int
        Files that lie as photos do.
    remarks : tuple of str
        What the user should look at, a sentence or a line of YAML each.
    """

    sets: tuple[str, ...]
    identities: tuple[str, ...]
    photos: int
    remarks: tuple[str, ...]


def propose_bank(root: Path, layout: Layout | None = None) -> BankProposal:
    """Look at a folder of photos. Names are read, no photo is opened.

    Parameters
    ----------
    root : Path
        The folder.
    layout : {"set/person/photo", "person/photo"}, optional
        How it is laid out, where it does not show.

    Raises
    ------
    ConfigError
        If the layout does not show: the question, and how to answer it.
    DataError
        If there is no such folder, no photo in it, or no photo where the layout says.
    """
    if not root.is_dir():
        raise DataError("There is no such folder of photos", file=root, remedy="Correct --bank.")
    files = [PurePosixPath(file) for file in files_below(root) if not is_hidden(file)]
    photos = [file for file in files if file.suffix.lower() in {*SUFFIXES, *HEIF_SUFFIXES}]
    unread = [file for file in files if file.suffix.lower() in UNREAD_SUFFIXES]
    if not photos:
        raise DataError(
            "There is no photo below the folder",
            file=root,
            expected=f"files that end in {', '.join((*SUFFIXES, *HEIF_SUFFIXES))}",
            found=str(unread[0]) if unread else None,
        )
    chosen = layout or _layout(root, photos)
    depth = {name: depth for depth, name in _LAYOUTS.items()}[chosen]
    meant = [photo for photo in photos if len(photo.parts) - 1 == depth]
    if not meant:
        raise DataError(
            f"No photo lies as {chosen}",
            file=root,
            found=str(photos[0]),
            remedy="Correct --layout or --bank.",
        )
    names = {photo.parts[-2] for photo in meant}
    remarks = [*_spellings(names)]
    if unread:
        remarks.insert(
            0, f"{len(unread)} pictures are of formats that are not read, such as {unread[0]}: convert them."
        )
    if len(photos) > len(meant):
        stray = next(photo for photo in photos if len(photo.parts) - 1 != depth)
        remarks.insert(
            0, f"{len(photos) - len(meant)} photos do not lie as {chosen} and are not used, such as {stray}."
        )
    return BankProposal(
        sets=_in_order({photo.parts[0] for photo in meant}) if depth > 1 else (),
        identities=tuple(sorted({slug(name) for name in names} - {""})),
        photos=len(meant),
        remarks=tuple(remarks),
    )


def _layout(root: Path, photos: Sequence[PurePosixPath]) -> Layout:
    """Tell the layout by how deep the photos lie, or ask."""
    depths = Counter(len(photo.parts) - 1 for photo in photos)
    depth, count = depths.most_common(1)[0]
    if len(photos) - count > _STRAYS * len(photos):
        found = ", ".join(
            f"{number} in {folders} folders (such as {_example(photos, folders)})"
            for folders, number in sorted(depths.items())
        )
        raise ConfigError(
            "Photos lie at different depths: which are meant?",
            file=root,
            found=found,
            remedy=_answers(depths),
        )
    if depth not in _LAYOUTS:
        raise ConfigError(
            "Whose are the photos?" if not depth else "Which folders are the persons?",
            file=root,
            expected="<person>/<photo> or <set>/<person>/<photo>",
            found=str(photos[0]),
            remedy="Move each photo into a folder that is called as its person."
            if not depth
            else "Give --bank the folder that holds the persons, or the sets of persons.",
        )
    tops = {photo.parts[0] for photo in photos if len(photo.parts) - 1 == depth}
    if depth > 1 and len(tops) > _MOST_SETS:
        raise ConfigError(
            "Are the top folders sets or persons?",
            file=root,
            found=f"{len(tops)} of them, with photos one folder deeper",
            remedy="Answer with --layout set/person/photo, or move the photos up so that each lies at"
            " <person>/<photo>.",
        )
    return _LAYOUTS[depth]


def _example(photos: Sequence[PurePosixPath], depth: int) -> PurePosixPath:
    """Give the first photo at a depth."""
    return next(photo for photo in photos if len(photo.parts) - 1 == depth)


def _answers(depths: Counter[int]) -> str:
    """Say with what option each layout that is there can be chosen."""
    offered = [f"--layout {_LAYOUTS[depth]}" for depth in sorted(depths) if depth in _LAYOUTS]
    return f"Answer with {' or '.join(offered)}." if offered else "Give each person one folder of photos."


def _in_order(sets: set[str]) -> tuple[str, ...]:
    """Sort sets: those that facebank knows first."""
    known = [name for name in _KNOWN_SETS if name in sets]
    return (*known, *sorted(sets - set(known)))


def _spellings(names: set[str]) -> list[str]:
    """Ask which folders and which identities are one person."""
    folders: dict[str, list[str]] = defaultdict(list)
    for name in sorted(names):
        folders[slug(name)].append(name)
    folders.pop("", None)
    remarks = []
    for identity, same in sorted(folders.items()):
        if len(same) > 1:
            # Two ways to write an accent look the same.
            alike = len({unicodedata.normalize("NFC", name) for name in same}) < len(same)
            who = " and ".join(map(ascii if alike else shown, same))
            told = told_as(identity, same)
            remarks += [f"Are {who} one person? If not, rename them; else:", _pasted("slug_map", told)]
    known = sorted(folders)
    for place, one in enumerate(known):
        # Numbers in names are no misspellings: player_1 is not player_2.
        plain = [other for other in known[place + 1 :] if _letters(other) != _letters(one)]
        for other in difflib.get_close_matches(one, plain, n=3, cutoff=_ALIKE):
            remarks += [f"Are {one} and {other} one person? Then:", _pasted("aliases", {other: one})]
        longer = [other for other in known if other.endswith(f"_{one}")]
        if len(longer) == 1:
            told = dict.fromkeys(folders[one], longer[0])
            remarks += [f"Is {one} the same as {longer[0]}? Then:", _pasted("slug_map", told)]
    return remarks


def _pasted(key: str, entries: dict[str, str]) -> Pasted:
    """Give a key of the section as it is to be pasted into it."""
    return Pasted(f"{key}: {yaml_mapping(entries)}")


def _letters(name: str) -> str:
    """Give a name without its digits."""
    return "".join(letter for letter in name if not letter.isdigit())
