"""The version folders of facebank: which rule writes each, and what its bytes depend on.

This table is the one place that says which config keys a stage reads. From it come the version of a
folder, the settings on the rule's command line, and so which stages a changed key makes stale.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from facebank.config.sections import Config

__all__ = ["ARTIFACTS", "RUNTIME_KEYS", "STAGES", "Artifact", "artifacts_of"]

#: Config keys that can change no byte of any artifact.
RUNTIME_KEYS = frozenset(
    {
        "results",
        "device",
        "cache.root",
        "shards.photos",
        "shards.sources",
        "models.accept_licences",
        "staleness.runtime",
        # Where a build without it ends at all, it gives the same bytes.
        "media.isolate",
    }
)


@dataclass(frozen=True, slots=True)
class Artifact:
    """One kind of version folder, ``results/<stage>/<version>/``.

    Attributes
    ----------
    name : str
        ``stage``, or ``stage/part`` where a stage has several folders; the first part stands for the stage.
    rule : str
        The rule that writes it; its code starts at `facebank.stages.<rule>`.
    label : callable
        Config -> the readable head of the version.
    settings : tuple of str
        Dotted config keys that change its bytes. The last part of a key is the name of the argument.
    renamed : mapping
        Key -> argument, where the argument has another name.
    roots : tuple of str
        Dotted config keys of user folders and files, part of the version as written in the config.
    replaced : mapping
        Root -> the key that takes its place, and leaves it unread, when it has a value.
    needs : tuple of str
        Keys without a value for which it is not built.
    unless : tuple of str
        Keys that take its place when they have a value.
    upstream : tuple of str
        Artifacts that it reads, where the config means them.
    models : bool
        Whether the model pack's digests are part of the version.
    models_with : str
        Artifact that the same models make; where the config does not mean it, they are not used here either.
    reads : tuple of str
        Keys of the user's folders and files whose content makes it stale; the first that has a value counts.
    """

    name: str
    rule: str
    label: Callable[[Config], str]
    settings: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)
    roots: tuple[str, ...] = ()
    replaced: Mapping[str, str] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    upstream: tuple[str, ...] = ()
    models: bool = False
    models_with: str = ""
    reads: tuple[str, ...] = ()

    @property
    def stage(self) -> str:
        """The stage: the target, and the folder under ``results/``."""
        return self.name.partition("/")[0]


def _pack(config: Config) -> str:
    """Give the model pack's name, as part of a label."""
    return config.models.pack.rstrip("/").rpartition("/")[2]


def _embeddings_label(config: Config) -> str:
    return f"{_pack(config)}-{'-'.join(map(str, config.embeddings.det_sizes))}"


def _detections_label(config: Config) -> str:
    detections = config.detections
    head = f"{_pack(config)}-{detections.det_size}-every-{detections.stride}"
    return head if detections.keyframes == "fixed" else f"{head}-{detections.keyframes}"


#: What a report shows and a release holds.
_BUILT = (
    "models",
    "inventory/photos",
    "inventory/sources",
    "embeddings",
    "gallery",
    "validation",
    "detections",
    "face_labels",
    "audit",
    "gold/labels",
    "gold/predictions",
    "gold/evaluation",
    "gold/variants",
    "gold/agreement",
)

_BANK, _SOURCES, _GOLD = ("bank.root",), ("sources.root",), ("gold.labels",)
_FORGOTTEN = ("bank.forgotten",)
#: What decides which photos and videos are decoded at all.
_MEDIA = ("media.max_seconds", "media.max_memory_mb")

ARTIFACTS: dict[str, Artifact] = {
    artifact.name: artifact
    for artifact in (
        Artifact("models", "check_models", _pack, models=True, reads=("models.pack",)),
        Artifact(
            "inventory/photos",
            "index_photos",
            lambda _: "photos",
            settings=(
                "bank.sets",
                "bank.slug_map",
                "bank.aliases",
                "bank.quarantine",
                "bank.max_pixels",
                "bank.max_bytes",
                *_MEDIA,
            ),
            roots=(*_BANK, *_FORGOTTEN),
            needs=_BANK,
            reads=_BANK,
        ),
        Artifact(
            "inventory/sources",
            "index_sources",
            lambda _: "sources",
            settings=(
                "sources.pattern",
                "sources.camera",
                "sources.letters",
                "sources.findings",
                "sources.max_pixels",
                "sources.max_frames",
                "sources.max_bytes",
                "bank.aliases",
                *_MEDIA,
            ),
            roots=(*_SOURCES, *_FORGOTTEN),
            needs=_SOURCES,
            reads=_SOURCES,
        ),
        Artifact(
            "embeddings",
            "collect_embeddings",
            _embeddings_label,
            settings=("embeddings.det_sizes", "embeddings.min_score", "embeddings.keep_faces"),
            needs=_BANK,
            upstream=("inventory/photos",),
            models=True,
        ),
        Artifact(
            "gallery",
            "build_gallery",
            lambda config: config.gallery.centroid,
            settings=(
                "gallery.face_policy",
                "gallery.centroid",
                "gallery.leave_out",
                "gallery.duplicate_hash_bits",
                "gallery.confusable_top_k",
            ),
            needs=_BANK,
            upstream=("inventory/photos", "embeddings"),
        ),
        Artifact(
            "validation",
            "validate_gallery",
            lambda _: "leave-one-out",
            settings=("validation.buckets", "validation.iid_sets"),
            needs=_BANK,
            upstream=("embeddings", "gallery"),
        ),
        Artifact(
            "detections",
            "collect_detections",
            _detections_label,
            settings=(
                "detections.keyframes",
                "detections.stride",
                "detections.det_size",
                "detections.min_score",
                "sources.fallback",
                "sources.compared_variants",
                "sources.min_overlap",
                "sources.max_size_ratio",
            ),
            needs=_SOURCES,
            upstream=("inventory/sources",),
            models=True,
        ),
        Artifact(
            "face_labels",
            "interpolate_labels",
            lambda config: f"{config.face_labels.slots}-slots",
            settings=(
                "face_labels.slots",
                "face_labels.max_gap_s",
                "face_labels.max_hold_s",
                "face_labels.hidden_slots",
            ),
            needs=_SOURCES,
            upstream=("inventory/sources", "detections"),
        ),
        Artifact(
            "audit",
            "collect_verdicts",
            lambda config: f"{config.audit.frames}-frames",
            settings=(
                "audit.frames",
                "audit.exclude",
                "detections.det_size",
                "detections.min_score",
                "sources.findings",
            ),
            roots=("sources.merged",),
            needs=_BANK + _SOURCES,
            upstream=("inventory/sources", "gallery", "detections", "face_labels"),
            models=True,
            reads=_SOURCES,
        ),
        Artifact(
            "gold/evaluation",
            "evaluate_gold",
            lambda _: "evaluation",
            settings=("gold.grid_size", "gold.forehead_hair_aware_clip", "gold.under_eye_min_coverage"),
            roots=("gold.predictions",),
            needs=_GOLD,
            upstream=("gold/labels", "gold/predictions"),
            reads=("gold.predictions",),
        ),
        Artifact(
            "gold/labels",
            "import_gold",
            lambda _: "labels",
            settings=(
                "gold.grid_size",
                "gold.qa_status",
                "gold.all_annotations",
                "gold.qc_min_mask_pixels",
                "gold.qc_forehead_hair_overlap_warn",
            ),
            roots=_GOLD,
            needs=_GOLD,
            reads=_GOLD,
        ),
        Artifact(
            "gold/predictions",
            "predict_regions",
            lambda config: f"predictions-{_pack(config)}",
            settings=("gold.grid_size",),
            roots=("gold.image_roots",),
            needs=("gold.labels", "gold.image_roots"),
            unless=("gold.predictions",),
            upstream=("gold/labels",),
            models=True,
            reads=("gold.image_roots",),
        ),
        Artifact(
            "gold/variants",
            "compare_gold_variants",
            lambda _: "variants",
            settings=("gold.grid_size", "gold.variant_under_eye_min_coverage", "gold.sweep"),
            renamed={"gold.variant_under_eye_min_coverage": "under_eye_min_coverage"},
            roots=("gold.predictions", "gold.image_roots"),
            replaced={"gold.image_roots": "gold.predictions"},
            needs=_GOLD,
            upstream=("gold/labels",),
            # Without a file of predictions it predicts regions itself, once for each variant.
            models=True,
            models_with="gold/predictions",
            reads=("gold.predictions", "gold.image_roots"),
        ),
        Artifact(
            "gold/agreement",
            "measure_agreement",
            lambda _: "agreement",
            settings=("gold.grid_size", "gold.min_miou_threshold"),
            roots=("gold.labels", "gold.agreement"),
            replaced={"gold.labels": "gold.agreement"},
            needs=_GOLD,
            reads=("gold.agreement", "gold.labels"),
        ),
        Artifact(
            "report",
            "render_report",
            lambda config: f"faces-{config.report.faces}",
            settings=("report.title", "report.faces", "report.clip_s", "report.note"),
            upstream=_BUILT,
        ),
        Artifact(
            "limits",
            "check_limits",
            lambda _: "limits",
            settings=(
                "bank.max_rejected",
                "gallery.max_broken",
                "validation.min_top1",
                "audit.max_mismatches",
                "audit.max_out_of_step",
                "gold.max_rejected",
            ),
            renamed={"gold.max_rejected": "max_rejected_gold"},
            upstream=(
                "inventory/photos",
                "embeddings",
                "gallery",
                "validation",
                "audit",
                "gold/labels",
                "gold/predictions",
                "gold/evaluation",
            ),
        ),
        Artifact(
            "release",
            "publish_release",
            lambda _: "release",
            settings=(
                "release.date",
                "release.licence",
                "release.include_photos",
                "report.title",
                "report.note",
            ),
            upstream=(*_BUILT, "report", "limits"),
        ),
    )
}

#: The stages in the order in which they run; each is a Snakemake target.
STAGES = (
    "models",
    "inventory",
    "embeddings",
    "gallery",
    "validation",
    "detections",
    "face_labels",
    "audit",
    "gold",
    "report",
    "limits",
    "release",
)


def artifacts_of(stage: str) -> list[Artifact]:
    """List the version folders of a stage, the one that stands for the stage first."""
    return [artifact for artifact in ARTIFACTS.values() if artifact.stage == stage]
