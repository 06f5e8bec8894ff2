"""Stage audit: the shards' verdicts as one version folder, and what must not be trained with."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from pathlib import Path  # noqa: TC003 - the command line reads the annotations
from typing import TYPE_CHECKING, Any

import numpy as np

from facebank.artifacts.atomic import write_json
from facebank.artifacts.digests import sha256_file
from facebank.artifacts.provenance import building
from facebank.artifacts.shards import distrust, require_made_from, require_whole, shard_versions
from facebank.artifacts.tables import read_table, read_tsv, write_table, write_tsv
from facebank.audit.known_people import read_known_people
from facebank.audit.mapping import (
    MAPPING_COLUMNS,
    episode_mapping,
    excluded_slots,
    mapping_rows,
    require_same_lengths,
)
from facebank.audit.variant_audit import MIN_OVERLAP, UNFIT_REASONS
from facebank.errors import DataError
from facebank.runtime.packs import load_pack
from facebank.runtime.sessions import provider_class
from facebank.sources.findings import SEVERITIES, Severity, with_defaults
from facebank.sources.lerobot import episode_lengths
from facebank.sources.schemas import (
    AUDITED_VARIANTS,
    EXCLUSION_COLUMNS,
    FINDING_COLUMNS,
    VARIANTS,
    VERDICTS,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["collect_verdicts"]

_UNKNOWN_COLUMNS = (
    "variant",
    "slot",
    "claimed",
    "reason",
    "similarity",
    "claimed_similarity",
    "margin",
    "frames",
)
_REPRESENTATIVE_COLUMNS = (
    "source",
    "representative",
    "variants_checked",
    "slots_checked",
    "median_iou",
    "min_iou",
    "min_size_ratio",
    "max_size_ratio",
    "fits",
)


def collect_verdicts(
    *,
    shards: tuple[Path, ...],
    inventory: Path,
    detections: Path,
    face_labels: Path,
    gallery: Path,
    pack: Path,
    output_dir: Path,
    frames: int = 5,
    exclude: tuple[str, ...] = (),
    merged: Path | None = None,
    findings: dict[str, Severity] = SEVERITIES,
    det_size: int = 640,
    min_score: float = 0.5,
    device: str = "cpu",
    contents: str = "",
) -> None:
    """Merge the verdicts of all shards, and say which slots must not be trained with.

    Parameters
    ----------
    shards
        The files that audit-slots made.
    inventory
        As given to audit-slots.
    detections
        As given to audit-slots.
    face_labels
        As given to audit-slots.
    gallery
        As given to audit-slots.
    pack
        As given to audit-slots.
    output_dir
        The version folder to make.
    frames
        As given to audit-slots.
    exclude
        Sources, variants or VARIANT:SLOT to exclude by hand.
    merged
        The LeRobot v3 data set that was merged from the variants: the episode mapping is checked with it.
    findings
        As given to index-sources; `merged_length` says what a mapping that does not agree is, `out_of_step`
        what a variant is that shows other moments than the video of its labels.
    det_size
        As given to audit-slots.
    min_score
        As given to audit-slots.
    device
        Where the models ran: cpu, cuda or cuda:N.
    contents
        Digest of the files that are read, as the workflow saw them; kept in provenance.json.

    Raises
    ------
    ConfigError
        If an exclusion names nothing.
    DataError
        If an input cannot be read, the shards do not hold each variant of the inventory once, a shard is
        damaged or was made from other inputs, or the merged data set has episodes of other lengths.
    """
    inputs = {
        "inventory": inventory,
        "detections": detections,
        "face_labels": face_labels,
        "gallery": gallery,
    }
    require_whole(shards)
    require_made_from(shards, [sha256_file(folder / "provenance.json") for folder in inputs.values()])
    seen = _in_order_of(inventory / "variants.parquet", shards)
    served = {row["variant"]: row for row in read_tsv(face_labels / "variants.tsv")}
    episodes = _listed_episodes(inventory, served)
    severities = with_defaults(findings)
    mapped = _checked_mapping(episodes, merged, severities["merged_length"])
    excluded = excluded_slots(exclude, episodes, slots=max((len(it["slots"]) for it in seen), default=0))
    guessed = _guessed_orders(inventory)
    out_of_step = [it for it in seen if it["misplaced"]]
    refused = {it["variant"] for it in out_of_step if severities["out_of_step"] == "error"}
    rows = [
        {
            **row,
            "excluded": it["variant"] in refused
            or (it["variant"], row["slot"]) in excluded
            or _unfit(row, guessed),
        }
        for it in seen
        for row in it["slots"]
    ]
    levels = read_known_people(gallery).levels
    with building(
        output_dir,
        rule="collect_verdicts",
        parameters={
            "frames": frames,
            "exclude": list(exclude),
            "det_size": det_size,
            "min_score": min_score,
            "findings": severities,
        },
        inputs=inputs,
        models=load_pack(pack).described(),
        provider=provider_class(device),
        contents=contents,
        shards=len(shards),
        shard_versions=shard_versions(shards),
    ) as folder:
        write_table(folder / "verdicts.parquet", rows, VERDICTS)
        mismatches = [row for row in rows if row["verdict"] == "mismatch"]
        write_tsv(folder / "exclusions.tsv", EXCLUSION_COLUMNS, mismatches)
        write_tsv(
            folder / "unknown.tsv", _UNKNOWN_COLUMNS, [row for row in rows if row["verdict"] == "unknown"]
        )
        write_tsv(
            folder / "findings.tsv",
            FINDING_COLUMNS,
            [_out_of_step(it, served[it["variant"]], refused=it["variant"] in refused) for it in out_of_step],
        )
        fits = _representative_rows(served, rows)
        write_tsv(folder / "representative.tsv", _REPRESENTATIVE_COLUMNS, fits)
        write_json(folder / "episode_mapping.json", episode_mapping(episodes))
        write_tsv(folder / "episode_mapping.tsv", MAPPING_COLUMNS, mapped)
        verdicts = Counter(row["verdict"] for row in rows)
        summary = {
            "variants": len({row["variant"] for row in rows}),
            "slots": len(rows),
            **{
                verdict: verdicts[verdict]
                for verdict in ("confirmed", "mismatch", "unknown", "not_visible", "unclaimed")
            },
            "excluded": sum(row["excluded"] for row in rows),
            "representatives_that_do_not_fit": [row["source"] for row in fits if row["fits"] == "no"],
            "timing": {
                "in_step": sum(bool(it["compared"] and not it["misplaced"]) for it in seen),
                "out_of_step": [it["variant"] for it in out_of_step],
            },
            "episodes": len(episodes),
            "episodes_that_differ": sum(row["agrees"] == "no" for row in mapped),
            "levels": {
                "similarity": round(levels.similarity, 4),
                "proof": round(levels.proof, 4),
                "margin": round(levels.margin, 4),
                "photos": levels.comparisons,
            },
        }
        write_json(folder / "summary.json", summary)
    print(", ".join(f"{count} {verdict}" for verdict, count in sorted(verdicts.items())) or "no slots")  # noqa: T201 - its line


def _in_order_of(variants: Path, shards: Sequence[Path]) -> list[dict[str, Any]]:
    """Read the shards' rows in the order of the inventory, and insist that they hold each variant once."""
    rows = [row for shard in shards for row in read_table(shard, AUDITED_VARIANTS).to_pylist()]
    found = Counter((row["variant"], row["sha256"]) for row in rows)
    expected = [(row["variant"], row["sha256"]) for row in read_table(variants, VARIANTS).to_pylist()]
    if found != Counter(expected):
        wrong = min((found - Counter(expected)) + (Counter(expected) - found))
        distrust(shards)
        raise DataError(
            "The shards do not hold each variant of the inventory once, with its video",
            file=variants,
            expected=f"{wrong[0]} {expected.count(wrong)} times",
            found=f"{found[wrong]} times",
            remedy="A video changed while it was read: build again.",
        )
    by_name = {row["variant"]: row for row in rows}
    return [by_name[name] for name, _ in expected]


def _guessed_orders(inventory: Path) -> set[str]:
    """Give the variants whose claims were laid out in an order that nothing tells."""
    findings = read_tsv(inventory / "findings.tsv")
    return {row["variant"] for row in findings if row["code"] == "PORTRAIT_ORDER_ASSUMED"}


def _unfit(row: dict[str, Any], guessed: set[str]) -> bool:
    """Tell whether a slot's verdict, or where its faces lie, forbids to train with its labels."""
    beside = row["iou"] is not None and row["iou"] < MIN_OVERLAP
    # Faces too far away to be compared lie beside the labels too, and so does what is no face.
    nowhere = row["verdict"] == "not_visible" and row["reason"] != "NOT_LABELLED"
    # A guess that the pixels do not confirm would put a name on anybody.
    unproven = row["variant"] in guessed and row["verdict"] != "confirmed"
    known = row["verdict"] == "mismatch" or row["reason"] in UNFIT_REASONS
    return known or beside or nowhere or unproven


def _out_of_step(seen: dict[str, Any], served: dict[str, str], *, refused: bool) -> dict[str, str]:
    """Say of a variant what moments its frames show, and what follows."""
    model, worst = served["labelled_on"], max(seen["misplaced"], key=lambda moment: moment["differing"])
    shown = f"{len(seen['misplaced'])} of {seen['compared']} frames show other moments of {model}"
    example = f"frame {worst['frame']} looks like frame {worst['like']} there"
    follows = "its slots are excluded" if refused else "its labels are kept"
    return {
        "variant": served["variant"],
        "code": "OUT_OF_STEP",
        "detail": f"{shown}, which its labels are from: {example}; {follows}."
        " Make it again frame by frame, or take it out of the sources",
    }


def _listed_episodes(inventory: Path, served: dict[str, dict[str, str]]) -> list[dict[str, Any]]:
    """List all recordings and variants, also those that cannot be used: a merged data set has them too."""
    return [
        {
            "variant": row["variant"],
            "source": row["source"],
            "base": row["base"] == "yes",
            "labels": served.get(row["variant"], {}).get("labels", ""),
            "packets": int(row["frames"]) if row["frames"] else None,
        }
        for row in read_tsv(inventory / "episodes.tsv")
    ]


def _checked_mapping(
    episodes: list[dict[str, Any]], merged: Path | None, severity: Severity
) -> list[dict[str, Any]]:
    """Compare the episode mapping with the merged data set, as far as the config wants it."""
    lengths = None if merged is None or severity == "ignore" else episode_lengths(merged)
    mapped = mapping_rows(episodes, lengths)
    if merged is not None and severity == "error":
        require_same_lengths(mapped, merged)
    return mapped


def _representative_rows(
    served: dict[str, dict[str, str]], rows: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Compare the faces of each source's other variants with the boxes that its representative gave."""
    out = []
    for source, group in groupby(sorted(rows, key=lambda row: row["source"]), key=lambda row: row["source"]):
        judged = list(group)
        rows_of_labels = [served[row["variant"]] for row in judged if served[row["variant"]]["labels"]]
        shared = [it["labelled_on"] for it in rows_of_labels if it["labels"] == source]
        others = [
            row
            for row in judged
            if row["variant"] != served[row["variant"]]["labelled_on"] and row["iou"] is not None
        ]
        overlaps = [row["iou"] for row in others]
        ratios = [row["size_ratio"] for row in others]
        out.append(
            {
                "source": source,
                "representative": shared[0] if shared else "each variant" if rows_of_labels else "",
                "variants_checked": len({row["variant"] for row in others}),
                "slots_checked": len(others),
                "median_iou": round(float(np.median(overlaps)), 4) if others else None,
                "min_iou": min(overlaps, default=None),
                "min_size_ratio": min(ratios, default=None),
                "max_size_ratio": max(ratios, default=None),
                "fits": "" if not others else "yes" if min(overlaps) >= MIN_OVERLAP else "no",
            }
        )
    return out
