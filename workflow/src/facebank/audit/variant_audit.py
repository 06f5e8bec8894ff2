"""One variant's slots: who is shown in its own video, and whether the source's labels fit it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from facebank.artifacts.digests import sha256_file
from facebank.audit.identification import MIN_STRANGE, NOT_IN_GALLERY, Evidence, Verdict, identify
from facebank.audit.looks import unfamiliar_frames
from facebank.audit.sampling import sample_frames
from facebank.audit.timing import misplaced, telling
from facebank.audit.variant_faces import SeenVariant
from facebank.errors import DataError
from facebank.faces.boxes import area, iou_matrix
from facebank.faces.embedder import unit
from facebank.keyframes.fitting import GATE
from facebank.sources.inspection import recorded_video, span_of
from facebank.tracks.appearance import same_face
from facebank.tracks.matching import match_to_slots

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from facebank.audit.known_people import KnownPeople
    from facebank.audit.looks import SlotViews
    from facebank.audit.timing import Moment, Recording
    from facebank.audit.variant_faces import FaceReader, FrameFaces

__all__ = [
    "MIN_OVERLAP",
    "NAMED_OTHERWISE",
    "UNFIT_REASONS",
    "AuditedVariant",
    "SourceBoxes",
    "audit_variant",
]

_UNFIT = "CLAIMS_DO_NOT_FIT_THE_SLOTS"
#: Another slot of the variant shows the person who is claimed.
_ELSEWHERE = "SHOWN_ELSEWHERE"
#: The slot's face is where its labels are, and is not there for a part of the time.
_AWAY = "AWAY_FOR_SOME_TIME"
#: The slot lies above another one: neither is the left one, and whose claim is whose is a guess.
_NO_ORDER = "NO_ORDER"
#: Other variants show the same face in this place, and claim another person.
NAMED_OTHERWISE = "NAMED_OTHERWISE"

#: Reasons for which a slot's labels and its claim must not be used together, whatever else is said of it.
UNFIT_REASONS = frozenset({_ELSEWHERE, _AWAY, _NO_ORDER, NAMED_OTHERWISE})
#: Reasons that no later one replaces.
_SAID = UNFIT_REASONS | {NOT_IN_GALLERY}

#: Labels serve a variant when they overlap its faces at least so much.
MIN_OVERLAP = 0.5

#: A face stands still that overlaps where it usually is beside its labels so much: boxes tremble by less.
_STILL_OVERLAP = 0.8

_NOTHING = SeenVariant([], [])


@dataclass(frozen=True, slots=True)
class SourceBoxes:
    """The labels of one source.

    Attributes
    ----------
    boxes : float64 (frames, slots, 4)
        xyxy in pixels, NaN without a box.
    seen : bool (frames, slots)
        Where the face was found in this very frame, or at the keyframes before and after.
    """

    boxes: NDArray[np.float64]
    seen: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class AuditedVariant:
    """What the audit says of a variant.

    Attributes
    ----------
    rows : list of dict
        A row of `facebank.sources.schemas.VERDICTS` for each slot, without ``excluded``.
    compared : int
        How many frames were compared with the video of its labels; 0 where the labels are from its own, or
        too little moves to tell anything.
    misplaced : list of Moment
        Frames that show other moments than the labels' video does; none of a variant in step.
    faces : list of float32 (dimension,) or None
        Mean embedding of each slot's face, of unit length; None without a face.
    """

    rows: list[dict[str, Any]]
    compared: int
    misplaced: list[Moment]
    faces: list[NDArray[np.floating[Any]] | None]


@dataclass(frozen=True, slots=True)
class _SlotFace:
    """A slot's face in one sampled frame."""

    frame: int
    embedding: NDArray[np.float32]
    box: NDArray[np.float64]
    label: NDArray[np.float64]
    size_ratio: float

    @property
    def iou(self) -> float:
        """Overlap with the label."""
        return float(iou_matrix(self.box[None], self.label[None])[0, 0])


def audit_variant(
    variant: Mapping[str, Any],
    labels: SourceBoxes,
    people: KnownPeople,
    reader: FaceReader,
    *,
    root: Path,
    frames: int,
    recording: Recording | None = None,
    file_digest: Callable[[Path], str] = sha256_file,
) -> AuditedVariant:
    """Judge every slot of a variant, and whether it is in step with its labels.

    Parameters
    ----------
    variant : mapping
        Its row of variants.parquet.
    labels : SourceBoxes
        The labels of its source.
    people : KnownPeople
        The gallery.
    reader : FaceReader
        Finds and embeds faces.
    root : Path
        The sources' root.
    frames : int
        Frames to sample for each slot.
    recording : Recording, optional
        The video that its labels are from, where it is another one.
    file_digest : callable
        Gives the digest of a file; one that remembers, where many episodes lie in one file.
    """
    slots = labels.boxes.shape[1]
    # Two names for three places do not say who stands where: every slot is listed as unknown.
    fitting = len(variant["claims"]) in (0, slots)
    claims = variant["claims"] if variant["claims"] and fitting else [""] * slots
    wanted = sample_frames(labels.seen, frames)
    require_unchanged = partial(recorded_video, root, variant, file_digest=file_digest)
    path = require_unchanged()
    problem = "" if fitting else _UNFIT
    size = (variant["width"], variant["height"])
    read = partial(
        reader.read,
        path,
        variant["sha256"],
        span=span_of(variant),
        require_unchanged=require_unchanged,
    )
    views = None if recording is None else recording.views
    try:
        seen = read(wanted, recording=recording) if wanted else _NOTHING
        more = [] if views is None else _unfamiliar(seen, labels, views, size)
        faces_in = sorted([*seen.faces, *(read(more).faces if more else [])], key=lambda it: it.frame)
    except DataError:
        # One that is gone for the moment is no broken video: it is hashed again.
        recorded_video(root, variant)
        seen, faces_in, problem = _NOTHING, [], "UNREADABLE_VIDEO"
    found = _by_slot(faces_in, labels)
    judged = []
    for slot, claimed in enumerate(claims):
        faces = found.get(slot, [])
        others = set() if views is None else _unlike(faces, claimed, people) & _frames(views.in_view[:, slot])
        away = _frames_away(faces_in, [it for it in faces if it.frame not in others], labels, slot, size)
        judged.append(_in_its_place(_identified(faces, claimed, people), away))
    judged = _in_order(_in_one_place(judged, claims, people), _above_each_other(labels))
    rows = []
    for slot, (claimed, evidence) in enumerate(zip(claims, judged, strict=True)):
        faces = found.get(slot, [])
        rows.append(
            {
                "variant": variant["variant"],
                "source": variant["source"],
                "slot": slot,
                "claimed": claimed,
                "frames": len(faces),
                "iou": _mean([face.iou for face in faces]),
                "size_ratio": _mean([face.size_ratio for face in faces]),
                **_columns(evidence, people, problem if labels.seen[:, slot].any() else "NOT_LABELLED"),
            }
        )
    means = [_mean_face(found.get(slot, [])) for slot in range(len(claims))]
    return AuditedVariant(rows, len(telling(seen.moments)), misplaced(seen.moments), means)


def _by_slot(seen: Sequence[FrameFaces], labels: SourceBoxes) -> dict[int, list[_SlotFace]]:
    """Give each slot the faces that lie where its source's label is in the same frame."""
    found: dict[int, list[_SlotFace]] = defaultdict(list)
    for faces in seen:
        slots = np.flatnonzero(labels.seen[faces.frame]).tolist()
        for slot, face in zip(
            slots, match_to_slots(faces.boxes, labels.boxes[faces.frame, slots], gate=GATE), strict=True
        ):
            if face >= 0:
                box, label = faces.boxes[face], labels.boxes[faces.frame, slot]
                size_ratio = float(np.sqrt(area(box[None])[0] / area(label[None])[0]))
                found[slot].append(_SlotFace(faces.frame, faces.embeddings[face], box, label, size_ratio))
    return found


def _unfamiliar(seen: SeenVariant, labels: SourceBoxes, views: SlotViews, size: tuple[int, int]) -> list[int]:
    """Choose frames in which a slot looks as in hardly any that was searched for faces."""
    thumbnails = {faces.frame: faces.thumbnail for faces in seen.faces}
    found = _by_slot(seen.faces, labels)
    more: set[int] = set()
    for slot, faces in found.items():
        searched = {face.frame: thumbnails[face.frame] for face in faces}
        regions = labels.boxes[:, slot] / np.tile(size, 2)
        more.update(unfamiliar_frames(searched, seen.looks, regions, views.in_view[:, slot]))
    return sorted(more - thumbnails.keys())


def _unlike(faces: Sequence[_SlotFace], claimed: str, people: KnownPeople) -> set[int]:
    """Give the frames whose face does not resemble the claimed person, where the gallery knows that one."""
    number = people.number(claimed) if claimed else -1
    if number < 0:
        return set()
    level, centroid = people.levels.similarity, people.centroids[number]
    return {face.frame for face in faces if float(face.embedding @ centroid) < level}


def _frames(flags: NDArray[np.bool_]) -> set[int]:
    """Give the numbers of the frames in which something holds."""
    return set(np.flatnonzero(flags).tolist())


def _identified(faces: Sequence[_SlotFace], claimed: str, people: KnownPeople) -> Evidence:
    """Judge one slot by its faces alone."""
    vectors = np.array([face.embedding for face in faces], dtype=np.float32)
    return identify(
        vectors.reshape(-1, people.centroids.shape[1]) @ people.centroids.T,
        claimed=people.number(claimed) if claimed else None,
        usable=people.usable,
        levels=people.levels,
    )


def _frames_away(
    seen: Sequence[FrameFaces],
    faces: Sequence[_SlotFace],
    labels: SourceBoxes,
    slot: int,
    size: tuple[int, int],
) -> int:
    """Count the frames in which a slot's face is not where its labels are, though in others it is.

    No face was found there, or one beside it or another person's, and the pixels are not those that show the
    slot's face: a detector that misses a face that is there proves nothing. Where it was found, and not where
    it usually is, pixels are not asked: a face looks like itself beside its place, too.
    """
    labelled = [it for it in seen if labels.seen[it.frame, slot]]
    there = {face.frame for face in faces if face.iou >= MIN_OVERLAP}
    shown = np.array([it.frame in there for it in labelled], dtype=bool)
    if shown.all() or not shown.any():
        return 0
    regions = labels.boxes[[it.frame for it in labelled], slot] / np.tile(size, 2)
    thumbnails = np.stack([it.thumbnail for it in labelled])
    own = same_face(thumbnails, regions, np.median(regions[shown], axis=0), shown)
    moved = _moved(faces)
    return int((~shown & (~own | [it.frame in moved for it in labelled])).sum())


def _moved(faces: Sequence[_SlotFace]) -> set[int]:
    """Give the frames whose face is not where it usually is beside its labels."""
    there = [face.box - face.label for face in faces if face.iou >= MIN_OVERLAP]
    usually = np.median(there, axis=0)
    return {
        face.frame
        for face in faces
        if float(iou_matrix(face.box[None], (face.label + usually)[None])[0, 0]) < _STILL_OVERLAP
    }


def _in_its_place(evidence: Evidence, away: int) -> Evidence:
    """Refuse a slot whose face is away for a part of the time: labels have every frame."""
    if away < MIN_STRANGE or evidence.verdict == "mismatch" or evidence.reason == NOT_IN_GALLERY:
        return evidence
    verdict: Verdict = "unclaimed" if evidence.verdict == "unclaimed" else "unknown"
    return replace(evidence, verdict=verdict, reason=_AWAY)


def _in_one_place(judged: Sequence[Evidence], claims: Sequence[str], people: KnownPeople) -> list[Evidence]:
    """Refuse a slot that proves nothing where another one shows the person who is claimed for it.

    Portraits were exchanged then, or the slots are not those that the claims count.
    """
    return [
        replace(evidence, reason=_ELSEWHERE)
        if evidence.verdict == "unknown"
        and evidence.reason not in _SAID
        and any(people.number(claimed) in other.others for other in judged if other is not evidence)
        else evidence
        for evidence, claimed in zip(judged, claims, strict=True)
    ]


def _above_each_other(labels: SourceBoxes) -> set[int]:
    """Find the slots of which one lies above its neighbour, by half a face or less beside it."""
    spans = [
        (slot, *np.median(labels.boxes[there, slot][:, [0, 2]], axis=0).tolist())
        for slot, there in enumerate(labels.seen.T)
        if there.any()
    ]
    above: set[int] = set()
    for (slot, left, right), (following, start, end) in pairwise(spans):
        if start + end - left - right <= min(right - left, end - start):
            above |= {slot, following}
    return above


def _in_order(judged: Sequence[Evidence], above: Collection[int]) -> list[Evidence]:
    """Refuse slots that prove nothing where nobody can say which of them is the left one."""
    return [
        replace(evidence, reason=_NO_ORDER)
        if slot in above and evidence.verdict == "unknown" and evidence.reason not in _SAID
        else evidence
        for slot, evidence in enumerate(judged)
    ]


def _columns(evidence: Evidence, people: KnownPeople, problem: str) -> dict[str, Any]:
    """Give the evidence as columns."""
    return {
        "verdict": "unknown" if problem == _UNFIT else evidence.verdict,
        "shown": people.name(evidence.shown),
        "similarity": _rounded(evidence.similarity),
        "claimed_similarity": _rounded(evidence.claimed_similarity),
        "margin": _rounded(evidence.margin),
        "agreeing": evidence.agreeing,
        "reason": problem or evidence.reason,
    }


def _mean_face(faces: Sequence[_SlotFace]) -> NDArray[np.floating[Any]] | None:
    """Average a slot's embeddings; None of nothing."""
    return unit(np.mean([face.embedding for face in faces], axis=0)[None])[0] if faces else None


def _mean(values: list[float]) -> float | None:
    """Average, rounded; None of nothing."""
    return round(float(np.mean(values)), 4) if values else None


def _rounded(value: float) -> float | None:
    """Round a similarity; None for NaN."""
    return None if np.isnan(value) else round(value, 4)
