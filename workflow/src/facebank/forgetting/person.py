"""Who is meant by a slug: every name of the person, and the bytes of every photo and video of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facebank.artifacts.digests import sha256_bytes
from facebank.artifacts.file_names import APPLE_DOUBLE
from facebank.artifacts.tables import read_parquet, read_tsv
from facebank.bank.forgotten import Forgotten, read_forgotten
from facebank.bank.slugs import identity_of, slug
from facebank.errors import DataError
from facebank.media.images import HEIF_SUFFIXES, SUFFIXES, UNREAD_SUFFIXES
from facebank.plan.contents import ContentIndex, files_below
from facebank.reading.json_documents import read_json
from facebank.sources.claims import Spellings, read_claims

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from facebank.config.sections import Config

__all__ = ["Person", "everybody", "find_person"]

_HEX_DIGITS = 64

#: A picture of the person in a format that is not read is the person's all the same.
_PICTURES = frozenset({*SUFFIXES, *HEIF_SUFFIXES, *UNREAD_SUFFIXES})

#: An empty file shows nobody: others have some, too, and tables that name them are not the person's.
_NOTHING = sha256_bytes(b"")


@dataclass(frozen=True, slots=True)
class Person:
    """A person, as the configured folders know them.

    Attributes
    ----------
    slug : str
        What the identity is called.
    names : frozenset of str
        That slug, and the slugs of its other spellings and of its folders; none where nothing of the name was
        left.
    photos : frozenset of str
        SHA-256 of every photo that is or was the person's.
    videos : frozenset of str
        SHA-256 of every video that claims to show the person, or was seen to where another one is claimed.
    photo_files : tuple of str
        The photos that stand in the bank, relative to it, also under other names.
    video_files : tuple of str
        Those videos, relative to the sources' root; and folders there that claim to show the person, of which
        no build uses a video.
    taken_for_others : tuple of str
        ``VARIANT:SLOT`` that was seen to show the person where another one is claimed.
    """

    slug: str
    names: frozenset[str]
    photos: frozenset[str]
    videos: frozenset[str]
    photo_files: tuple[str, ...]
    video_files: tuple[str, ...]
    taken_for_others: tuple[str, ...] = ()


def find_person(name: str, config: Config, inventories: Collection[Path], index: ContentIndex) -> Person:
    """Gather a person's names, photos and videos.

    Parameters
    ----------
    name : str
        Any name of the person.
    config : Config
        The config as it is written.
    inventories : collection of Path
        Folders with the tables of inventories and audits of builds and releases: former photos stand there.
    index : ContentIndex
        Digests of the user's files.

    Raises
    ------
    DataError
        If the file that says who is forgotten cannot be read.
    """
    read_forgotten(Path(config.bank.forgotten))  # what cannot be read is not passed over
    person, names = _names(slug(name), config)
    meant = Forgotten(names=names)
    rows = [row for folder in inventories for row in _photo_rows(folder)]
    photos = {sha256 for photo, identity, sha256 in rows if identity in names or meant.covers(photo)}
    photos |= _forgotten_photos(Path(config.bank.forgotten), names)
    seen = {
        (variant, slot) for folder in inventories for variant, slot, shown in _shown(folder) if shown in names
    }
    seen_in = {variant for variant, _ in seen}
    showing = [
        row
        for folder in inventories
        for row in _claims(folder)
        if names & set(row["claims"]) or row["variant"] in seen_in
    ]

    videos = {row["video"] for row in showing}
    used = {video.partition("/")[0] for video in videos}

    files = () if config.bank.root is None else files_below(Path(config.bank.root))
    digests = dict(
        zip(files, index.digests([Path(config.bank.root or "") / file for file in files]), strict=True)
    )
    photos |= {
        digest
        for file, digest in digests.items()
        if meant.covers(file) and len(digest) == _HEX_DIGITS and _is_picture(file)
    }
    photos.discard(_NOTHING)
    return Person(
        slug=person,
        names=names,
        photos=frozenset(photos),
        videos=frozenset(row["sha256"] for row in showing),
        photo_files=tuple(file for file, digest in digests.items() if meant.covers(file) or digest in photos),
        video_files=tuple(sorted(videos | (_claiming_folders(config, names) - used))),
        taken_for_others=tuple(f"{variant}:{slot}" for variant, slot in sorted(seen)),
    )


def everybody(config: Config, inventories: Collection[Path]) -> frozenset[str]:
    """Give all names that somebody has: in the config, as a folder of the bank, or in a build.

    Parameters
    ----------
    config : Config
        The config as it is written.
    inventories : collection of Path
        Folders with the tables of inventories, audits and galleries of builds and releases.
    """
    bank = config.bank
    root = Path(bank.root) if bank.root else None
    folders = root.glob("*/*" if bank.sets else "*") if root else ()
    called = {path.name for path in folders if path.is_dir()}
    called |= {*bank.slug_map, *bank.slug_map.values(), *bank.aliases, *bank.aliases.values()}
    called |= set(config.sources.letters.values())
    for folder in inventories:
        called |= {identity for _, identity, _ in _photo_rows(folder)}
        called |= {row["identity"] for row in _rows(folder / "identities.parquet", ("identity",))}
        called |= {name for row in _claims(folder) for name in row["claims"]}
    return frozenset(filter(None, called))


def _names(name: str, config: Config) -> tuple[str, frozenset[str]]:
    """Give the identity's slug, and all slugs that lead to it."""
    slug_map, aliases = config.bank.slug_map, config.bank.aliases
    person = identity_of(name, {slug(folder): who for folder, who in slug_map.items()}, aliases)
    spelled = {slug(folder) for folder in slug_map if identity_of(folder, slug_map, aliases) == person}
    called = {person, name} | spelled | {other for other, who in aliases.items() if slug(who) == person}
    # No name is nobody's, though tables hold one wherever they name nobody.
    return person, frozenset(called - {""})


def _photo_rows(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Give path, identity and digest of each photo that an inventory used or turned away."""
    for row in _rows(folder / "photos.parquet", ("photo", "identity", "sha256")):
        yield row["photo"], row["identity"], row["sha256"]
    path = folder / "rejected.tsv"
    for cells in read_tsv(path) if path.is_file() else ():
        if cells.get("sha256"):
            yield cells["file"], "", cells["sha256"]


def _claims(folder: Path) -> list[dict[str, Any]]:
    """Give what the variants of an inventory claim."""
    return _rows(folder / "variants.parquet", ("variant", "video", "sha256", "claims"))


def _claiming_folders(config: Config, names: frozenset[str]) -> set[str]:
    """Name the folders of the sources that claim to show the person.

    An inventory says nothing of what is claimed where a video cannot be used, or of who is forgotten.
    """
    sources, found = config.sources, set()
    spellings = Spellings(config.bank.aliases)
    for path in Path(sources.root).glob("*/augmentation.json") if sources.root else ():
        try:
            told = read_json(path)
        except (OSError, ValueError):
            continue
        if isinstance(told, dict) and names.intersection(
            read_claims(told, letters=sources.letters, order=None, spellings=spellings).slots
        ):
            found.add(path.parent.name)
    return found


def _is_picture(file: str) -> bool:
    """Tell whether a file may be a picture by its name: notes and licences are many people's."""
    path = Path(file)
    return path.suffix.lower() in _PICTURES and not path.name.startswith(APPLE_DOUBLE)


def _shown(folder: Path) -> Iterator[tuple[str, int, str]]:
    """Give each variant and slot that an audit saw to show another person than is claimed, and whom."""
    for row in _rows(folder / "verdicts.parquet", ("variant", "slot", "verdict", "shown")):
        if row["verdict"] == "mismatch":
            yield row["variant"], row["slot"], row["shown"]


def _rows(path: Path, columns: tuple[str, ...]) -> list[dict[str, Any]]:
    """Read a table of a build of any age: one that cannot be read, or has other columns, has no rows."""
    try:
        found: list[dict[str, Any]] = read_parquet(path, columns=columns).to_pylist()
    except DataError:
        return []
    return found if found and set(found[0]) == set(columns) else []


def _forgotten_photos(path: Path, names: frozenset[str]) -> frozenset[str]:
    """Give the hashes that were forgotten with a person before."""
    rows = read_tsv(path) if path.exists() else []
    return frozenset(row["sha256"] for row in rows if row["slug"] in names and row["sha256"])
