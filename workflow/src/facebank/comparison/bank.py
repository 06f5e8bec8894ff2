"""The page of two banks: whose photos, standing or centroid differ."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from facebank.report.bank import PHOTO_COLUMNS, URGENCY
from facebank.report.folders import rows
from facebank.report.numbers import rejected_photos

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from facebank.report.album import Album, Picture
    from facebank.versions.differences import Differences
    from facebank.versions.sides import Side

__all__ = ["BankChanges", "ChangedIdentity", "ChangedPhoto", "bank_changes"]

#: Photos beyond this many are counted and not shown.
_SHOWN = 200

Change = Literal["added", "removed", "other bytes", "other verdict"]


@dataclass(frozen=True, slots=True)
class ChangedPhoto:
    """A photo that only one side has, or that differs between both.

    Attributes
    ----------
    photo : str
        Path relative to the bank.
    change : {"added", "removed", "other bytes", "other verdict"}
        How it differs.
    a, b : dict or None
        What each side says of it; None where it does not have it.
    before, after : Picture or None
        How it looked in A and looks in B, where the bank still has those bytes.
    """

    photo: str
    change: Change
    a: dict[str, Any] | None
    b: dict[str, Any] | None
    before: Picture | None = None
    after: Picture | None = None

    @property
    def name(self) -> str:
        """The file's name."""
        return self.photo.rpartition("/")[2]

    @property
    def folder(self) -> str:
        """The folder in which it lies, relative to the bank."""
        return self.photo.rpartition("/")[0]


@dataclass(frozen=True, slots=True)
class ChangedIdentity:
    """An identity that differs: its row on both sides, how far its centroid turned, and its photos.

    Attributes
    ----------
    identity : str
        Its slug.
    a, b : dict or None
        Its row of identities.parquet; None where a side does not have it.
    drift : float or None
        1 - cosine of both centroids; None where they are equal or nothing can be said.
    photos : tuple of ChangedPhoto
        Its photos that differ and are shown.
    counts : dict
        Change -> number of its photos, also of those that are not shown.
    """

    identity: str
    a: dict[str, Any] | None
    b: dict[str, Any] | None
    drift: float | None
    photos: tuple[ChangedPhoto, ...]
    counts: dict[str, int]

    @property
    def change(self) -> Literal["added", "removed", "status", "photos", "centroid"]:
        """What is most worth knowing of it."""
        if self.a is None and self.b is None:
            return "photos"
        if self.a is None:
            return "added"
        if self.b is None:
            return "removed"
        if (self.a["status"], self.a["same_as"]) != (self.b["status"], self.b["same_as"]):
            return "status"
        return "photos" if self.counts else "centroid"


@dataclass(frozen=True, slots=True)
class BankChanges:
    """What the page shows.

    Attributes
    ----------
    identities : tuple of ChangedIdentity
        Those that differ: of another status first, then those that only one side has, then those of other
        photos, then by how far the centroid turned.
    equal : tuple of str
        Identities in which nothing differs.
    incomparable : bool
        Whether the centroids are of other models, so that nothing can be said of their drift.
    photos, shown : int
        How many photos differ, and how many of them are shown.
    rejected, accepted : tuple of dict
        Rows of rejected.tsv that only B has, and that only A has.
    copies, gone_copies : tuple of dict
        Pairs of copies that only B has, and that only A has.
    """

    identities: tuple[ChangedIdentity, ...]
    equal: tuple[str, ...]
    incomparable: bool
    photos: int
    shown: int
    rejected: tuple[dict[str, Any], ...]
    accepted: tuple[dict[str, Any], ...]
    copies: tuple[dict[str, Any], ...]
    gone_copies: tuple[dict[str, Any], ...]

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return not any(
            (self.identities, self.incomparable, self.rejected, self.accepted, self.copies, self.gone_copies)
        )


def bank_changes(a: Side, b: Side, found: Differences, albums: tuple[Album, Album]) -> BankChanges:
    """Gather what the page shows.

    Parameters
    ----------
    a, b : Side
        The older and the newer.
    found : Differences
        How they differ.
    albums : tuple of Album
        Make the pictures of photos whose bytes are still those of a side: in the bank as A read it, and in
        the bank.
    """
    changes = _photo_changes(_photos(a, b), _photos(b, a))
    total = sum(map(len, changes.values()))
    drift: Mapping[str, float] | None = (found.identities or {}).get("drift", {})
    standings = [
        _by(_table(side, other, "gallery", "identities.parquet"), "identity")
        for side, other in ((a, b), (b, a))
    ]
    changed = [
        it
        for slug in sorted(standings[0].keys() | standings[1].keys() | changes.keys())
        if (it := _identity(slug, standings, (drift or {}).get(slug), changes.get(slug, [])))
    ]
    shown, identities = 0, []
    for it in sorted(changed, key=_order):
        photos = tuple(_pictured(photo, albums) for photo in it.photos[: _SHOWN - shown])
        shown += len(photos)
        identities.append(replace(it, photos=photos))
    differing = {it.identity for it in identities}
    rejected, accepted = _apart(_rejected(a, b), _rejected(b, a), "file", "reason")
    copies, gone = _apart(
        _table(a, b, "gallery", "duplicates.tsv"),
        _table(b, a, "gallery", "duplicates.tsv"),
        "photo",
        "copy_of",
    )
    return BankChanges(
        identities=tuple(identities),
        equal=tuple(sorted((standings[0].keys() & standings[1].keys()) - differing)),
        incomparable=drift is None,
        photos=total,
        shown=shown,
        rejected=rejected,
        accepted=accepted,
        copies=copies,
        gone_copies=gone,
    )


def _table(side: Side, other: Side, artifact: str, name: str, *columns: str) -> list[dict[str, Any]]:
    """Read a table that both sides hold; without it there is nothing to compare."""
    if side.file(artifact, name) is None or other.file(artifact, name) is None:
        return []
    path = side.file(artifact, name)
    assert path is not None
    return rows(path.parent, path.name, columns or None)


def _photos(side: Side, other: Side) -> dict[tuple[str, str], dict[str, Any]]:
    """Give (identity, photo) -> row, from the fullest table that both sides have."""
    found = _table(side, other, "gallery", "photos.parquet", *PHOTO_COLUMNS) or _table(
        side, other, "inventory_photos", "photos.parquet", "photo", "identity", "sha256"
    )
    return {(row["identity"], row["photo"]): row for row in found}


def _rejected(side: Side, other: Side) -> list[dict[str, Any]]:
    """List the rejected photos of the stages that both sides hold."""
    common = side.folders.present().keys() & other.folders.present().keys()
    return rejected_photos(replace(side.folders, **dict.fromkeys(side.folders.present().keys() - common)))


def _photo_changes(
    before: dict[tuple[str, str], dict[str, Any]], after: dict[tuple[str, str], dict[str, Any]]
) -> dict[str, list[ChangedPhoto]]:
    """Give identity -> its photos that differ, removed and added ones first."""
    found: dict[str, list[ChangedPhoto]] = {}
    for key in sorted(before.keys() | after.keys()):
        a, b = before.get(key), after.get(key)
        change = _change(a, b)
        if change is not None:
            found.setdefault(key[0], []).append(ChangedPhoto(key[1], change, a, b))
    return {
        slug: sorted(photos, key=lambda it: (_CHANGES.index(it.change), it.photo))
        for slug, photos in found.items()
    }


#: In the order in which photos are shown.
_CHANGES: tuple[Change, ...] = ("other verdict", "removed", "added", "other bytes")


def _change(a: dict[str, Any] | None, b: dict[str, Any] | None) -> Change | None:
    """Say how a photo differs; None where it does not."""
    if a is None:
        return "added"
    if b is None:
        return "removed"
    if a["sha256"] != b["sha256"]:
        return "other bytes"
    return "other verdict" if a.get("verdict") != b.get("verdict") else None


def _identity(
    slug: str, standings: list[dict[str, dict[str, Any]]], drift: float | None, photos: list[ChangedPhoto]
) -> ChangedIdentity | None:
    """Describe an identity; None where nothing of it differs."""
    a, b = (rows.get(slug) for rows in standings)
    counts = {change: sum(it.change == change for it in photos) for change in _CHANGES}
    found = ChangedIdentity(
        slug, a, b, drift, tuple(photos), {change: count for change, count in counts.items() if count}
    )
    return None if found.change == "centroid" and drift is None else found


def _order(it: ChangedIdentity) -> tuple[int, int, float, str]:
    """Sort identities: the most telling change, the most urgent status, the farthest turned first."""
    urgency = min((URGENCY.get(row["status"], 0) for row in (it.a, it.b) if row), default=9)
    return (
        ("status", "removed", "added", "photos", "centroid").index(it.change),
        urgency if it.change == "status" else 0,
        -(it.drift or 0.0),
        it.identity,
    )


def _pictured(it: ChangedPhoto, albums: tuple[Album, Album]) -> ChangedPhoto:
    """Add the pictures of a photo; equal bytes need only one."""
    before, after = (
        None
        if row is None
        else next(filter(None, (album.photo(it.photo, row["sha256"]) for album in tried)), None)
        for row, tried in ((it.a, albums), (it.b, albums[::-1]))
    )
    return replace(it, before=None if it.change == "other verdict" else before, after=after)


def _by(found: Iterable[dict[str, Any]], key: str) -> dict[str, dict[str, Any]]:
    """Give rows by a column."""
    return {row[key]: row for row in found}


def _apart(
    a: list[dict[str, Any]], b: list[dict[str, Any]], *key: str
) -> tuple[tuple[dict[str, Any], ...], tuple[dict[str, Any], ...]]:
    """Give the rows that only the second table has and those that only the first has, by some columns."""
    before, after = ({tuple(row[name] for name in key): row for row in table} for table in (a, b))
    return tuple(after[it] for it in sorted(after.keys() - before.keys())), tuple(
        before[it] for it in sorted(before.keys() - after.keys())
    )
