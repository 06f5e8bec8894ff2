"""What may be wrong with a video and its metadata, and how much each counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from facebank.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["MEANINGS", "SEVERITIES", "Finding", "Severity", "split_findings", "with_defaults"]

#: What a finding does: `error` refuses the video, `warn` lists it in findings.tsv, `ignore` says nothing.
Severity = Literal["error", "warn", "ignore"]

#: Code in capitals, as the tables have it, and what was found.
Finding = tuple[str, str]

#: What each finding says.
MEANINGS: dict[str, str] = {
    "container_count": "the container declares fewer frames than the file has",
    "episode_length": "an episode's length is not the number of frames in its range",
    "episode_overlap": "an episode's range reaches into another episode's",
    "frame_count": "meta/info.json or augmentation.json gives another number of frames than the video has",
    "frame_rate": "meta/info.json gives another frame rate than the video",
    "length_differs": "a variant has another number of frames than its source's representative",
    "letter_twice": "a variant claims a person for several slots",
    "merged_length": "the merged data set has other episodes than the mapping says",
    "name_alike": "its labels would have the name of others, where case and accents are not told apart",
    "no_augmentation": "a variant has no augmentation.json",
    "no_claim": "augmentation.json names nobody",
    "out_of_step": "a variant shows other moments than the video of its labels: its slots are excluded",
    "portrait_order_assumed": "the portraits' places are not known: slots are in the order of their ids",
    "rotated": "the video asks to be shown turned; its labels are of upright frames",
    "rotation_differs": "a variant asks to be turned otherwise than its source's representative",
    "several_streams": "the file has several video streams: the first one is used",
    "size_differs": "a variant has another frame size than its source's representative",
    "target_not_claimed": "a variant's task names a person who is in no slot, or not in one alone",
    "unknown_letter": "a layout has a letter that sources.letters does not explain",
    "unreadable_metadata": "a metadata file cannot be read",
    "variable_frame_rate": "frames do not follow each other at one interval",
}

#: What counts as an error unless the config says otherwise: labels would stand on another episode's frames.
_ERRORS = frozenset({"episode_length", "episode_overlap", "merged_length", "name_alike", "out_of_step"})

#: The severity of each finding where the config does not say otherwise.
SEVERITIES: dict[str, Severity] = {name: "error" if name in _ERRORS else "warn" for name in MEANINGS}


def with_defaults(given: Mapping[str, Severity]) -> dict[str, Severity]:
    """Lay some severities over the defaults; sorted by name.

    Raises
    ------
    ConfigError
        If there is no finding of a name.
    """
    unknown = sorted(given.keys() - SEVERITIES.keys())
    if unknown:
        raise ConfigError(
            f"There is no finding {unknown[0]!r}",
            expected=f"one of {', '.join(SEVERITIES)}",
            remedy="Correct sources.findings in the config.",
        )
    return dict(sorted({**SEVERITIES, **given}.items()))


def split_findings(
    findings: Iterable[Finding], severities: Mapping[str, Severity]
) -> tuple[list[Finding], list[Finding]]:
    """Part findings into those that refuse a video and those that are listed.

    Parameters
    ----------
    findings : iterable of (str, str)
        Code and detail.
    severities : mapping
        Severity of every finding.

    Returns
    -------
    errors, warnings : list of (str, str)
        What is ignored is in neither.
    """
    by_severity: dict[str, list[Finding]] = {"error": [], "warn": [], "ignore": []}
    for finding in findings:
        by_severity[severities[finding[0].lower()]].append(finding)
    return by_severity["error"], by_severity["warn"]
