"""Stage inventory: each file of the bank is used, rejected or ignored, with the reason."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path  # noqa: TC003 - the command line reads the annotations
from typing import TYPE_CHECKING, Any

from facebank.artifacts.atomic import write_json
from facebank.artifacts.provenance import building
from facebank.artifacts.tables import REJECTED_COLUMNS, write_table, write_tsv
from facebank.artifacts.unread import require_readable
from facebank.bank.decisions import decide
from facebank.bank.forgotten import FORGOTTEN, read_forgotten
from facebank.bank.inventory import examine_all
from facebank.bank.listing import Unused, list_bank
from facebank.bank.schemas import PHOTOS
from facebank.bank.sidecars import licences
from facebank.bank.slugs import require_flat_aliases
from facebank.errors import DataError
from facebank.media.images import UNREAD_SUFFIXES
from facebank.media.isolation import media_reader
from facebank.media.limits import PHOTO_LIMITS, PROCESS_LIMITS, PhotoLimits, ProcessLimits
from facebank.runtime.threads import limit_threads
from facebank.shown import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from facebank.bank.forgotten import Forgotten

__all__ = ["index_photos"]


def index_photos(
    *,
    root: Path,
    output_dir: Path,
    sets: tuple[str, ...] = ("heldout", "scraped"),
    slug_map: dict[str, str] | None = None,
    aliases: dict[str, str] | None = None,
    quarantine: tuple[str, ...] = (),
    forgotten: Path | None = None,
    max_pixels: int = PHOTO_LIMITS.max_pixels,
    max_bytes: int = PHOTO_LIMITS.max_bytes,
    max_seconds: float = PROCESS_LIMITS.max_seconds,
    max_memory_mb: int = PROCESS_LIMITS.max_memory_mb,
    isolate: bool = False,
    threads: int = 1,
    contents: str = "",
) -> None:
    """List the photos of a bank: whose they are, what they hold, and why others are not used.

    Parameters
    ----------
    root
        The bank: `<root>/<set>/<person>/<photo>`. Nothing is written into it.
    output_dir
        The version folder to make.
    sets
        Names of the sets; a bank may have any subset of them.
    slug_map
        Person folder -> identity, where the folder's name is not what the identity is called.
    aliases
        Slug -> slug: two spellings of one person. Applied after slug_map.
    quarantine
        Photos that are left out, by path relative to the root.
    forgotten
        File that says who has to be forgotten: names and photo hashes. Without such a file nobody is.
    max_pixels
        A photo of more pixels is rejected before it is decoded.
    max_bytes
        A photo of more bytes is not read.
    max_seconds
        Seconds of processor time that the decoder of a photo may take.
    max_memory_mb
        Megabytes that it may take in a process of its own.
    isolate
        Decode in processes of their own: a decoder that crashes or hangs costs its photo alone.
    threads
        How many photos are decoded at once.
    contents
        Digest of the files that are read, as the workflow saw them; kept in provenance.json.

    Raises
    ------
    ConfigError
        If an alias leads to another alias, a quarantined path names no file, or folders whose names differ
        by case, accents or dots would be one identity and the map does not say so.
    DataError
        If the folder is missing or holds no usable photo, a photo cannot be read that could be when the build
        began, or the file that says who has to be forgotten cannot be read; nothing is written then.
    """
    slug_map, aliases = slug_map or {}, aliases or {}
    require_flat_aliases(aliases)
    limit_threads(1)  # each photo has a thread of its own
    if not root.is_dir():
        raise DataError(
            "There is no bank", file=root, expected="a folder", remedy="Correct bank.root in the config."
        )
    people = read_forgotten(forgotten)
    listing = list_bank(root, sets)
    identities = decide(listing, slug_map, aliases, quarantine, people)
    with media_reader(
        isolate=isolate,
        process_limits=ProcessLimits(max_seconds, max_memory_mb),
        photo_limits=PhotoLimits(max_pixels, max_bytes, max_seconds),
    ) as media:
        described = [
            _refused(found, people)
            for found in examine_all(root, listing.candidates, media=media, threads=threads)
        ]
    rejected = listing.rejected + [found for found in described if isinstance(found, Unused)]
    # What could be read and is no photo has a digest.
    unread = [found.file for found in rejected if found.reason == "UNREADABLE" and found.sha256 is None]
    require_readable(unread, contents)
    known_licences = licences(root, listing.sidecars)
    photos = [
        {**found, "identity": identities[found["photo"]], "licence": known_licences.get(found["photo"])}
        for found in described
        if not isinstance(found, Unused)
    ]
    if not photos:
        raise DataError(
            "The bank holds no usable photo",
            file=root,
            expected=f"photos in <set>/<person>/ with the sets {', '.join(sets)}"
            if sets
            else "photos in <person>/",
            found=f"{len(rejected)} rejected and {len(listing.ignored)} ignored files",
            remedy="Correct bank.root or bank.sets in the config.",
        )
    parameters = {
        "sets": list(sets),
        "slug_map": slug_map,
        "aliases": aliases,
        "quarantine": sorted(quarantine),
        "max_pixels": max_pixels,
        "max_bytes": max_bytes,
        "max_seconds": max_seconds,
        "max_memory_mb": max_memory_mb,
    }
    with building(
        output_dir, rule="index_photos", parameters=parameters, inputs={}, contents=contents
    ) as folder:
        write_table(folder / "photos.parquet", sorted(photos, key=lambda row: row["photo"]), PHOTOS)
        write_tsv(folder / "rejected.tsv", REJECTED_COLUMNS, _rows(rejected, people))
        write_tsv(folder / "ignored.tsv", REJECTED_COLUMNS, _rows(listing.ignored, people))
        summary = {
            "photos": len(photos),
            "identities": len({row["identity"] for row in photos}),
            "sets": dict(sorted(Counter(row["set"] for row in photos).items())),
            "rejected": len(rejected),
            "ignored": len(listing.ignored),
            "unknown_sets": listing.unknown_sets,
            "folders_without_photo": sum(item.reason == "NO_PHOTO" for item in listing.ignored),
        }
        write_json(folder / "summary.json", summary)
    print(  # noqa: T201 - the stage's one line
        f"{len(photos)} photos of {summary['identities']} identities, "
        f"{len(rejected)} rejected, {len(listing.ignored)} ignored"
    )
    for name, count in listing.unknown_sets.items():
        print(f"{count} photos in {shown(name)}, which is no set of the config: not used")  # noqa: T201
    pictures = sum(
        item.detail in UNREAD_SUFFIXES for item in listing.ignored if item.reason == "NOT_AN_IMAGE"
    )
    if pictures:
        told = ", ".join(UNREAD_SUFFIXES)
        print(f"{pictures} pictures of formats that are not read ({told}): not used; convert them")  # noqa: T201


def _refused(found: dict[str, Any] | Unused, forgotten: Forgotten) -> dict[str, Any] | Unused:
    """Turn away a photo whose content is forgotten, also one that cannot be decoded."""
    file, sha256 = (
        (found.file, found.sha256) if isinstance(found, Unused) else (found["photo"], found["sha256"])
    )
    # The digest would find the photo again in other collections.
    return Unused(file, FORGOTTEN, "the photo") if sha256 in forgotten.photos else found


def _rows(unused: Sequence[Unused], forgotten: Forgotten) -> list[dict[str, str | None]]:
    """Give the rows of a table of files that are not used, sorted by path; none names who is forgotten."""
    named = [replace(item, file=forgotten.covered(item.file)) for item in unused]
    return [item.row() for item in sorted(named, key=lambda item: item.file)]
