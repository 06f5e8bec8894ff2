"""Which files of a bank claim to be photos, and what becomes of the others.

Reason codes of files that are not used:

=====================  =================================================================================
``UNKNOWN_SET``        ignored: below a folder that is no set of the config
``NOT_IN_A_FOLDER``    ignored: not at ``<set>/<person>/<photo>``; without sets, ``<person>/<photo>``
``HIDDEN``             ignored: its name, or that of a folder above it, begins with a dot or is a system's
``NOT_AN_IMAGE``       ignored: its suffix is none of a photo
``NO_PHOTO``           ignored: a person's folder that holds no photo
``SIDECAR``            ignored as a photo, read for what it says of photos
``NOT_A_FILE``         ignored: a pipe, a socket or a device
``SYMLINK_FOLDER``     ignored: links to folders are not followed
``UNREADABLE_FOLDER``  ignored: the folder cannot be opened
``SYMLINK_OUTSIDE``    rejected: a link that leads out of the bank
``NO_DECODER``         rejected: a HEIC photo, and pillow-heif is not installed
``NAME_NOT_UNICODE``   rejected: a name that no table can hold
``NAME_TOO_LONG``      rejected: a name to which ``.arcface.npy`` cannot be added
``NO_IDENTITY``        rejected: nothing of the folder's name makes a slug
``QUARANTINED``        rejected: by the config
``FORGOTTEN``          rejected: the person or the photo has to be forgotten, see `facebank.bank.forgotten`
``UNREADABLE``, ``TRUNCATED``, ``CORRUPT``, ``TOO_MANY_PIXELS``, ``TOO_MANY_BYTES``
                       rejected: see `facebank.media.images`
``TOO_SLOW``, ``TOO_MUCH_MEMORY``, ``DECODER_CRASHED``
                       rejected: see `facebank.media.isolation`
=====================  =================================================================================
"""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facebank.artifacts.file_names import DIGITS_BEFORE
from facebank.bank.hidden import is_hidden
from facebank.bank.sidecars import SIDECAR
from facebank.media.images import FORMATS, HEIF_SUFFIXES, SUFFIXES
from facebank.media.limits import is_special

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

__all__ = ["NO_SETS", "Candidate", "Listing", "Unused", "list_bank"]

#: What the one set of a bank is called whose persons stand in the root itself.
NO_SETS = "bank"

#: File systems allow 255 bytes, and an embedding is called as its photo with ``.arcface.npy`` behind, and the
#: head of a digest before it where names are alike.
_LONGEST_NAME = 255 - len(".arcface.npy") - (DIGITS_BEFORE + 1)

_REMEDIES = {
    "UNKNOWN_SET": "Add the set to bank.sets if its photos are meant.",
    "NOT_IN_A_FOLDER": "Move it into a person's folder.",
    "HIDDEN": "Give it, or its folder, another name if it is meant.",
    "NOT_AN_IMAGE": "Convert it if it is a photo.",
    "NO_PHOTO": "Add the person's photos, or remove the folder.",
    "SIDECAR": "None needed.",
    "NOT_A_FILE": "Remove it.",
    "SYMLINK_FOLDER": "Name the folder itself, or copy it into the bank.",
    "UNREADABLE_FOLDER": "Give the permission to read it.",
    "SYMLINK_OUTSIDE": "Copy the photo into the bank.",
    # Under another name it is not looked at again once pillow-heif is there: what is in it does not change.
    "NO_DECODER": "Convert it, or install pillow-heif and give it a name that ends in .heic.",
    "NAME_NOT_UNICODE": "Rename it.",
    "NAME_TOO_LONG": "Rename it.",
    "NO_IDENTITY": "Rename the folder, or map it in bank.slug_map.",
    "FORGOTTEN": "Delete it: `facebank forget` with the person's slug lists such photos.",
    "QUARANTINED": "Take it out of bank.quarantine to use it.",
    "UNREADABLE": "Replace or remove it.",
    "TRUNCATED": "Copy or download it again.",
    "CORRUPT": "Copy or download it again.",
    "TOO_MANY_PIXELS": "Scale it down, or raise bank.max_pixels.",
    "TOO_MANY_BYTES": "Scale it down, or raise bank.max_bytes.",
    "TOO_SLOW": "Convert it, or raise media.max_seconds.",
    "TOO_MUCH_MEMORY": "Convert it, or raise media.max_memory_mb.",
    "DECODER_CRASHED": "Convert it, or remove it.",
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that claims to be a photo, relative to the bank: ``[<set>/]<folder>/<name>``."""

    photo: str
    set: str
    folder: str


@dataclass(frozen=True, slots=True)
class Unused:
    """A file that is not used, as ``rejected.tsv`` and ``ignored.tsv`` list it."""

    file: str
    reason: str
    detail: str = ""
    sha256: str | None = None

    def row(self) -> dict[str, Any]:
        """Give the row of the table, with what to do about it."""
        return {**asdict(self), "remedy": _REMEDIES[self.reason]}


@dataclass(slots=True)
class Listing:
    """What a bank holds; each list is sorted by path.

    Attributes
    ----------
    candidates : list of Candidate
        Files that claim to be photos.
    rejected, ignored : list of Unused
        Files that cannot be used, and files that are not meant; also folders that hold none.
    sidecars : list of str
        Files that say something of photos.
    unknown_sets : dict
        Top folder that is no set of the config -> how many files there claim to be photos, where any does.
    """

    candidates: list[Candidate] = field(default_factory=list)
    rejected: list[Unused] = field(default_factory=list)
    ignored: list[Unused] = field(default_factory=list)
    sidecars: list[str] = field(default_factory=list)
    unknown_sets: dict[str, int] = field(default_factory=dict)


def list_bank(root: Path, sets: Collection[str]) -> Listing:
    """List every file of a bank. No file is opened.

    Parameters
    ----------
    root : Path
        The bank. It may be a link itself.
    sets : collection of str
        Names of the top folders whose photos are used; none: the persons' folders stand in the root.

    Returns
    -------
    Listing
        Each file is in exactly one of its first three lists; `sidecars` repeats some of the ignored ones.
    """
    listing = Listing()
    real_root = root.resolve()
    for path, unused in sorted(_walk(real_root, _depth(sets)), key=lambda entry: os.fsencode(entry[0])):
        if unused is not None:
            listing.ignored.append(unused)
        elif is_special(real_root / path):
            listing.ignored.append(Unused(_printable(path), "NOT_A_FILE", "a pipe, a socket or a device"))
        else:
            _sort_in(path, real_root, sets, listing)
    claimed = {item.photo.rpartition("/")[0] for item in listing.candidates}
    claimed |= {item.file.rpartition("/")[0] for item in listing.rejected}
    listing.ignored = [
        item
        for item in listing.ignored
        if item.reason != "NO_PHOTO"
        or (_is_meant(item.file, sets) and item.file not in claimed and not is_hidden(item.file))
    ]
    return listing


def _depth(sets: Collection[str]) -> int:
    """Give how many folders deep a photo lies."""
    return 2 if sets else 1


def _is_meant(path: str, sets: Collection[str]) -> bool:
    """Tell whether a path is in a set, or in a bank that has none."""
    return not sets or path.partition("/")[0] in sets


def _walk(root: Path, depth: int) -> Iterator[tuple[str, Unused | None]]:
    """Give each file as a path relative to the bank, or with the reason why it is no file to look at.

    Every person's folder is among the latter: only who knows its files can tell whether a photo is there.
    """
    unreadable: list[OSError] = []
    for place, folders, files in os.walk(root, onerror=unreadable.append):
        below = os.path.relpath(place, root).replace(os.sep, "/")
        prefix = "" if below == "." else f"{below}/"
        yield from ((f"{prefix}{name}", None) for name in files)
        if below != "." and below.count("/") == depth - 1:
            yield below, Unused(_printable(below), "NO_PHOTO", f"{len(files)} files, {len(folders)} folders")
        for name in folders:
            if (root / f"{prefix}{name}").is_symlink():
                yield f"{prefix}{name}", Unused(_printable(f"{prefix}{name}"), "SYMLINK_FOLDER")
    for error in unreadable:
        path = os.path.relpath(str(error.filename), root).replace(os.sep, "/")
        yield path, Unused(_printable(path), "UNREADABLE_FOLDER", str(error.strerror))


def _sort_in(path: str, root: Path, sets: Collection[str], listing: Listing) -> None:
    """Put one file into its list."""
    parts = path.split("/")
    suffix = os.path.splitext(path)[1].lower()  # noqa: PTH122 (plain text: pathlib costs a bank of a million files minutes)
    photo = suffix in SUFFIXES or suffix in HEIF_SUFFIXES
    if len(parts) > 1 and not _is_meant(path, sets):
        if photo and not is_hidden(path):
            name = _printable(parts[0])
            listing.unknown_sets[name] = listing.unknown_sets.get(name, 0) + 1
        listing.ignored.append(Unused(_printable(path), "UNKNOWN_SET", f"the sets are {', '.join(sets)}"))
    elif parts[-1] == SIDECAR and len(parts) - 1 == _depth(sets):
        listing.sidecars.append(path)
        listing.ignored.append(Unused(_printable(path), "SIDECAR"))
    elif not photo or is_hidden(path):
        hidden = ("HIDDEN", "a name with a dot before it, or a folder that systems make")
        why = hidden if photo else ("NOT_AN_IMAGE", suffix or "no suffix")
        listing.ignored.append(Unused(_printable(path), *why))
    elif len(parts) - 1 != _depth(sets):
        listing.ignored.append(Unused(_printable(path), "NOT_IN_A_FOLDER", f"{len(parts) - 1} folders deep"))
    elif suffix in HEIF_SUFFIXES and "HEIF" not in FORMATS:
        listing.rejected.append(Unused(_printable(path), "NO_DECODER", "pillow-heif is not installed"))
    elif _printable(path) != path:
        listing.rejected.append(Unused(_printable(path), "NAME_NOT_UNICODE", "bytes that are no UTF-8"))
    elif len(os.fsencode(parts[-1])) > _LONGEST_NAME:
        listing.rejected.append(Unused(path, "NAME_TOO_LONG", f"more than {_LONGEST_NAME} bytes"))
    elif not Path(os.path.realpath(root / path)).is_relative_to(root):
        listing.rejected.append(Unused(path, "SYMLINK_OUTSIDE", "a symbolic link"))
    else:
        listing.candidates.append(Candidate(path, parts[0] if sets else NO_SETS, parts[-2]))


def _printable(path: str) -> str:
    """Give a path as text that can be written; bytes that are no UTF-8 are shown escaped."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")
