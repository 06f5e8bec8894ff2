"""The first page: a verdict for each stage, main numbers beside the reference, and where all comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from facebank.report.folders import document, rows
from facebank.report.numbers import audited
from facebank.report.provenance import Origin, model_files, origins, packages
from facebank.report.reference import REFERENCE
from facebank.report.wording import counted, number, percent, share_of, with_interval

if TYPE_CHECKING:
    from facebank.report.folders import Folders
    from facebank.report.numbers import Numbers

__all__ = ["Figure", "Overview", "State", "Verdict", "main_figures", "overview"]

State = Literal["good", "look", "bad", "note"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to think of one stage.

    Attributes
    ----------
    stage : str
        Its name.
    state : {"good", "look", "bad", "note"}
        Nothing to do; something to look at; do not rely on it before it is mended; nothing was claimed, so
        nothing was judged.
    found : str
        The stage's result in a line.
    rule : str
        When the state would be another one.
    page : str
        Where to look.
    """

    stage: str
    state: State
    found: str
    rule: str
    page: str


@dataclass(frozen=True, slots=True)
class Figure:
    """One main number, here and in the reference."""

    name: str
    here: str
    reference: str


@dataclass(frozen=True, slots=True)
class Overview:
    """What the first page shows."""

    verdicts: tuple[Verdict, ...]
    figures: tuple[Figure, ...]
    broken: tuple[dict[str, Any], ...]
    empty: tuple[dict[str, Any], ...]
    same_person: tuple[dict[str, Any], ...]
    models: tuple[dict[str, str], ...]
    origins: tuple[Origin, ...]
    packages: dict[str, list[str]]


def overview(folders: Folders, numbers: Numbers) -> Overview:
    """Gather what the first page shows."""
    return Overview(
        verdicts=tuple(_verdicts(folders, numbers)),
        figures=tuple(main_figures(folders, numbers)),
        broken=_identities(folders, "broken"),
        empty=_identities(folders, "empty"),
        same_person=_identities(folders, "same-person-as"),
        models=tuple(model_files(folders)),
        origins=tuple(origins(folders)),
        packages=packages(folders),
    )


def _identities(folders: Folders, status: str) -> tuple[dict[str, Any], ...]:
    """List the identities of a status."""
    return tuple(row for row in rows(folders.gallery, "identities.parquet") if row["status"] == status)


def _unknown_sets(numbers: Numbers) -> str:
    """Say which top folders with photos are no set of the config; nothing where there is none."""
    return "".join(
        f"; {counted(count, 'photo')} in {name}, which is no set of the config"
        for name, count in numbers.unknown_sets or ()
    )


def _verdicts(folders: Folders, numbers: Numbers) -> list[Verdict]:
    """Judge every stage that there is."""
    found = []
    if folders.models is not None:
        files = len(document(folders.models, "models.json")["files"])
        found.append(
            Verdict(
                "models",
                "good",
                f"{counted(files, 'file')} verified",
                "a build with other bytes would have stopped",
                "index.html#models",
            )
        )
    if numbers.photos is not None:
        found.append(
            Verdict(
                "inventory and embeddings",
                "look" if numbers.photos_rejected or numbers.unknown_sets else "good",
                f"{counted(numbers.photos, 'photo')} used, {numbers.photos_rejected} rejected,"
                f" {counted(numbers.files_ignored, 'other file')} ignored{_unknown_sets(numbers)}",
                "worth a look when a photo is rejected or lies in a set that the config does not name",
                "bank.html#unused",
            )
        )
    if numbers.broken is not None:
        found.append(
            Verdict(
                "gallery",
                "bad"
                if numbers.broken or numbers.empty or numbers.same_person
                else "look"
                if numbers.accused or numbers.unjudged
                else "good",
                f"{number(numbers.identities)} identities, {len(numbers.broken)} broken,"
                f" {len(numbers.empty or ())} without a usable photo,"
                f" {len(numbers.same_person or ())} like another one;"
                f" outliers and intruders in the centroids: {number(numbers.accused)}"
                + (f"; no photo could be judged: {numbers.unjudged}" if numbers.unjudged else ""),
                "a problem when an identity is broken, has no usable photo, or shows the same person as"
                " another one; worth a look when a centroid is made of a photo that may show somebody else,"
                " or no photo could be judged",
                "bank.html",
            )
        )
    if numbers.queries is not None and numbers.top1_hits is not None:
        misses = numbers.queries - numbers.top1_hits
        found.append(
            Verdict(
                "validation",
                "look" if misses or not numbers.queries else "good",
                f"{number(numbers.top1_hits)} of {number(numbers.queries)} queries find their identity first;"
                f" {number(numbers.cleaned_top1_hits)} of {number(numbers.cleaned_queries)}"
                " without outliers and intruders",
                "worth a look when a query misses",
                "validation.html",
            )
        )
    return [*found, *_source_verdicts(folders, numbers)]


def _source_verdicts(folders: Folders, numbers: Numbers) -> list[Verdict]:
    """Judge the stages of the sources and of the gold labels."""
    found = []
    if numbers.sources is not None:
        found.append(
            Verdict(
                "sources",
                "look" if numbers.videos_rejected else "good",
                f"{counted(numbers.variants, 'variant')} of {counted(numbers.sources, 'source')} used,"
                f" {number(numbers.videos_rejected)} rejected",
                "worth a look when a video is rejected",
                "sources.html#unused",
            )
        )
    if folders.face_labels is not None:
        summary = document(folders.face_labels, "summary.json")
        alone, bare = (sum(summary.get(name, {}).values()) for name in ("by_themselves", "without_labels"))
        found.append(
            Verdict(
                "face labels",
                "look" if summary["below_70_percent"] or bare or numbers.unplaced else "good",
                f"{counted(numbers.frames, 'frame')} of {counted(numbers.sources, 'source')},"
                f" all slots in {percent(numbers.all_slots)}"
                + (f"; {counted(len(numbers.unplaced), 'source')} without boxes" if numbers.unplaced else "")
                + (f"; {counted(alone, 'variant')} labelled alone" if alone else "")
                + (f"; {counted(bare, 'variant')} without labels" if bare else ""),
                "worth a look when a source shows all slots in less than 70 % of its frames, or a variant has"
                " no labels",
                "sources.html",
            )
        )
    if numbers.mismatches is not None:
        found.append(
            Verdict(
                "audit",
                _audit_state(numbers),
                audited(numbers),
                "a problem when a slot shows another person than claimed, when no claim is confirmed, or when"
                " a variant shows other moments than the video of its labels: leave it out of training;"
                " worth a look when a slot shows nobody known, or is excluded for another reason",
                "sources.html#mismatches",
            )
        )
    if numbers.gold_samples is not None:
        total = document(folders.gold_evaluation, "gold_summary.json")["coverage"]["samples"]
        found.append(
            Verdict(
                "gold",
                "good" if numbers.gold_samples == total else "look",
                f"{numbers.gold_samples} of {total} samples scored, skin IoU {number(numbers.gold_skin_iou)}",
                "worth a look when a sample has no prediction",
                "gold.html",
            )
        )
    return found


def _audit_state(numbers: Numbers) -> State:
    """Judge the audit; without claims it says nothing, which is not the same as good."""
    if numbers.out_of_step:
        return "bad"
    if not numbers.claimed:
        return "bad" if numbers.naming else "note"
    if numbers.mismatches or not numbers.confirmed:
        return "bad"
    return "look" if numbers.unknown or numbers.left_out else "good"


def main_figures(folders: Folders, numbers: Numbers) -> list[Figure]:
    """Put the main numbers beside the reference; those of stages that are not built are left out."""
    broken = (
        None
        if numbers.broken is None
        else ": ".join(filter(None, (str(len(numbers.broken)), ", ".join(numbers.broken))))
    )
    shown = (
        ("identities", "Identities", number(numbers.identities)),
        ("photos", "Photos used", number(numbers.photos)),
        ("photos_rejected", "Photos rejected", number(numbers.photos_rejected)),
        ("photos_per_identity", "Photos of an identity", _photos_per_identity(folders)),
        ("dimension", "Length of an embedding", number(numbers.dimension)),
        (
            "top1",
            "Leave-one-out top-1 (95 %)",
            with_interval(numbers.top1_hits, numbers.queries, numbers.top1_interval),
        ),
        ("broken", "Broken identities", broken),
        ("sources", "Sources", number(numbers.sources)),
        ("variants", "Variants", number(numbers.variants)),
        ("frames", "Frames with labels", _labelled(folders, numbers)),
        ("all_slots", "Frames with a box in every slot", percent(numbers.all_slots)),
        ("boxed_slots", "Slots with a box, over all frames", percent(numbers.boxed_slots)),
        ("stability", "Standard deviation of a slot's centre", _stability(folders)),
        ("mismatches", "Slots that show another person", _mismatches(folders, numbers)),
        ("gold_skin_iou", "Gold: skin overlap", _gold(numbers.gold_skin_iou, numbers)),
        ("gold_strong_miou", "Gold: overlap of strong modules", _gold(numbers.gold_strong_miou, numbers)),
    )
    return [Figure(name, here, REFERENCE[key]) for key, name, here in shown if here]


def _photos_per_identity(folders: Folders) -> str | None:
    """Say how many photos an identity has."""
    counts = [row["photos"] for row in rows(folders.gallery, "identities.parquet", ["photos"])]
    return f"median {np.median(counts):g}, {min(counts)} to {max(counts)}" if counts else None


def _labelled(folders: Folders, numbers: Numbers) -> str | None:
    """Say how many of the decoded frames have labels."""
    decoded = sum(row["frames"] for row in rows(folders.detections, "videos.parquet", ["frames"]))
    return None if numbers.frames is None else share_of(numbers.frames, decoded)


def _stability(folders: Folders) -> str | None:
    """Say between which values the slots' standard deviations lie."""
    found = [
        float(value)
        for row in rows(folders.face_labels, "coverage.tsv")
        for name, value in row.items()
        if name.startswith("centre_std_") and value
    ]
    return f"{min(found):.2f} to {max(found):.2f} px" if found else None


def _mismatches(folders: Folders, numbers: Numbers) -> str | None:
    """Say how many slots of variants show another person."""
    if numbers.mismatches is None:
        return None
    audited = len(rows(folders.audit, "verdicts.parquet", ["slot"]))
    return f"{numbers.mismatches} of {number(audited)} slots, all variants"


def _gold(value: float | None, numbers: Numbers) -> str | None:
    """Say a figure of the gold evaluation."""
    return None if value is None else f"{number(value)} ({numbers.gold_samples} samples)"
