"""``facebank diff``: how two releases, reports or version folders differ."""

from __future__ import annotations

import json as json_library
from dataclasses import asdict
from pathlib import Path  # noqa: TC003 (the command line reads the annotations)
from typing import TYPE_CHECKING, Any

from facebank.artifacts.atomic import json_text
from facebank.reading.believed import not_believed
from facebank.report.wording import counted
from facebank.shown import shown
from facebank.versions.differences import Differences, compare
from facebank.versions.sides import open_sides

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["diff"]


def diff(a: Path, b: Path, *, json: bool = False) -> None:
    """Compare two releases, reports or version folders: parameters first, then content.

    Parameters
    ----------
    a
        A release, a report (it stands for all that it shows) or a version folder: the older one.
    b
        Another of the same kind: the newer one.
    json
        Print JSON and not text.

    Raises
    ------
    DataError
        If one of them is neither a release nor a finished version folder, or they are of different kinds.
    """
    with not_believed(b):
        sides = open_sides(a, b)
        found = compare(*sides)
    if json:
        names = {"a": sides[0].name, "b": sides[1].name}
        print(json_text({**names, **asdict(found)}), end="")  # noqa: T201 (the command's answer)
    else:
        print("\n".join(map(shown, [f"{sides[0].name} -> {sides[1].name}", *_lines(found)])))  # noqa: T201 (the command's answer)


def _lines(found: Differences) -> list[str]:
    """Write the differences as text; a group in which nothing differs is left out."""
    if found.none:
        return ["nothing differs"]
    lines = _group(
        "Parameters",
        [
            f"{it['artifact']} {it['parameter']}: {_brief(it['a'])} -> {_brief(it['b'])}"
            for it in found.parameters
        ],
    )
    lines += _group(
        "Photos", [f"{change} {photo}" for change, photos in (found.photos or {}).items() for photo in photos]
    )
    identities = found.identities or {}
    lines += _group(
        "Identities",
        [
            *(f"{change} {slug}" for change in ("added", "removed") for slug in identities.get(change, ())),
            *(
                f"{slug}: its centroid turned by {value:.6f} (1 - cosine)"
                for slug, value in (identities.get("drift") or {}).items()
            ),
            *(["drift is not comparable: other models"] if identities.get("drift", {}) is None else []),
        ],
    )
    lines += _group("Boxes", [f"{it['source']}: {_shift(it, 'labels')}" for it in found.boxes or ()])
    lines += _group("Detections", [_detected(it) for it in found.detections or ()])
    lines += _group("Claims", [_claimed(it) for it in found.claims or ()])
    lines += _group(
        "Metrics",
        [
            f"{it['artifact']} {it['metric']}: {_brief(it['a'])} -> {_brief(it['b'])}{_delta(it['delta'])}"
            for it in found.metrics
        ],
    )
    return lines


def _detected(it: Mapping[str, Any]) -> str:
    """Write how the detections of a source differ."""
    where = "" if it["missing_in"] else f", {counted(it['keyframes'], 'keyframe')} of both"
    return f"{it['source']}{where}: {_shift(it, 'detections')}"


def _claimed(it: Mapping[str, Any]) -> str:
    """Write how a slot of a variant is claimed and judged otherwise."""
    if it["slot"] is None:
        return f"{it['variant']}: {'A' if it['a'] is None else 'B'} does not have it"
    return f"{it['variant']}:{it['slot']}: {_judged(it['a'])} -> {_judged(it['b'])}"


def _judged(side: Mapping[str, Any] | None) -> str:
    """Write whom a slot claims, and what the audit says of it."""
    if side is None:
        return "no such slot"
    return f"{side['claimed'] or 'nobody'}, {side['verdict']}{', excluded' if side['excluded'] else ''}"


def _shift(it: Mapping[str, Any], what: str) -> str:
    """Write how far boxes moved, or which side lacks them all."""
    if it["missing_in"]:
        found = f"{it['missing_in'].upper()} has no {what} of it"
    elif not it["compared"]:
        found = "none in both"
    else:
        found = (
            f"{it['compared']} in both, shifted by {it['mean_shift_px']:.3f} px on average"
            f" and {it['max_shift_px']:.3f} px at most"
        )
    return f"{found}; {it['only_a']} gone, {it['only_b']} new"


def _group(title: str, lines: list[str]) -> list[str]:
    """Put a title over lines, if there are any."""
    return [title, *(f"  {line}" for line in lines)] if lines else []


def _delta(delta: float | None) -> str:
    """Write a signed difference."""
    return "" if delta is None else f" ({delta:+.6g})"


def _brief(value: object) -> str:
    """Write a value; a digest by its head."""
    if isinstance(value, str) and len(value) == 64 and set(value) <= set("0123456789abcdef"):  # noqa: PLR2004 (SHA-256)
        return value[:8]
    return json_library.dumps(value, ensure_ascii=False)
