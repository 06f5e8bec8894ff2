"""What a variant is: its video's facts, its claims, and where they disagree with its metadata."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from facebank.artifacts.digests import sha256_file
from facebank.errors import DataError
from facebank.media.videos import probe
from facebank.sources.claims import Claims, portrait_order, read_claims, read_target

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from facebank.media.videos import VideoFacts
    from facebank.sources.discovery import Variant

__all__ = ["InspectedVariant", "VideoRejected", "inspect_variant", "recorded_video", "representatives"]

_RESTORE = "Restore the video; without it the variant is left out."


class VideoRejected(Exception):  # noqa: N818 - a decision about one video, no failure of the run
    """A video cannot be used.

    Attributes
    ----------
    row : dict
        Its row of ``rejected.tsv``.
    """

    def __init__(self, file: str, reason: str, sha256: str, detail: str) -> None:
        super().__init__(f"{file}: {reason}")
        self.row = {"file": file, "reason": reason, "sha256": sha256, "detail": detail, "remedy": _RESTORE}


@dataclass(frozen=True, slots=True)
class InspectedVariant:
    """A usable variant.

    Attributes
    ----------
    variant : Variant
        Where it is.
    sha256 : str
        Digest of its video.
    facts : VideoFacts
        What its video says of itself.
    claims : tuple of str
        A slug for each slot, left to right.
    findings : tuple of (str, str)
        Code and detail of everything that does not agree.
    target : str
        The one of the claims that the task is about; "" where nobody is.
    """

    variant: Variant
    sha256: str
    facts: VideoFacts
    claims: tuple[str, ...]
    findings: tuple[tuple[str, str], ...]
    target: str = ""

    @property
    def frames_declared(self) -> int:
        """How many frames the video's header declares, or else how many packets it has."""
        return self.facts.frames_declared or self.facts.packets


def representatives(root: Path, variants: Sequence[Variant], *, threads: int = 1) -> list[InspectedVariant]:
    """Choose the representative of each source: its first variant whose video can be used.

    Parameters
    ----------
    root : Path
        The sources' root.
    variants : sequence of Variant
        All variants of some sources, those of a source together and in order, as `discover` gives them.
    threads : int
        Decoder threads.

    Returns
    -------
    list of InspectedVariant
        One for each source that has a usable video. Claims are not read.
    """
    chosen: dict[str, InspectedVariant] = {}
    for variant in variants:
        if variant.source not in chosen:
            with suppress(VideoRejected):
                chosen[variant.source] = inspect_variant(root, variant, letters={}, threads=threads)
    return list(chosen.values())


def inspect_variant(
    root: Path, variant: Variant, *, letters: Mapping[str, str], threads: int = 1
) -> InspectedVariant:
    """Open a variant's video and read its metadata.

    Parameters
    ----------
    root : Path
        The sources' root.
    variant : Variant
        Which one.
    letters : mapping
        Letter of a layout code -> slug.
    threads : int
        Decoder threads.

    Returns
    -------
    InspectedVariant
        With findings where counts disagree.

    Raises
    ------
    VideoRejected
        If the video is empty, unreadable or shorter than its own header says.
    """
    path = root / variant.video
    if not path.stat().st_size:
        raise VideoRejected(variant.video, "EMPTY", sha256_file(path), "the file has no bytes")
    sha256 = sha256_file(path)
    try:
        facts = probe(path, threads=threads)
    except DataError as error:
        detail = str(error).replace(str(path), variant.video)
        raise VideoRejected(variant.video, "UNREADABLE_VIDEO", sha256, detail) from error
    if facts.packets < facts.frames_declared:
        detail = f"{facts.packets} of {facts.frames_declared} frames are in the file"
        raise VideoRejected(variant.video, "TRUNCATED_VIDEO", sha256, detail)
    if not variant.folder:
        return InspectedVariant(variant, sha256, facts, (), ())
    folder = root / variant.folder
    info, info_findings = _read_object(folder / "meta" / "info.json")
    augmentation, augmentation_findings = _read_object(folder / "augmentation.json")
    claims, target = Claims(()), None
    if augmentation:
        claims = read_claims(
            augmentation, letters=letters, order=_portrait_order(root, variant, augmentation)
        )
        target = read_target(augmentation, claims.slots)
    findings = (*info_findings, *augmentation_findings, *claims.findings)
    if augmentation and target is None:
        findings += (("TARGET_NOT_CLAIMED", "its task names a person who is in no slot, or in doubt"),)
    if augmentation is None and not augmentation_findings and not variant.base:
        findings += (("NO_AUGMENTATION", "no augmentation.json: it claims nobody"),)
    for name, document, key in (
        ("meta/info.json", info, "total_frames"),
        ("augmentation.json", augmentation, "n_frames"),
    ):
        count = (document or {}).get(key)
        if isinstance(count, int) and count != facts.packets:
            findings += (("FRAME_COUNT", f"{name} says {count}, the video has {facts.packets}"),)
    return InspectedVariant(variant, sha256, facts, claims.slots, findings, target or "")


def recorded_video(root: Path, row: Mapping[str, Any]) -> Path:
    """Give the path of an indexed video, if its content is still what was indexed.

    Parameters
    ----------
    root : Path
        The sources' root.
    row : mapping
        With ``video`` and ``sha256``, as in sources.parquet and variants.parquet.

    Raises
    ------
    DataError
        If the video is gone or another one.
    """
    path: Path = root / row["video"]
    found = sha256_file(path) if path.is_file() else "no file"
    if found != row["sha256"]:
        raise DataError(
            "The video is another one than was indexed",
            file=path,
            expected=f"SHA-256 {row['sha256']}",
            found=found,
            remedy="Rebuild the inventory.",
        )
    return path


def _portrait_order(root: Path, variant: Variant, augmentation: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Find the order of a variant's portraits: in its own folder, or in that of the recording."""
    for folder in (variant.folder, str(augmentation.get("src_episode") or variant.source), variant.source):
        corners, _ = _read_object(root / folder / "portrait_corners.json")
        order = portrait_order(corners)
        if order is not None:
            return order
    return None


def _read_object(path: Path) -> tuple[dict[str, Any] | None, tuple[tuple[str, str], ...]]:
    """Read a JSON object; None when there is no such file, with a finding when it cannot be read."""
    if not path.is_file():
        return None, ()
    try:
        document = json.loads(path.read_bytes())
    except ValueError as error:
        return None, (("UNREADABLE_METADATA", f"{path.name}: {error}"),)
    if not isinstance(document, dict):
        return None, (("UNREADABLE_METADATA", f"{path.name}: no JSON object"),)
    return document, ()
