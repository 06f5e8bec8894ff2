"""The main numbers of a build, gathered from its version folders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from facebank.report.folders import document, rows
from facebank.report.wording import counted

if TYPE_CHECKING:
    from facebank.report.folders import Folders

__all__ = ["BOXED", "BY_WISH", "Numbers", "audited", "gather_numbers", "rejected_photos"]

#: The reasons in rejected.tsv of a photo that somebody wants left out: a wish, not a fault.
BY_WISH = ("QUARANTINED", "FORGOTTEN")
#: Statuses of a slot that has a box.
BOXED = ("detected", "interpolated", "held")


#: Verdicts on photos that may show another person than they are said to.
_ACCUSED = ("outlier", "intruder")


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """What a build amounts to; None where the config does not mean the stage.

    Attributes
    ----------
    photos, photos_rejected, photos_quarantined, files_ignored : int or None
        Photos with a face in the gallery; photos that cannot be used; photos left out by wish; other files.
    identities : int or None
        Identities of the gallery.
    unknown_sets : tuple of (str, int) or None
        Top folders of the bank that are no set of the config, and how many photos lie there.
    broken, empty : tuple of str or None
        Identities that cannot be trusted, and identities without a usable photo.
    same_person : tuple of str or None
        Identities whose photos show the same person as another's.
    unjudged : str or None
        Why no photo could be judged, and so none is accused; None where photos are.
    accused : int or None
        Outliers and intruders among the photos that the centroids are made of.
    dimension : int or None
        Length of an embedding.
    queries, top1_hits : int or None
        Leave-one-out queries, and how many of them found their own identity first.
    top1_interval : tuple of float or None
        Its 95 % interval; None without a query.
    cleaned_queries, cleaned_top1_hits : int or None
        The same without the photos that the gallery accuses.
    sources, variants, videos_rejected : int or None
        Recorded episodes and their augmentations; videos that cannot be used.
    frames : int or None
        Labelled frames.
    unplaced : tuple of str or None
        Sources in which nothing tells where the slots are, each with the reason: they have no boxes.
    all_slots, boxed_slots : float or None
        Share of frames in which every slot has a box; share of slots with a box over all frames.
    naming : int or None
        Variants that name persons.
    claimed, confirmed, mismatches, unknown : int or None
        Slots of variants that name a person; that show the person; another than claimed; nobody known.
    left_out : int or None
        Slots that training never gets beside those that show another person.
    out_of_step : tuple of str or None
        Variants that show other moments than the video of their labels.
    gold_samples : int or None
        Scored gold samples.
    gold_skin_iou, gold_strong_miou : float or None
        Their mean skin overlap, and the mean over the strong modules.
    """

    photos: int | None = None
    photos_rejected: int | None = None
    photos_quarantined: int | None = None
    files_ignored: int | None = None
    unknown_sets: tuple[tuple[str, int], ...] | None = None
    identities: int | None = None
    broken: tuple[str, ...] | None = None
    empty: tuple[str, ...] | None = None
    same_person: tuple[str, ...] | None = None
    unjudged: str | None = None
    accused: int | None = None
    dimension: int | None = None
    queries: int | None = None
    top1_hits: int | None = None
    top1_interval: tuple[float, float] | None = None
    cleaned_queries: int | None = None
    cleaned_top1_hits: int | None = None
    sources: int | None = None
    variants: int | None = None
    videos_rejected: int | None = None
    frames: int | None = None
    unplaced: tuple[str, ...] | None = None
    all_slots: float | None = None
    boxed_slots: float | None = None
    naming: int | None = None
    claimed: int | None = None
    confirmed: int | None = None
    mismatches: int | None = None
    unknown: int | None = None
    left_out: int | None = None
    out_of_step: tuple[str, ...] | None = None
    gold_samples: int | None = None
    gold_skin_iou: float | None = None
    gold_strong_miou: float | None = None

    @property
    def rejected_share(self) -> float | None:
        """Share of the photos that cannot be used; photos left out by config are in neither count."""
        if self.photos is None or self.photos_rejected is None:
            return None
        total = self.photos + self.photos_rejected
        return self.photos_rejected / total if total else 0.0

    @property
    def top1(self) -> float | None:
        """Leave-one-out top-1 recall; None without a query."""
        return self.top1_hits / self.queries if self.queries and self.top1_hits is not None else None


def gather_numbers(folders: Folders) -> Numbers:
    """Read the main numbers of a build from its tables and summaries.

    Raises
    ------
    DataError
        If one of the files is there but cannot be read.
    """
    return Numbers(**_bank_numbers(folders), **_source_numbers(folders), **_gold_numbers(folders))


def rejected_photos(folders: Folders) -> list[dict[str, Any]]:
    """List the photos that were rejected at any stage of the bank, with the columns of rejected.tsv."""
    stages = (folders.inventory_photos, folders.embeddings, folders.gallery)
    return [row for folder in stages for row in rows(folder, "rejected.tsv")]


def _bank_numbers(folders: Folders) -> dict[str, Any]:
    """Read the numbers of the bank, its gallery and its validation."""
    numbers: dict[str, Any] = {}
    if folders.inventory_photos is not None:
        rejected = rejected_photos(folders)
        quarantined = sum(row["reason"] in BY_WISH for row in rejected)
        used = folders.gallery or folders.inventory_photos
        numbers |= {
            "photos": len(rows(used, "photos.parquet", ["photo"])),
            "photos_rejected": len(rejected) - quarantined,
            "photos_quarantined": quarantined,
            "files_ignored": len(rows(folders.inventory_photos, "ignored.tsv")),
            "unknown_sets": tuple(
                document(folders.inventory_photos, "summary.json").get("unknown_sets", {}).items()
            ),
        }
    if folders.gallery is not None:
        identities = rows(folders.gallery, "identities.parquet", ["identity", "status"])
        summary = document(folders.gallery, "summary.json")
        counted = summary.get("in_centroids", {})
        numbers |= {
            "identities": len(identities),
            "unjudged": summary.get("no_levels_because"),
            "accused": sum(counted.get(verdict, 0) for verdict in _ACCUSED),
            **{
                name: tuple(sorted(row["identity"] for row in identities if row["status"] == status))
                for name, status in (
                    ("broken", "broken"),
                    ("empty", "empty"),
                    ("same_person", "same-person-as"),
                )
            },
        }
    if folders.embeddings is not None:
        numbers["dimension"] = document(folders.embeddings, "summary.json")["embedding_dim"]
    if folders.validation is not None:
        summary = document(folders.validation, "summary.json")
        numbers |= {
            "queries": summary["queries"],
            "top1_hits": summary["top1_hits"],
            "top1_interval": summary["top1_interval"] and tuple(summary["top1_interval"]),
            "cleaned_queries": summary["trusted"]["top1"]["trials"],
            "cleaned_top1_hits": summary["trusted"]["top1"]["hits"],
        }
    return numbers


def _source_numbers(folders: Folders) -> dict[str, Any]:
    """Read the numbers of the sources, their labels and the audit."""
    numbers: dict[str, Any] = {}
    if folders.inventory_sources is not None:
        variants = rows(folders.inventory_sources, "variants.parquet", ["claims"])
        numbers |= {
            "sources": len(rows(folders.inventory_sources, "sources.parquet", ["source"])),
            "variants": len(variants),
            "videos_rejected": len(rows(folders.inventory_sources, "rejected.tsv")),
            "naming": sum(bool(row["claims"]) for row in variants),
        }
    if folders.face_labels is not None:
        summary = document(folders.face_labels, "summary.json")
        statuses = summary["statuses"]
        total = sum(statuses.values())
        numbers |= {
            "frames": summary["frames"],
            "unplaced": tuple(
                f"{row['source']} ({row['problem']})"
                for row in rows(folders.face_labels, "coverage.tsv")
                if row["problem"]
            ),
            "all_slots": summary["all_slots"],
            "boxed_slots": sum(statuses.get(name, 0) for name in BOXED) / total if total else 0.0,
        }
    if folders.audit is not None:
        audited = rows(folders.audit, "verdicts.parquet", ["verdict", "claimed", "excluded"])
        verdicts = [row["verdict"] for row in audited]
        numbers |= {
            # Claims for another number of slots are no names, and yet in doubt.
            "claimed": sum(bool(row["claimed"]) or row["verdict"] == "unknown" for row in audited),
            "confirmed": verdicts.count("confirmed"),
            "mismatches": verdicts.count("mismatch"),
            "unknown": verdicts.count("unknown"),
            "left_out": sum(row["excluded"] and row["verdict"] != "mismatch" for row in audited),
            "out_of_step": tuple(document(folders.audit, "summary.json")["timing"]["out_of_step"]),
        }
    return numbers


def _gold_numbers(folders: Folders) -> dict[str, Any]:
    """Read the numbers of the gold evaluation."""
    if folders.gold_evaluation is None:
        return {}
    summary = document(folders.gold_evaluation, "gold_summary.json")
    return {
        "gold_samples": summary["coverage"]["samples_with_prediction"],
        "gold_skin_iou": summary["overall"]["skin_iou"]["mean"],
        "gold_strong_miou": summary["overall"]["strong_module_miou"]["mean"],
    }


def audited(numbers: Numbers) -> str:
    """Say what the audit found, or why it found nothing."""
    late = len(numbers.out_of_step or ())
    if numbers.claimed:
        found = (
            f"{numbers.confirmed} of {counted(numbers.claimed, 'claim')} confirmed, another person in"
            f" {counted(numbers.mismatches or 0, 'slot')}, nobody known in {numbers.unknown}"
        )
    elif numbers.naming:
        found = (
            f"{counted(numbers.naming, 'variant')} name persons, and no slot could be compared with one:"
            " their sources have no labels, or not as many slots as the variants name persons"
        )
    else:
        found = "no variant names anyone: there is nothing to confirm, and no slot is valid in training"
    if numbers.left_out:
        found += f"; {counted(numbers.left_out, 'slot')} besides excluded from training"
    return found + (f"; {counted(late, 'variant')} out of step with the labels" if late else "")
