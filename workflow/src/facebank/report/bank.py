"""The page of the bank: identities, their photos, copies, and files that are not used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from facebank.report.folders import document, rows
from facebank.report.likeness import nearest_photos
from facebank.report.numbers import rejected_photos

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from facebank.report.album import Album, Picture
    from facebank.report.folders import Folders
    from facebank.report.likeness import Likeness

__all__ = [
    "PHOTO_COLUMNS",
    "URGENCY",
    "BankPage",
    "CopyGroup",
    "Identity",
    "Photo",
    "Stranger",
    "Unused",
    "bank_page",
    "best_photos",
]

#: Accused photos beyond this many are left to the contact sheets.
_STRANGERS = 60

#: Columns of the gallery's photos that the report reads; the embeddings stay on disk.
PHOTO_COLUMNS = (
    "photo",
    "set",
    "identity",
    "sha256",
    "faces_found",
    "x1",
    "y1",
    "x2",
    "y2",
    "duplicate_of",
    "own_similarity",
    "best_other",
    "best_other_similarity",
    "other_by_photos",
    "verdict",
    "evidence",
)


@dataclass(frozen=True, slots=True)
class Photo:
    """One used photo.

    Attributes
    ----------
    photo : str
        Path relative to the bank.
    picture : Picture or None
        How it looks, where it is shown.
    face : tuple of float or None
        x, y, width and height of the chosen face as percent of the photo.
    own, other : float or None
        Similarity to the own identity without this photo, and to the best other identity.
    best_other : str or None
        That identity.
    verdict, evidence : str
        What the gallery says of it, and why.
    faces : int
        Faces found in it.
    lookalike : str or None
        The other identity whose photos it resembles most.
    """

    photo: str
    picture: Picture | None
    face: tuple[float, float, float, float] | None
    own: float | None
    other: float | None
    best_other: str | None
    verdict: str
    evidence: str
    faces: int
    lookalike: str | None

    @property
    def name(self) -> str:
        """The file's name."""
        return self.photo.rpartition("/")[2]

    @property
    def folder(self) -> str:
        """The folder in which it lies, relative to the bank."""
        return self.photo.rpartition("/")[0]


@dataclass(frozen=True, slots=True)
class Identity:
    """One identity: its row of identities.parquet, and its photos, the least similar first."""

    facts: dict[str, Any]
    photos: tuple[Photo, ...]

    @property
    def verdicts(self) -> dict[str, int]:
        """Verdict -> number of photos."""
        found = [photo.verdict for photo in self.photos]
        return {verdict: found.count(verdict) for verdict in sorted(set(found))}


@dataclass(frozen=True, slots=True)
class CopyGroup:
    """Photos that are the same picture, the original first, and how that was found."""

    photos: tuple[Photo, ...]
    evidence: tuple[dict[str, Any], ...]

    @property
    def scope(self) -> str:
        """Whether the copies lie in one identity's folders, in its sets, or under several names."""
        scopes = {str(pair["scope"]) for pair in self.evidence}
        return next(scope for scope in (*_SCOPES, *sorted(scopes)) if scope in scopes)

    @property
    def owner(self) -> str:
        """The identity that the picture belongs to; empty where nothing tells."""
        return str(self.evidence[0].get("owner") or "")


@dataclass(frozen=True, slots=True)
class Stranger:
    """A photo that does not look like its own identity, beside whom it looks like.

    Attributes
    ----------
    photo : Photo
        The photo.
    identity : str
        Whose folder it is in.
    own : Picture or None
        The most typical photo of that identity.
    others : tuple of Likeness
        The photos of the other identity that are most like it.
    """

    photo: Photo
    identity: str
    own: Picture | None
    others: tuple[Likeness, ...]


@dataclass(frozen=True, slots=True)
class Unused:
    """A file that is not used, with a picture where it can be read."""

    facts: dict[str, Any]
    picture: Picture | None


@dataclass(frozen=True, slots=True)
class BankPage:
    """What the page shows.

    Attributes
    ----------
    identities, strangers, copies, rejected, ignored : tuple
        The bank's persons, photos of somebody else, copies, and files that are not used.
    accused : int
        How many photos of somebody else there are; not all are shown.
    unknown_sets : dict
        Top folder that is no set of the config -> photos in it.
    counted : int
        How many photos the centroids are made of.
    suspects : dict
        Verdict -> how many of these have it, of the verdicts that do not speak for a photo.
    """

    identities: tuple[Identity, ...]
    strangers: tuple[Stranger, ...]
    accused: int
    copies: tuple[CopyGroup, ...]
    rejected: tuple[Unused, ...]
    ignored: tuple[Unused, ...]
    unknown_sets: dict[str, int]
    counted: int
    suspects: dict[str, int]


def bank_page(folders: Folders, album: Album) -> BankPage:
    """Gather what the page of the bank shows.

    Identities that need attention come first, then by name.
    """
    sizes = {
        row["photo"]: (row["width"], row["height"])
        for row in rows(folders.inventory_photos, "photos.parquet", ("photo", "width", "height"))
    }
    photos: dict[str, list[Photo]] = {}
    for row in rows(folders.gallery, "photos.parquet", PHOTO_COLUMNS):
        photos.setdefault(row["identity"], []).append(_photo(row, sizes, album))
    identities = [
        Identity(row, tuple(sorted(photos.get(row["identity"], []), key=_least_similar)))
        for row in rows(folders.gallery, "identities.parquet")
    ]
    strangers = [
        (photo, it.facts["identity"])
        for it in identities
        for photo in it.photos
        if photo.verdict in ("intruder", "outlier")
    ]
    counted = document(folders.gallery, "summary.json").get("in_centroids", {})
    return BankPage(
        identities=tuple(
            sorted(identities, key=lambda it: (URGENCY.get(it.facts["status"], 0), it.facts["identity"]))
        ),
        strangers=_strangers(strangers[:_STRANGERS], folders, album),
        accused=len(strangers),
        copies=tuple(
            _copies(rows(folders.gallery, "duplicates.tsv"), (it for some in photos.values() for it in some))
        ),
        rejected=tuple(
            Unused(row, album.photo(row["file"], row["sha256"])) for row in rejected_photos(folders)
        ),
        ignored=tuple(Unused(row, None) for row in rows(folders.inventory_photos, "ignored.tsv")),
        unknown_sets=document(folders.inventory_photos, "summary.json").get("unknown_sets", {}),
        counted=sum(counted.values()),
        suspects={verdict: count for verdict, count in counted.items() if count and verdict != "ok"},
    )


def best_photos(
    folders: Folders, album: Album, wanted: Collection[str] | None = None
) -> dict[str, Picture | None]:
    """Give each identity's most typical photo, to know the person by; of all identities, or those wanted."""
    best: dict[str, dict[str, Any]] = {}
    for row in rows(folders.gallery, "photos.parquet", PHOTO_COLUMNS):
        if wanted is not None and row["identity"] not in wanted:
            continue
        former = best.get(row["identity"])
        if former is None or (row["own_similarity"] or -1.0) > (former["own_similarity"] or -1.0):
            best[row["identity"]] = row
    return {identity: album.photo(row["photo"], row["sha256"]) for identity, row in best.items()}


#: Statuses of identities, the most urgent first; others come first of all.
URGENCY = {"broken": 1, "empty": 2, "same-person-as": 3, "scattered": 4, "thin": 5, "sound": 6}
#: Scopes of copies, the one that needs most attention first.
_SCOPES = ("across identities", "across sets")


def _photo(row: dict[str, Any], sizes: dict[str, tuple[int, int]], album: Album) -> Photo:
    """Describe one photo."""
    size = sizes.get(row["photo"])
    return Photo(
        photo=row["photo"],
        picture=album.photo(row["photo"], row["sha256"]),
        face=None if size is None else _percent((row["x1"], row["y1"], row["x2"], row["y2"]), size),
        own=row["own_similarity"],
        other=row["best_other_similarity"],
        best_other=row["best_other"],
        verdict=row["verdict"],
        evidence=row["evidence"] or "",
        faces=row["faces_found"],
        lookalike=row["other_by_photos"] or row["best_other"],
    )


def _strangers(found: list[tuple[Photo, str]], folders: Folders, album: Album) -> tuple[Stranger, ...]:
    """Put photos beside their own identity and beside the one that they look like."""
    known = best_photos(folders, album) if found else {}
    nearest = nearest_photos(folders.gallery, album, [(it.photo, it.lookalike) for it, _ in found], 2)
    return tuple(
        Stranger(photo=it, identity=identity, own=known.get(identity), others=others)
        for (it, identity), others in zip(found, nearest, strict=True)
    )


def _percent(
    box: tuple[float, float, float, float], size: tuple[int, int]
) -> tuple[float, float, float, float]:
    """Give a box as x, y, width, height in percent of the photo."""
    x1, y1, x2, y2 = (100 * value / side for value, side in zip(box, size * 2, strict=True))
    return round(x1, 2), round(y1, 2), round(x2 - x1, 2), round(y2 - y1, 2)


def _least_similar(photo: Photo) -> tuple[float, str]:
    """Sort photos by similarity to their own identity, the doubtful first; untested ones last."""
    return (2.0 if photo.own is None else photo.own, photo.photo)


def _copies(pairs: list[dict[str, Any]], photos: Iterable[Photo]) -> list[CopyGroup]:
    """Put pairs of copies together by group."""
    known = {photo.photo: photo for photo in photos}
    groups: dict[int, list[dict[str, Any]]] = {}
    for pair in pairs:
        groups.setdefault(int(pair["group"]), []).append(pair)
    found = []
    for _, group in sorted(groups.items()):
        copies = {pair["photo"] for pair in group}
        names = sorted({pair["copy_of"] for pair in group} | copies, key=lambda name: (name in copies, name))
        found.append(CopyGroup(tuple(known[name] for name in names if name in known), tuple(group)))
    return found
