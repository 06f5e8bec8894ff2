"""How two releases or two version folders differ: parameters first, then content."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from facebank.versions.shifts import detection_shifts, label_shifts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from facebank.versions.sides import Side

__all__ = ["Differences", "compare"]

#: Tables that list photos with their bytes, the fullest first.
_PHOTO_TABLES = (
    ("inventory_photos", "photos.parquet"),
    ("gallery", "photos.parquet"),
    ("embeddings", "faces.parquet"),
)

#: Documents whose numbers are metrics.
_METRIC_FILES = ("summary.json", "gold_summary.json")

#: What tells an item of a summary's list from the others: its place moves with what else is in the list.
_TELLING = ("bucket", "identities", "sample_hash", "target")

#: What of an audit's row says whom training is given.
_JUDGED = ("claimed", "verdict", "excluded")

#: What of a provenance is compared, beside its parameters.
_ORIGINS = ("code", "contents", "provider", "runtime", "packages", "models")


@dataclass(frozen=True, slots=True)
class Differences:
    """What differs; everything that is equal is left out.

    Attributes
    ----------
    parameters : list of dict
        ``artifact``, ``parameter``, ``a``, ``b``: settings, and what else the provenance says.
    photos : dict
        ``added``, ``removed`` and ``changed``: paths relative to the bank. None where a side lists no photos.
    identities : dict
        ``added``, ``removed``, and ``drift``: identity -> 1 - cosine of its two centroids, 0 left out, None
        where the centroids are not known to be of the same models. None where a side has no centroids.
    boxes : list of dict
        For each source whose boxes differ: ``source``, ``missing_in`` (``a`` or ``b``: the side that has no
        labels of this name; None where both have), ``compared`` (boxes that both have), ``mean_shift_px`` and
        ``max_shift_px`` (how far a box's corners moved, the farther of two, in pixels of the displayed frame;
        None where nothing is compared), ``only_a`` and ``only_b`` (boxes). None where a side has no face
        labels.
    detections : list of dict
        The same of the faces that were detected at ``keyframes`` of both sides; boxes that overlap by half at
        least are one face. None where a side has no detections.
    claims : list of dict
        Of the slots of variants as the audit judged them, each that differs: ``variant``, ``slot``, ``a`` and
        ``b`` with ``claimed``, ``verdict`` and ``excluded``. A variant that one side lacks stands there once,
        without a slot, and is None there. None where a side has no audit.
    metrics : list of dict
        ``artifact``, ``metric``, ``a``, ``b``, ``delta`` of every number that differs.
    """

    parameters: list[dict[str, Any]]
    photos: dict[str, list[str]] | None
    identities: dict[str, Any] | None
    boxes: list[dict[str, Any]] | None
    detections: list[dict[str, Any]] | None
    claims: list[dict[str, Any]] | None
    metrics: list[dict[str, Any]]

    @property
    def none(self) -> bool:
        """Whether nothing differs."""
        groups = [*(self.photos or {}).values(), *(self.identities or {}).values()]
        return not any((self.parameters, self.boxes, self.detections, self.claims, self.metrics, *groups))


def compare(a: Side, b: Side) -> Differences:
    """Compare two sides.

    Parameters
    ----------
    a, b : Side
        The older and the newer, as a reader thinks of them; only what both hold is compared by content.
    """
    return Differences(
        parameters=list(_parameters(a, b)),
        photos=_photos(a, b),
        identities=_identities(a, b),
        boxes=_boxes(a, b),
        detections=_detections(a, b),
        claims=_claims(a, b),
        metrics=list(_metrics(a, b)),
    )


def _parameters(a: Side, b: Side) -> Iterator[dict[str, Any]]:
    """Compare what both were told, artifact by artifact."""
    for artifact in sorted(a.provenance.keys() | b.provenance.keys()):
        one, other = a.provenance.get(artifact), b.provenance.get(artifact)
        if one is None or other is None:
            yield _change(artifact, "built", one is not None, other is not None)
            continue
        told, tells = one["parameters"], other["parameters"]
        for name in sorted(told.keys() | tells.keys()):
            if told.get(name) != tells.get(name):
                yield _change(artifact, name, told.get(name), tells.get(name))
        for name in _ORIGINS:
            if one.get(name) != other.get(name):
                yield _change(artifact, name, one.get(name), other.get(name))


def _change(artifact: str, name: str, a: object, b: object) -> dict[str, Any]:
    """Describe one parameter that differs."""
    return {"artifact": artifact, "parameter": name, "a": a, "b": b}


def _photos(a: Side, b: Side) -> dict[str, list[str]] | None:
    """Compare the photos by path and bytes, in the fullest table that both have."""
    for artifact, name in _PHOTO_TABLES:
        one, other = (side.rows(artifact, name, "photo", "sha256") for side in (a, b))
        if one is not None and other is not None:
            before, after = ({row["photo"]: row["sha256"] for row in rows} for rows in (one, other))
            return {
                "added": sorted(after.keys() - before.keys()),
                "removed": sorted(before.keys() - after.keys()),
                "changed": sorted(
                    photo for photo in before.keys() & after.keys() if before[photo] != after[photo]
                ),
            }
    return None


def _identities(a: Side, b: Side) -> dict[str, Any] | None:
    """Compare the centroids of each identity."""
    one, other = (side.rows("gallery", "centroids.parquet", "identity", "centroid") for side in (a, b))
    if one is None or other is None:
        return None
    before, after = ({row["identity"]: row["centroid"] for row in rows} for rows in (one, other))
    # The centroids of two embedders have no angle, even where they are of one length.
    drift = {
        identity: _drift(np.asarray(before[identity]), np.asarray(after[identity]))
        for identity in sorted(before.keys() & after.keys())
        if before[identity] != after[identity]
    }
    return {
        "added": sorted(after.keys() - before.keys()),
        "removed": sorted(before.keys() - after.keys()),
        "drift": {identity: value for identity, value in drift.items() if value != 0}
        if _same_models(a, b)
        else None,
    }


def _same_models(a: Side, b: Side) -> bool:
    """Tell whether the centroids of both sides have an angle: they are known to be of the same models."""
    one, other = a.embedding_models(), b.embedding_models()
    return one is not None and one == other


def _drift(before: np.ndarray, after: np.ndarray) -> float:
    """Give 1 - cosine of two centroids."""
    cosine = before @ after / (np.linalg.norm(before) * np.linalg.norm(after))
    return round(float(1 - cosine), 9)


def _boxes(a: Side, b: Side) -> list[dict[str, Any]] | None:
    """Compare the face labels, source by source."""
    one, other = (side.file("face_labels", "slots.parquet") for side in (a, b))
    return None if one is None or other is None else label_shifts(one, other)


def _detections(a: Side, b: Side) -> list[dict[str, Any]] | None:
    """Compare the faces that were detected, source by source."""
    names = ("detections.parquet", "frames.parquet")
    files = [side.file("detections", name) for name in names for side in (a, b)]
    if None in files:
        return None
    one, other = (file.parent for file in files[:2] if file is not None)
    return detection_shifts(one, other)


def _claims(a: Side, b: Side) -> list[dict[str, Any]] | None:
    """Compare whom the variants claim, and what the audit says of it, slot by slot."""
    one, other = (_judged(side) for side in (a, b))
    if one is None or other is None:
        return None
    found: list[dict[str, Any]] = []
    for variant in sorted(one.keys() | other.keys()):
        before, after = one.get(variant), other.get(variant)
        if before is None or after is None:
            # Slot by slot it would be told again what the first line tells.
            found.append(
                {
                    "variant": variant,
                    "slot": None,
                    "a": None if before is None else {},
                    "b": None if after is None else {},
                }
            )
            continue
        for slot in sorted(before.keys() | after.keys()):
            if before.get(slot) != after.get(slot):
                sides = {"a": before.get(slot), "b": after.get(slot)}
                found.append({"variant": variant, "slot": slot, **sides})
    return found


def _judged(side: Side) -> dict[str, dict[int, dict[str, Any]]] | None:
    """Give what an audit says, by variant and slot; None where this side does not hold one."""
    rows = side.rows("audit", "verdicts.parquet", "variant", "slot", *_JUDGED)
    if rows is None:
        return None
    found: dict[str, dict[int, dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["variant"], {})[row["slot"]] = {name: row.get(name) for name in _JUDGED}
    return found


def _metrics(a: Side, b: Side) -> Iterator[dict[str, Any]]:
    """Compare every number of the summaries."""
    for artifact in sorted(a.provenance.keys() & b.provenance.keys()):
        for name in _METRIC_FILES:
            before, after = (dict(_numbers(side.document(artifact, name))) for side in (a, b))
            for metric in sorted(before.keys() | after.keys()):
                one, other = before.get(metric), after.get(metric)
                if one != other:
                    delta = None if one is None or other is None else round(other - one, 12)
                    yield {"artifact": artifact, "metric": metric, "a": one, "b": other, "delta": delta}


def _numbers(value: Mapping[str, Any] | list[Any], path: str = "") -> Iterator[tuple[str, float]]:
    """Give every number below a JSON value with its path: ``ranges.0`` by place, ``buckets[3-4]`` by name."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        name = _told(item) if isinstance(value, list) else ""
        name = path + name if name else f"{path}.{key}" if path else str(key)
        if isinstance(item, dict | list):
            yield from _numbers(item, name)
        elif isinstance(item, int | float) and not isinstance(item, bool):
            yield name, item


def _told(item: object) -> str:
    """Give what tells an item of a list from the others, in brackets; empty text where nothing does."""
    found = [item[key] for key in _TELLING if key in item] if isinstance(item, dict) else []
    if not found:
        return ""
    return f"[{' '.join(found[0]) if isinstance(found[0], list) else found[0]}]"
