"""How a folder of videos is laid out: variants, plain videos, or a LeRobot data set."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from facebank.errors import ConfigError, DataError
from facebank.proposal.letters import Letters, read_letters
from facebank.reading.json_documents import read_json
from facebank.report.wording import counted
from facebank.sources.discovery import CAMERA, PATTERN, VIDEO_SUFFIXES, discover
from facebank.sources.findings import SEVERITIES, split_findings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from facebank.sources.discovery import Discovery, Variant

__all__ = ["OWN_SOURCE", "SourcesProposal", "propose_sources"]

#: The pattern by which every folder is a source of its own.
OWN_SOURCE = r"^(?P<source>.+)$"


@dataclass(frozen=True, slots=True)
class SourcesProposal:
    """What the section of the sources should say.

    Attributes
    ----------
    camera, pattern : str
        Which camera, and how a variant's name says its source.
    letters : Letters
        Whose the letters of the layouts are.
    variants : tuple of Variant
        The videos that are found so, not opened.
    slots : int or None
        How many persons each variant claims to show, where they all claim as many.
    remarks : tuple of str
        What the user should look at, a sentence each.
    """

    camera: str
    pattern: str
    letters: Letters
    variants: tuple[Variant, ...]
    slots: int | None
    remarks: tuple[str, ...]

    @property
    def sources(self) -> int:
        """How many sources there are."""
        return len({variant.source for variant in self.variants})


def propose_sources(
    root: Path, identities: Sequence[str], *, camera: str | None = None, pattern: str | None = None
) -> SourcesProposal:
    """Look at a folder of videos. Names and metadata are read, no video is opened.

    Parameters
    ----------
    root : Path
        The folder.
    identities : sequence of str
        Slugs of the bank's persons.
    camera, pattern : str, optional
        As in the config, where they do not show.

    Raises
    ------
    ConfigError
        If the camera or what the names mean does not show: the question, and how to answer it.
    DataError
        If there is no such folder, or no video where any layout has one.
    """
    if not root.is_dir():
        raise DataError("There is no such folder of videos", file=root, remedy="Correct --videos.")
    chosen = camera or _camera(root)
    names = pattern or PATTERN
    found = discover(root, pattern=names, camera=chosen)
    remarks: list[str] = []
    unmatched = [row["file"] for row in found.ignored if row["reason"] == "NAME_NOT_MATCHED"]
    filled = [name for name in unmatched if (root / name / "videos").is_dir()]
    if filled and pattern is None:
        if any(variant.folder for variant in found.variants):
            raise ConfigError(
                "Of which source are these folders?",
                file=root,
                expected="names such as <source>__var01, as others here have",
                found=_some(filled),
                remedy="Rename them, or answer with --pattern, a regular expression with a group"
                " (?P<source>...).",
            )
        names = OWN_SOURCE
        found = discover(root, pattern=names, camera=chosen)
        remarks.append(
            "Every folder is taken for a source of its own; if some are variants of one recording,"
            " change pattern."
        )
    _require_videos(root, found, chosen)
    remarks += _left_out(found)
    augmentations = list(_augmentations(root, found.variants))
    letters = read_letters(augmentations, identities)
    shown = sorted({person for person in letters.known.values() if person not in identities})
    if identities and shown:
        remarks.append(f"The bank has no photos of {_some(shown)}, whom variants claim to show.")
    return SourcesProposal(chosen, names, letters, found.variants, _slots(augmentations), tuple(remarks))


def _camera(root: Path) -> str:
    """Tell the camera by the folders that hold videos, or by the data set's description; or ask."""
    found = _cameras(root)
    if not found or CAMERA in found:
        return CAMERA
    if len(found) > 1:
        raise ConfigError(
            "Which camera sees the faces?",
            file=root,
            found=", ".join(sorted(found)),
            remedy=f"Answer with --camera, such as --camera {found.most_common(1)[0][0]}.",
        )
    return next(iter(found))


def _cameras(root: Path) -> Counter[str]:
    """Count the variants of each camera; for a data set, each camera that it describes."""
    info = _read(root / "meta" / "info.json")
    if info:
        features = info.get("features")
        described = features.items() if isinstance(features, dict) else ()
        return Counter(
            str(key)
            for key, value in described
            if isinstance(value, dict) and value.get("dtype") in ("video", "image")
        )
    return Counter(
        camera.name
        for folder in sorted(root.iterdir())
        if (folder / "videos").is_dir()
        for camera in sorted((folder / "videos").iterdir())
        if camera.is_dir()
    )


def _require_videos(root: Path, found: Discovery, camera: str) -> None:
    """Insist on a video, and say where some are if they lie elsewhere."""
    if found.variants:
        return
    below = next(
        (
            path
            for path in sorted(root.rglob("*"))
            if path.suffix.lower() in VIDEO_SUFFIXES and path.is_file()
        ),
        None,
    )
    raise DataError(
        "There is no video where sources have theirs",
        file=root,
        expected=f"plain videos, folders with videos/{camera}/, or a LeRobot v3 data set",
        found="no video at all" if below is None else f"{below.relative_to(root).as_posix()}",
        remedy=None if below is None else f"Is it --videos {below.parent}?",
    )


def _left_out(found: Discovery) -> list[str]:
    """Say what is in the folder and no source."""
    remarks = []
    refused = [
        {"file": variant.variant, "detail": errors[0][1]}
        for variant in found.variants
        if (errors := split_findings(variant.findings, SEVERITIES)[0])
    ]
    for rows, why in (
        ((*found.rejected, *refused), "cannot be used"),
        (found.ignored, "is taken for no video"),
    ):
        if rows:
            first = rows[0]
            what = f"{first['file']} {why}: {first['detail']}"
            remarks.append(what + (f"; {counted(len(rows) - 1, 'other')} too." if len(rows) > 1 else "."))
    return remarks


def _augmentations(root: Path, variants: Sequence[Variant]) -> Iterator[dict[str, Any]]:
    """Read what the augmentations say; one that cannot be read says nothing here."""
    for variant in variants:
        if variant.folder and (augmentation := _read(root / variant.folder / "augmentation.json")):
            yield augmentation


def _read(path: Path) -> dict[str, Any]:
    """Read a JSON object; anything else is none."""
    try:
        value = read_json(path)
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def _slots(augmentations: Sequence[dict[str, Any]]) -> int | None:
    """Give how many persons every augmentation claims to show."""
    counts = set()
    for augmentation in augmentations:
        layout, people = augmentation.get("new_layout_camera_lmr"), augmentation.get("pid_to_celeb")
        if isinstance(layout, str) and layout:
            counts.add(len(layout))
        elif isinstance(people, dict) and people:
            counts.add(len(people))
    return counts.pop() if len(counts) == 1 else None


def _some(names: Sequence[str]) -> str:
    """Name the first few."""
    first = ", ".join(names[:3])
    return first if len(names) <= 3 else f"{first} and {counted(len(names) - 3, 'other')}"  # noqa: PLR2004 (three names make the point)
