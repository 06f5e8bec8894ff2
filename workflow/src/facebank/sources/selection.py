"""Which variants of a source can be used, and which one stands for it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from facebank.sources.findings import split_findings
from facebank.sources.inspection import VideoRejected
from facebank.sources.serving import VideoFrames

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from facebank.sources.findings import Finding, Severity
    from facebank.sources.inspection import InspectedVariant

__all__ = ["frames_of", "representative", "usable_variants"]


def frames_of(item: InspectedVariant) -> VideoFrames:
    """Give what has to be the same of a variant and the one whose labels serve it."""
    facts = item.facts
    return VideoFrames(facts.width, facts.height, facts.rotation, facts.packets)


def usable_variants(
    opened: Iterable[InspectedVariant | VideoRejected],
    rejected: list[dict[str, str]],
    *,
    severities: Mapping[str, Severity],
) -> list[InspectedVariant]:
    """Give the variants of one source whose video can be used: the first one stands for the source.

    That is the first one of those whose frames are as most variants' are, or as the first one's where no
    others are more: its labels serve them.

    Parameters
    ----------
    opened : iterable of InspectedVariant and VideoRejected
        The variants of one source, as `discover` orders them and `inspect_variants` found them.
    rejected : list of dict
        The rows of ``rejected.tsv`` of the others are added to it.
    severities : mapping
        Severity of every finding; one that is an error refuses its variant.

    Returns
    -------
    list of InspectedVariant
        The others in the order of `opened`. Their findings are those that are to be listed.
    """
    inspected = []
    for item in opened:
        if isinstance(item, VideoRejected):
            rejected.append(item.row)
        else:
            inspected.append(item)
    model = representative([item for item in inspected if not split_findings(item.findings, severities)[0]])
    usable = []
    for item in inspected:
        errors, warnings = split_findings((*item.findings, *_differences(item, model or item)), severities)
        if errors:
            rejected.append(_refused(item, errors))
        else:
            usable.append((item is not model, replace(item, findings=tuple(warnings))))
    return [item for _, item in sorted(usable, key=lambda it: it[0])]


def representative(candidates: Sequence[InspectedVariant]) -> InspectedVariant | None:
    """Choose the variant whose labels serve the most, the first of several; None of none."""
    count = Counter(map(frames_of, candidates))
    return max(candidates, key=lambda item: count[frames_of(item)], default=None)


def _differences(item: InspectedVariant, chosen: InspectedVariant) -> list[Finding]:
    """Compare a variant's video with the representative's."""
    facts, model = item.facts, chosen.facts
    findings = []
    if (facts.width, facts.height) != (model.width, model.height):
        sizes = f"{facts.width}x{facts.height}, the representative {model.width}x{model.height}"
        findings.append(("SIZE_DIFFERS", sizes))
    if facts.rotation != model.rotation:
        turns = f"by {facts.rotation} degrees, the representative by {model.rotation}"
        findings.append(("ROTATION_DIFFERS", turns))
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
