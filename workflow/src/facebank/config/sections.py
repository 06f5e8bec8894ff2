"""What a config file may say: one frozen model a section, every key with its meaning and its neutral default.

A section is *present* when its root (for ``gold`` its labels) is set. The comments of
``config/config.yaml`` and ``config/schema.json`` are made from these descriptions.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, field_validator

from facebank.errors import ConfigError
from facebank.sources.findings import MEANINGS, SEVERITIES, Severity, with_defaults

__all__ = [
    "AuditSection",
    "BankSection",
    "CacheSection",
    "Config",
    "DetectionsSection",
    "EmbeddingsSection",
    "FaceLabelsSection",
    "GallerySection",
    "GoldSection",
    "MediaSection",
    "ModelsSection",
    "ReleaseSection",
    "ReportSection",
    "Section",
    "ShardsSection",
    "SourcesSection",
    "StalenessSection",
    "ValidationSection",
]

Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[int, Field(gt=0)]
#: More jobs of a stage than Snakemake plans in minutes.
MOST_SHARDS = 100_000
Shards = Annotated[int, Field(gt=0, le=MOST_SHARDS)]


class Section(BaseModel):
    """A part of the config that knows all its keys."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, use_attribute_docstrings=True, validate_default=True
    )


class CacheSection(Section):
    """Where expensive results are kept: content-addressed, outside the workflow, safe to delete."""

    root: str | None = None
    """Folder of the cache; null: $FACEBANK_CACHE, or .facebank/cache in the working directory."""


class ShardsSection(Section):
    """Into how many jobs the model stages are cut. Changes no byte of any artifact."""

    photos: Shards = 2
    """Jobs that embed photos. On a processor each takes one core."""
    sources: Shards = 2
    """Jobs that detect faces in sources (on a processor a core each), and that audit variants (two each)."""


class StalenessSection(Section):
    """What makes a finished stage stale beside its code, its config keys and the files that it reads."""

    runtime: Literal["ignore", "warn", "rebuild"] = "warn"
    """When a package that provenance.json names has another version: nothing, a warning, or a new build."""


class ModelsSection(Section):
    """The model pack: detector, embedder and their contract."""

    pack: str = "lite"
    """A folder with pack.yaml, or the name of one under resources/models."""
    accept_licences: tuple[str, ...] = ()
    """Licences of weights that you accept, by their id in pack.yaml, where use is restricted."""


class MediaSection(Section):
    """How photos and videos are decoded. What is in them is never trusted."""

    isolate: bool = False
    """Decode in a process of its own: a decoder that crashes costs one photo or video, not the build."""
    max_seconds: Annotated[float, Field(gt=0)] = 60
    """Processor time for a photo; in a process of its own, for each frame of a video too."""
    max_memory_mb: Positive = 4000
    """Megabytes that a decoder may take in a process of its own."""


class BankSection(Section):
    """The bank: <root>/<set>/<person>/<photo>, or <root>/<person>/<photo> where it has no sets."""

    root: str | None = None
    """Folder of the bank. Nothing is ever written into it."""
    sets: tuple[str, ...] = ("heldout", "scraped")
    """Names of the sets, in the order in which identities are listed; []: the persons stand in the root."""
    slug_map: dict[str, str] = {}
    """Person folder -> identity, where the folder is not called as the identity is: {swift: taylor_swift}."""
    aliases: dict[str, str] = {}
    """Slug -> slug: two spellings of one person. Applied after slug_map."""
    quarantine: tuple[str, ...] = ()
    """Photos that are left out, by path relative to the root: each is listed in rejected.tsv."""
    forgotten: str = "config/forgotten.tsv"
    """Who must not be used again, see `facebank forget`; while there is no such file, nobody is forgotten.
    Builds in several working directories that share a bank name one file by its absolute path."""
    max_pixels: Positive = 89_478_485
    """A photo of more pixels is rejected before it is decoded (decompression bombs)."""
    max_bytes: Positive = 536_870_912
    """A photo of more bytes is rejected before it is read."""
    max_rejected: Share | None = None
    """Limit: the largest share of photos that may be rejected; null: no limit."""


class EmbeddingsSection(Section):
    """How faces are found in photos and turned into vectors."""

    det_sizes: tuple[Positive, ...] = (320, 640)
    """Longer side in pixels at which the detector sees a photo; the faces of all sizes are merged."""
    min_score: Share = 0.5
    """A face needs this detector score before its size counts."""
    keep_faces: Positive = 4
    """How many faces of a photo are kept, largest first."""


class GallerySection(Section):
    """How the faces of a person become one centroid."""

    face_policy: Literal["largest", "largest_central", "only_one", "closest_to_centroid"] = "largest"
    """Which face of a photo stands for its person."""
    centroid: Literal["mean", "trimmed", "medoid"] = "mean"
    """mean: normalised mean of unit embeddings; trimmed: without outliers; medoid: the most central photo."""
    leave_out: tuple[Literal["weak", "outlier", "intruder", "duplicate"], ...] = ()
    """Photos with these verdicts do not enter the centroids; []: all do, wrong ones and copies too."""
    duplicate_hash_bits: Annotated[int, Field(ge=0, le=64)] = 8
    """Photos whose perceptual hashes differ in at most this many bits are compared by pixels."""
    confusable_top_k: Positive = 5
    """How many nearest other identities are listed for each."""
    max_broken: Annotated[int, Field(ge=0)] | None = None
    """Limit: how many identities may be broken, the same person as another, or empty; null: no limit."""


class ValidationSection(Section):
    """The leave-one-out proof that the gallery tells people apart."""

    buckets: tuple[str, ...] = ("1", "2", "3-4", "5-7", "8-12", "13+")
    """Groups of identities by number of photos, for the table."""
    iid_sets: tuple[str, ...] = ("heldout",)
    """Sets whose identities were seen at recording time; ood_loo_rows.json tells them from the others."""
    min_top1: Share | None = None
    """Limit: the smallest leave-one-out top-1 recall; null: no limit."""

    @field_validator("buckets")
    @classmethod
    def _buckets_are_ranges(cls, buckets: tuple[str, ...]) -> tuple[str, ...]:
        """Accept ``n``, ``n-m`` and ``n+``."""
        wrong = [bucket for bucket in buckets if not re.fullmatch(r"\d+(-\d+|\+)?", bucket)]
        if wrong:
            raise ValueError(f"a bucket is written n, n-m or n+, not {wrong[0]!r}")
        return buckets


class SourcesSection(Section):
    """The recorded episodes: one folder a variant, several variants a source; or a LeRobot v3 data set."""

    root: str | None = None
    """Folder of variant folders, of plain videos, or a LeRobot v3 data set. Nothing is written into it."""
    pattern: str = r"^(?P<source>.+?)__(?:t3_(?P<tuple>\d+)_v(?P<variant>\d+)|var(?P<var>\d+))$"
    """Regular expression of a variant's folder name; the group `source` names its source."""
    camera: str = "observation.images.camera1"
    """The camera whose video is labelled: videos/<camera>/ in a variant's folder, or a data set's key."""
    letters: dict[str, str] = {}
    """Letter of a layout code -> identity: {O: barack_obama}."""
    findings: Annotated[
        dict[str, Severity],
        Field(
            json_schema_extra={
                "meanings": dict[str, JsonValue](MEANINGS),
                "propertyNames": {"enum": [*MEANINGS]},
            }
        ),
    ] = SEVERITIES
    """What a finding does: error (refuses the video), warn (is listed), ignore. Give those that differ."""

    fallback: Literal["per_variant", "none"] = "per_variant"
    """What becomes of variants that their source's labels do not fit: per_variant labels each alone; none."""
    compared_variants: Annotated[int, Field(ge=0)] = 3
    """How many other variants of each source are compared with its representative."""
    min_overlap: Share = 0.5
    """The representative fits when the compared faces overlap (IoU) at least so much."""
    max_size_ratio: Annotated[float, Field(ge=1)] = 1.5
    """The representative fits when no compared face is larger or smaller by more than this factor."""
    max_pixels: Positive = 89_478_485
    """A video whose frames have more pixels is rejected before they are decoded."""
    max_frames: Positive = 1_000_000
    """A video of more frames is rejected."""
    max_bytes: Positive = 68_719_476_736
    """A video of more bytes is rejected before it is read."""
    merged: str | None = None
    """The LeRobot v3 data set that was merged from the variants: the episode mapping is checked with it."""

    @field_validator("letters")
    @classmethod
    def _letters_are_told_apart(cls, letters: dict[str, str]) -> dict[str, str]:
        """Accept an accent in either form, and not one letter in both."""
        spelled: dict[str, str] = {}
        for letter, name in letters.items():
            if spelled.setdefault(unicodedata.normalize("NFC", letter), name) != name:
                raise ValueError(f"the letter {letter} stands twice, with its accent written in two ways")
        return letters

    @field_validator("findings")
    @classmethod
    def _findings_are_known(cls, given: dict[str, Severity]) -> dict[str, Severity]:
        """Lay what is given over the defaults."""
        try:
            return with_defaults(given)
        except ConfigError as error:
            raise ValueError(str(error)) from error

    @field_validator("pattern")
    @classmethod
    def _pattern_names_the_source(cls, pattern: str) -> str:
        """Accept a regular expression with a group named source."""
        try:
            groups = re.compile(pattern).groupindex
        except re.error as error:
            raise ValueError(f"no regular expression: {error}") from error
        if "source" not in groups:
            raise ValueError("the pattern needs a group (?P<source>...)")
        return pattern


class DetectionsSection(Section):
    """Where faces are looked for in the sources."""

    keyframes: Literal["fixed", "adaptive"] = "fixed"
    """fixed: the detector sees every keyframe; adaptive: what changed, what moves about at each twelfth."""
    stride: Positive = 5
    """Every stride-th frame is a keyframe, and so is the last one."""
    det_size: Positive = 640
    """Longer side in pixels at which the detector sees a frame."""
    min_score: Share = 0.5
    """A detection needs this score to be kept."""


class FaceLabelsSection(Section):
    """How detections become one box for each slot and frame."""

    slots: Positive = 3
    """Number of fixed places in the scene, counted from the left."""
    max_gap_s: Annotated[float, Field(ge=0)] = 0.5
    """Two detections farther apart in time than this are not bridged."""
    max_hold_s: Annotated[float, Field(ge=0)] = 0.0
    """How long the last box is kept, flagged as held, after a face was lost."""
    hidden_slots: Literal["placeholder", "compact", "prefix"] = "placeholder"
    """How bboxes shows a slot without a box: a box of no area, left out, or cut off from there on."""


class AuditSection(Section):
    """The check of every variant's claimed identities against its own pixels."""

    frames: Positive = 5
    """Frames sampled in each variant. An exchange of portraits in between has to show in two."""
    exclude: tuple[str, ...] = ()
    """Variants or sources excluded by hand; a name that matches nothing is an error."""
    max_mismatches: Annotated[int, Field(ge=0)] | None = None
    """Limit: how many slots of variants may show another person than claimed; null: no limit."""
    max_out_of_step: Annotated[int, Field(ge=0)] | None = None
    """Limit: how many variants may show other moments than the video of their labels; null: no limit."""


class GoldSection(Section):
    """Human gold labels and the predictions that are measured with them."""

    labels: str | None = None
    """The Label Studio export: JSON, JSONL or {tasks: [...]}."""
    predictions: str | None = None
    """Predicted masks as JSONL; null: regions are predicted here from the photos."""
    agreement: str | None = None
    """An export with double-annotated tasks, for the agreement of annotators; null: the one under labels."""
    image_roots: tuple[str, ...] = ()
    """Folders in which the photos of the labels may be opened; nothing outside is ever read."""
    grid_size: Annotated[int, Field(ge=64, le=512)] = 256
    """Side of the square grid on which masks are compared."""
    qa_status: str = "approved"
    """What imported rows say of themselves."""
    all_annotations: bool = False
    """Import every annotation of a task, not only its largest."""
    qc_min_mask_pixels: Annotated[int, Field(ge=0, le=1024)] = 12
    """A mask of fewer pixels is flagged."""
    qc_forehead_hair_overlap_warn: Share = 0.6
    """A forehead covered by hair beyond this share is flagged."""
    forehead_hair_aware_clip: bool = False
    """Cut the gold hair out of the predicted forehead before measuring."""
    under_eye_min_coverage: Share = 0.0
    """An under-eye band covered less than this counts as not predicted."""
    variant_under_eye_min_coverage: Share = 0.08
    """The same, for the comparison's under-eye variant."""
    sweep: str = "8:0.2,12:0.25,16:0.3,24:0.35"
    """The comparison's clip variants: min-pixels:min-keep-ratio, separated by commas."""
    min_miou_threshold: Share = 0.75
    """Annotators whose modules overlap less than this on average do not agree."""
    max_rejected: Share | None = None
    """Limit: the largest share of the labels, or of the predictions, that may be rejected; null: no limit."""


class ReportSection(Section):
    """The static report."""

    title: str = "facebank"
    """Title of the report's pages."""
    faces: Literal["full", "blurred", "none"] = "full"
    """How photos and frames are shown."""
    clip_s: float = Field(default=0, ge=0)
    """Seconds of a clip of each source with its boxes; 0: no clips."""
    note: str = ""
    """A sentence for the first page: what a reader must know of this data set."""


class ReleaseSection(Section):
    """The published data set."""

    date: dt.date = dt.date(1970, 1, 1)
    """The only date in a release: YYYY-MM-DD."""
    licence: str = "other"
    """Licence of the data, as its card names it."""
    include_photos: bool = False
    """Whether the release holds the gallery's photos, byte for byte with what cameras wrote into them."""


class Config(Section):
    """The whole configuration."""

    results: str = "results"
    """Folder of all artifacts, absolute or relative to the working directory, like every path here."""
    device: Annotated[str, Field(pattern=r"^(cpu|cuda(:\d+)?)$")] = "cpu"
    """Where models run: cpu, cuda or cuda:N. There is no automatic choice."""
    cache: CacheSection = CacheSection()
    """Content-addressed cache."""
    shards: ShardsSection = ShardsSection()
    """Number of jobs."""
    staleness: StalenessSection = StalenessSection()
    """What makes stages stale."""
    models: ModelsSection = ModelsSection()
    """Model pack."""
    media: MediaSection = MediaSection()
    """Decoders."""
    bank: BankSection = BankSection()
    """Photos."""
    embeddings: EmbeddingsSection = EmbeddingsSection()
    """Stage embeddings."""
    gallery: GallerySection = GallerySection()
    """Stage gallery."""
    validation: ValidationSection = ValidationSection()
    """Stage validation."""
    sources: SourcesSection = SourcesSection()
    """Videos."""
    detections: DetectionsSection = DetectionsSection()
    """Stage detections."""
    face_labels: FaceLabelsSection = FaceLabelsSection()
    """Stage face_labels."""
    audit: AuditSection = AuditSection()
    """Stage audit."""
    gold: GoldSection = GoldSection()
    """Gold labels."""
    report: ReportSection = ReportSection()
    """Stage report."""
    release: ReleaseSection = ReleaseSection()
    """Stage release."""
