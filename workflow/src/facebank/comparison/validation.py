"""The page of two validations: recall, thresholds, and the queries that miss on one side alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from facebank.report.folders import document
from facebank.report.validation import bucket_rows, misses, picture_misses

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from facebank.report.album import Album
    from facebank.report.validation import Miss
    from facebank.versions.sides import Side

__all__ = ["Rate", "Threshold", "ValidationChanges", "validation_changes"]


@dataclass(frozen=True, slots=True)
class Rate:
    """A share on both sides.

    Attributes
    ----------
    name : str
        What is counted.
    a, b : dict
        ``hits``, ``trials``, ``share`` and ``interval`` (its 95 % interval); empty where a side has none.
    """

    name: str
    a: dict[str, Any]
    b: dict[str, Any]

    @property
    def change(self) -> float | None:
        """How far the share rose, in percentage points."""
        a, b = self.a.get("share"), self.b.get("share")
        return None if a is None or b is None else 100 * (b - a)

    @property
    def same(self) -> bool:
        """Whether both sides say the same."""
        return self.a == self.b


@dataclass(frozen=True, slots=True)
class Threshold:
    """What an accepted similarity does, on both sides.

    Attributes
    ----------
    name : str
        What it is about.
    kind : {"similarity", "share"}
        What its values are.
    a, b : float or None
        The values.
    """

    name: str
    kind: str
    a: float | None
    b: float | None


@dataclass(frozen=True, slots=True)
class ValidationChanges:
    """What the page shows.

    Attributes
    ----------
    rates, buckets : tuple of Rate
        Recall of all queries, and by the number of an identity's photos.
    thresholds : tuple of Threshold
        Those that differ.
    gained, lost : tuple of Miss
        Queries that miss in B and not in A, and in A and not in B; the first of them.
    gained_total, lost_total, both : int
        How many there are of each, and how many miss on both sides.
    new : frozenset of str
        Photos of `gained` that A did not ask for at all.
    gone : frozenset of str
        Photos of `lost` that B does not ask for.
    """

    rates: tuple[Rate, ...]
    buckets: tuple[Rate, ...]
    thresholds: tuple[Threshold, ...]
    gained: tuple[Miss, ...]
    lost: tuple[Miss, ...]
    gained_total: int
    lost_total: int
    both: int
    new: frozenset[str]
    gone: frozenset[str]

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        equal = all(rate.same for rate in (*self.rates, *self.buckets))
        return equal and not (self.thresholds or self.gained_total or self.lost_total)


def validation_changes(a: Side, b: Side, album: Album) -> ValidationChanges:
    """Gather what the page shows, of two sides that both hold a validation."""
    summaries = [document(side.folders.validation, "summary.json") for side in (a, b)]
    missed = [_by_query(misses(side.folders.validation)) for side in (a, b)]
    gained = [row for query, row in missed[1].items() if query not in missed[0]]
    lost = [row for query, row in missed[0].items() if query not in missed[1]]
    asked = [_asked(side) for side in (a, b)]
    return ValidationChanges(
        rates=tuple(_rates(*summaries)),
        buckets=tuple(_buckets(a.folders.validation, b.folders.validation)),
        thresholds=tuple(it for it in _thresholds(*summaries) if it.a != it.b),
        gained=picture_misses(gained, b.context, album),
        lost=picture_misses(lost, a.context, album),
        gained_total=len(gained),
        lost_total=len(lost),
        both=len(missed[0].keys() & missed[1].keys()),
        new=frozenset(row["photo"] for row in gained) - asked[0],
        gone=frozenset(row["photo"] for row in lost) - asked[1],
    )


def _by_query(missed: list[dict[str, Any]]) -> dict[tuple[str, str], dict[str, Any]]:
    """Give misses by the photo that is asked for and the identity that it should find."""
    return {(row["photo"], row["identity"]): row for row in missed}


def _asked(side: Side) -> frozenset[str]:
    """List the photos that were asked for."""
    found = side.rows("validation", "loo.parquet", "photo", "tested") or []
    return frozenset(row["photo"] for row in found if row["tested"])


def _rates(a: dict[str, Any], b: dict[str, Any]) -> Iterator[Rate]:
    """Give the recall of all queries."""

    def counted(it: dict[str, Any]) -> dict[str, Any]:
        return {
            "hits": it["top1_hits"],
            "trials": it["queries"],
            "share": it["top1"],
            "interval": it["top1_interval"],
        }

    yield Rate("Top-1", counted(a), counted(b))
    yield Rate("Top-1 without outliers and intruders", a["trusted"]["top1"], b["trusted"]["top1"])
    yield Rate("Top-1, mean over identities", {"share": a["macro_top1"]}, {"share": b["macro_top1"]})
    yield Rate("Top-5", {"share": a["top5"]}, {"share": b["top5"]})


def _buckets(a: Path | None, b: Path | None) -> Iterator[Rate]:
    """Give the recall by the number of photos, of every bucket that either side has."""
    before, after = ({row["bucket"]: row["top1"] for row in bucket_rows(folder)} for folder in (a, b))
    order = [row["bucket"] for folder in (b, a) for row in document(folder, "summary.json")["buckets"]]
    for bucket in filter((before | after).__contains__, dict.fromkeys(order)):
        yield Rate(bucket, before.get(bucket, {}), after.get(bucket, {}))


def _thresholds(a: dict[str, Any], b: dict[str, Any]) -> Iterator[Threshold]:
    """Give what the open set says."""
    before, after = a["open_set"], b["open_set"]
    for name, kind, key in (
        ("Threshold that is suggested", "similarity", "threshold"),
        ("Named rightly and accepted at it", "share", "identified_at_threshold"),
        ("Strangers accepted at it", "share", "unknown_accepted_at_threshold"),
    ):
        yield Threshold(name, kind, before[key], after[key])
    points = [{point["target"]: point for point in it["tar_at_far"]} for it in (before, after)]
    for target in sorted(points[0].keys() | points[1].keys()):
        one, other = (side.get(target, {}) for side in points)
        yield Threshold(
            f"Threshold at a false accept rate of {target:g}",
            "similarity",
            one.get("threshold"),
            other.get("threshold"),
        )
        yield Threshold(
            f"True accepts at a false accept rate of {target:g}", "share", one.get("tar"), other.get("tar")
        )
