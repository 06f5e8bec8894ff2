"""Which variants of a source can be used, and which one stands for it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from facebank.artifacts.digests import sha256_file
from facebank.media.readers import DIRECT
from facebank.sources.findings import split_findings
from facebank.sources.inspection import VideoRejected, inspect_variant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from facebank.media.readers import MediaReader
    from facebank.sources.discovery import Variant
    from facebank.sources.findings import Finding, Severity
    from facebank.sources.inspection import InspectedVariant

__all__ = ["usable_variants"]


def usable_variants(
    root: Path,
    variants: Iterable[Variant],
    rejected: list[dict[str, str]],
    *,
    severities: Mapping[str, Severity],
    letters: Mapping[str, str],
    representative: InspectedVariant | None = None,
    threads: int = 1,
    file_digest: Callable[[Path], str] = sha256_file,
    media: MediaReader = DIRECT,
) -> Iterator[InspectedVariant]:
    """Give the variants of one source whose video can be used, in order: the first one stands for the source.

    Parameters
    ----------
    root : Path
        The sources' root.
    variants : iterable of Variant
        The variants of one source, as `discover` orders them. Each is opened when it is asked for.
    rejected : list of dict
        The rows of ``rejected.tsv`` of the others are added to it.
    severities : mapping
        Severity of every finding; one that is an error refuses its variant.
    letters : mapping
        Letter of a layout code -> slug.
    representative : InspectedVariant, optional
        The variant that stands for the source, where it is known: the others are compared with it.
    threads : int
        Decoder threads.
    file_digest : callable
        Gives the digest of a file.
    media : MediaReader
        Opens the videos.

    Yields
    ------
    InspectedVariant
        Its findings are those that are to be listed.
    """
    for variant in variants:
        try:
            item = inspect_variant(
                root, variant, letters=letters, threads=threads, file_digest=file_digest, media=media
            )
        except VideoRejected as rejection:
            rejected.append(rejection.row)
            continue
        found = (*item.findings, *_differences(item, representative or item))
        errors, warnings = split_findings(found, severities)
        if errors:
            rejected.append(_refused(item, errors))
            continue
        item = replace(item, findings=tuple(warnings))
        representative = representative or item
        yield item


def _differences(item: InspectedVariant, representative: InspectedVariant) -> list[Finding]:
    """Compare a variant's video with the one whose boxes it will be given."""
    facts, model = item.facts, representative.facts
    findings = []
    if (facts.width, facts.height) != (model.width, model.height):
        sizes = f"{facts.width}x{facts.height}, the representative {model.width}x{model.height}"
        findings.append(("SIZE_DIFFERS", sizes))
    if facts.packets != model.packets:
        findings.append(("LENGTH_DIFFERS", f"{facts.packets} frames, the representative {model.packets}"))
    return findings


def _refused(item: InspectedVariant, errors: list[Finding]) -> dict[str, str]:
    """Give the row of rejected.tsv of a variant that has findings of severity error."""
    code, _ = errors[0]
    return {
        "file": item.variant.variant,
        "reason": code,
        "sha256": item.sha256,
        "detail": "; ".join(detail for _, detail in errors),
        "remedy": f"Mend it, or set sources.findings.{code.lower()} to warn.",
    }
