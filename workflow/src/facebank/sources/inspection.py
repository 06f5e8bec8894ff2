"""What a variant is: its video's facts, its claims, and where they disagree with its metadata."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from facebank.artifacts.digests import digest_of, sha256_file
from facebank.errors import DataError
from facebank.media.containers import Span, reason_of
from facebank.media.readers import DIRECT
from facebank.reading.json_documents import read_json
from facebank.runtime.threads import side_by_side
from facebank.sources.claims import AS_WRITTEN, Claims, portrait_order, read_claims, read_target
from facebank.sources.discovery import PORTRAIT_CORNERS
from facebank.sources.kept_facts import kept_facts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from facebank.media.readers import MediaReader
    from facebank.media.videos import VideoFacts
    from facebank.sources.claims import Spellings
    from facebank.sources.discovery import Variant
    from facebank.sources.findings import Finding

__all__ = [
    "InspectedVariant",
    "VideoRejected",
    "content_digest",
    "inspect_variant",
    "inspect_variants",
    "recorded_video",
    "require_unchanged",
    "span_of",
]

#: Frame rates that differ by less, as a share, are one rate written in two ways (29.97).
_RATE_TOLERANCE = 0.002

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
        Digest of its video; of an episode in a longer one: of the file's digest and the stretch.
    facts : VideoFacts
        What its video says of itself.
    claims : tuple of str
        An identity for each slot, left to right; "" where nobody can be named.
    findings : tuple of (str, str)
        Code and detail of everything that does not agree.
    target : str
        The one of the claims that the task is about; "" where nobody is.
    """

    variant: Variant
    sha256: str
    facts: VideoFacts
    claims: tuple[str, ...]
    findings: tuple[Finding, ...]
    target: str = ""

    @property
    def frames_declared(self) -> int:
        """How many frames the data set or the video's header declares, or else how many packets it has."""
        return self.variant.length or self.facts.frames_declared or self.facts.packets


def inspect_variant(
    root: Path,
    variant: Variant,
    *,
    letters: Mapping[str, str],
    spellings: Spellings = AS_WRITTEN,
    file_digest: Callable[[Path], str] = sha256_file,
    media: MediaReader = DIRECT,
    cache: Path | None = None,
) -> InspectedVariant:
    """Open a variant's video and read its metadata.

    Parameters
    ----------
    root : Path
        The sources' root.
    variant : Variant
        Which one.
    letters : mapping
        Letter of a layout code -> name.
    spellings : Spellings
        Which names are one person's.
    file_digest : callable
        Gives the digest of a file; one that remembers, where many episodes lie in one file.
    media : MediaReader
        Opens the video.
    cache : Path, optional
        Root of the cache, in which its facts are kept.

    Returns
    -------
    InspectedVariant
        With findings where counts disagree.

    Raises
    ------
    VideoRejected
        If the video is missing, empty, unreadable or shorter than its own header says.
    DataError
        If it was replaced while it was read.
    """
    path, name = root / variant.video, _shown_name(variant)
    if not path.is_file():
        raise VideoRejected(name, "MISSING_VIDEO", "", "there is no such file")
    limit = media.video_limits.max_bytes
    try:
        size = path.stat().st_size
        if size > limit:
            raise VideoRejected(name, "TOO_MANY_BYTES", "", f"{size} bytes, sources.max_bytes is {limit}")
        digest = file_digest(path)
    except OSError as error:
        raise VideoRejected(name, "UNREADABLE", "", str(error.strerror)) from error
    if not size:
        raise VideoRejected(name, "EMPTY", digest, "the file has no bytes")
    sha256 = content_digest(digest, variant.span)

    def probed() -> VideoFacts:
        try:
            found = media.probe(path, span=variant.span)
        except DataError as error:
            detail = str(error).replace(str(path), variant.video)
            raise VideoRejected(name, reason_of(error), sha256, detail) from error
        require_unchanged(root, variant, sha256, file_digest=file_digest)
        return found

    facts = kept_facts(cache, sha256, media.video_limits, probed)
    if facts.packets < facts.frames_declared:
        detail = f"{facts.packets} of {facts.frames_declared} frames are in the file"
        raise VideoRejected(name, "TRUNCATED_VIDEO", sha256, detail)
    findings = (*variant.findings, *_video_findings(variant, facts))
    if not variant.folder:
        return InspectedVariant(variant, sha256, facts, (), findings)
    claims, target, more = _read_metadata(root, variant, facts, letters, spellings)
    return InspectedVariant(variant, sha256, facts, claims, (*findings, *more), target)


def inspect_variants(
    variants: Iterable[Variant], inspect: Callable[[Variant], InspectedVariant], *, threads: int
) -> Iterator[InspectedVariant | VideoRejected]:
    """Inspect variants side by side, whichever sources they are of.

    Parameters
    ----------
    variants : iterable of Variant
        Which ones.
    inspect : callable
        `inspect_variant`, with what it needs besides a variant; called by `threads` threads.
    threads : int
        Variants that are opened at once.

    Yields
    ------
    InspectedVariant or VideoRejected
        One for each, in their order.
    """

    def found(variant: Variant) -> InspectedVariant | VideoRejected:
        try:
            return inspect(variant)
        except VideoRejected as rejection:
            return rejection

    return side_by_side(found, variants, threads)


def span_of(row: Mapping[str, Any]) -> Span | None:
    """Give the stretch of a video that a row of sources.parquet or variants.parquet is about."""
    return None if row["start_s"] is None else Span(row["start_s"], row["stop_s"])


def _shown_name(variant: Variant) -> str:
    """Give the name of a variant's video in tables: an episode's own where it shares the file."""
    return variant.video if variant.span is None else f"{variant.video}#{variant.variant}"


def content_digest(file: str, span: Span | None) -> str:
    """Give the digest of a video's content: of the file, or of the file and a stretch of it."""
    return file if span is None else digest_of([file, span.start_s, span.stop_s])


def _video_findings(variant: Variant, facts: VideoFacts) -> list[Finding]:
    """List what a video's own facts do not agree with."""
    findings = []
    if facts.packets > facts.frames_declared > 0:
        counts = f"the container declares {facts.frames_declared}, the video has {facts.packets}"
        findings.append(("CONTAINER_COUNT", counts))
    if facts.rotation:
        findings.append(("ROTATED", f"by {facts.rotation} degrees, upright {facts.width}x{facts.height}"))
    if facts.video_streams > 1:
        findings.append(("SEVERAL_STREAMS", f"{facts.video_streams} video streams: the first one is used"))
    if facts.variable_frame_rate:
        mean = f"{float(facts.frame_rate):.3f} frames a second on average"
        findings.append(("VARIABLE_FRAME_RATE", mean))
    if variant.span is not None:
        if facts.packets != variant.length:
            counts = f"its length is {variant.length}, its range holds {facts.packets} frames"
            findings.append(("EPISODE_LENGTH", counts))
        findings += _rate_finding(variant.fps, facts)
    return findings


def _rate_finding(promised: Any, facts: VideoFacts) -> list[Finding]:
    """Compare a promised frame rate with that of the video."""
    rate = float(facts.frame_rate)
    if not isinstance(promised, int | float) or not rate or abs(rate - promised) <= _RATE_TOLERANCE * rate:
        return []
    return [("FRAME_RATE", f"meta/info.json says {promised:g} frames a second, the video {rate:.3f}")]


def _read_metadata(
    root: Path, variant: Variant, facts: VideoFacts, letters: Mapping[str, str], spellings: Spellings
) -> tuple[tuple[str, ...], str, list[Finding]]:
    """Read whom the files in a variant's folder claim, whom its task is about, and what does not agree."""
    folder = root / variant.folder
    info, info_findings = _read_object(folder / "meta" / "info.json")
    augmentation, augmentation_findings = _read_object(folder / "augmentation.json")
    claims, target = Claims(()), None
    if augmentation:
        order = _portrait_order(root, variant, augmentation)
        claims = read_claims(augmentation, letters=letters, order=order, spellings=spellings)
        target = read_target(augmentation, claims.slots, spellings=spellings)
    findings = [*info_findings, *augmentation_findings, *claims.findings]
    if augmentation and target is None:
        findings.append(("TARGET_NOT_CLAIMED", "its task names a person who is in no slot, or in doubt"))
    if augmentation is None and not augmentation_findings and not variant.base:
        findings.append(("NO_AUGMENTATION", "no augmentation.json: it claims nobody"))
    for name, document, key in (
        ("meta/info.json", info, "total_frames"),
        ("augmentation.json", augmentation, "n_frames"),
    ):
        count = (document or {}).get(key)
        if isinstance(count, int) and count != facts.packets:
            findings.append(("FRAME_COUNT", f"{name} says {count}, the video has {facts.packets}"))
    return claims.slots, target or "", [*findings, *_rate_finding((info or {}).get("fps"), facts)]


def recorded_video(
    root: Path, row: Mapping[str, Any], *, file_digest: Callable[[Path], str] = sha256_file
) -> Path:
    """Give the path of an indexed video, if its content is still what was indexed.

    Parameters
    ----------
    root : Path
        The sources' root.
    row : mapping
        With ``video``, its stretch and ``sha256``, as in sources.parquet and variants.parquet.
    file_digest : callable
        Gives the digest of a file; one that remembers, where many episodes lie in one file.

    Raises
    ------
    DataError
        If the video is gone or another one.
    """
    path: Path = root / row["video"]
    found = content_digest(file_digest(path), span_of(row)) if path.is_file() else "no file"
    if found != row["sha256"]:
        raise DataError(
            "The video is another one than was indexed",
            file=path,
            expected=f"SHA-256 {row['sha256']}",
            found=found,
            remedy="Rebuild the inventory.",
        )
    return path


def require_unchanged(
    root: Path, variant: Variant, sha256: str, *, file_digest: Callable[[Path], str] = sha256_file
) -> None:
    """Insist that a variant's video is what it was: what another shows is not kept under its digest.

    Raises
    ------
    DataError
        If the video is gone or another one.
    """
    span = variant.span
    stretch = {"start_s": span and span.start_s, "stop_s": span and span.stop_s}
    recorded_video(root, {"video": variant.video, "sha256": sha256, **stretch}, file_digest=file_digest)


def _portrait_order(root: Path, variant: Variant, augmentation: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Find the order of a variant's portraits: in its own folder, or in those of the recordings it names."""
    named = str(augmentation.get("src_episode") or variant.source)
    if "/" in named or named.startswith("."):
        # The name of a folder beside this one is meant; no path leads out of the sources, and none is hidden.
        named = variant.source
    own = portrait_order(_read_object(root / variant.folder / PORTRAIT_CORNERS)[0])
    if own is not None:
        return own
    recorded = {
        portrait_order(_read_object(root / folder / PORTRAIT_CORNERS)[0])
        for folder in {named, variant.source}
    } - {None}
    # Where two recordings are named and differ, one of the names is wrong, and neither tells.
    return recorded.pop() if len(recorded) == 1 else None


def _read_object(path: Path) -> tuple[dict[str, Any] | None, tuple[tuple[str, str], ...]]:
    """Read a JSON object; None when there is no such file, with a finding when it cannot be read."""
    try:
        if not path.is_file():
            return None, ()
        document = read_json(path)
    except OSError as error:
        return None, (("UNREADABLE_METADATA", f"{path.name}: {error.strerror}"),)
    except ValueError as error:
        return None, (("UNREADABLE_METADATA", f"{path.name}: {error}"),)
    if not isinstance(document, dict):
        return None, (("UNREADABLE_METADATA", f"{path.name}: no JSON object"),)
    return document, ()
