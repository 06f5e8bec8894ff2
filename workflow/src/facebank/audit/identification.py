"""Who is shown: a slot's faces in sampled frames against the gallery, and against what the variant claims."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.special import stdtrit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = [
    "MIN_STRANGE",
    "NOT_IN_GALLERY",
    "Evidence",
    "IdentityLevels",
    "Verdict",
    "identify",
    "identity_levels",
]

Verdict = Literal["confirmed", "mismatch", "unknown", "not_visible", "unclaimed"]

#: A name needs more than this share of the sampled frames.
MAJORITY = 0.5

#: So many frames that show another person are a mismatch, however many show the claimed one: a portrait may
#: be another one for a part of the time, and labels have every frame. One alone may be a passer-by.
MIN_STRANGE = 2

#: Why nothing is said of a claim: the gallery does not have the person.
NOT_IN_GALLERY = "CLAIMED_NOT_IN_GALLERY"

#: Share of strangers who may resemble somebody in the bank more than a level allows.
STRANGER_SHARE = 0.01

#: Fewer comparisons of strangers tell nothing about the level.
_MIN_COMPARISONS = 10

#: Turns a difference of quartiles into the standard deviation of a normal distribution.
_IQR_TO_SIGMA = 1 / 1.349


@dataclass(frozen=True, slots=True)
class IdentityLevels:
    """When a resemblance counts.

    Attributes
    ----------
    similarity : float
        Least mean cosine with a centroid at which a face may be that person's.
    proof : float
        The same for whoever is claimed: at least as much. In a small bank it is more.
    margin : float
        Least difference of mean cosines at which a face is another person's than the claimed one.
    comparisons : int
        Photos that the levels were read from; 0 where they were given.
    """

    similarity: float
    proof: float
    margin: float
    comparisons: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the sampled frames say of one slot.

    Attributes
    ----------
    verdict : str
        ``confirmed``, ``mismatch`` (another identity of the gallery is shown), ``unknown`` (the pixels prove
        neither), ``not_visible`` (no face was found), or ``unclaimed`` (nobody is named).
    shown : int
        The identity that the faces resemble most, -1 without a face or below the level.
    similarity : float
        Mean cosine with the identity that they resemble most, NaN without a face.
    claimed_similarity : float
        Mean cosine with the claimed identity, NaN where there is none to compare with.
    margin : float
        How much more they resemble that identity than the claimed one, or, where it is the claimed one, than
        the next; NaN where there is nothing to compare with.
    agreeing : int
        Frames whose face resembles that identity most.
    reason : str
        Why the verdict is ``unknown``; of a mismatch ``FOR_SOME_TIME`` where most frames do not show the
        other person. Then `shown`, the similarities, `margin` and `agreeing` are of the frames that do.
    others : frozenset of int
        Whom else than the claimed person the slot is proven to show, if only in a single frame.
    """

    verdict: Verdict
    shown: int
    similarity: float
    claimed_similarity: float
    margin: float
    agreeing: int
    reason: str
    others: frozenset[int] = frozenset()


def identity_levels(similarities: NDArray[np.floating], own: NDArray[np.integer]) -> IdentityLevels | None:
    """Read the levels from the gallery's own photos.

    Parameters
    ----------
    similarities : float (photos, identities)
        Cosine of every photo with every centroid.
    own : int (photos,)
        The identity of each photo.

    Returns
    -------
    IdentityLevels or None
        `similarity` is what 99 % of the photos stay below with the centroid of the other identity that they
        resemble most: a stranger's best resemblance, for this embedder and this gallery. The photos of few
        persons show few strangers: `proof` is what 99 % of all would stay below, see `_beyond_strangers`, or
        what lies half-way to the persons' own photos, if that is less. `margin` is the spread of those best
        resemblances (a standard deviation, from quartiles). None if there are too few photos or identities.
    """
    if similarities.shape[1] < 2 or len(similarities) < _MIN_COMPARISONS:  # noqa: PLR2004 - a pair
        return None
    others = np.array(similarities, dtype=np.float64)
    each = np.arange(len(own))
    others[each, own] = -np.inf
    best = others.max(axis=1)
    low, high = np.quantile(best, [0.25, 0.75])
    level = float(np.quantile(best, 1 - STRANGER_SHARE))
    half_way = float(np.median(similarities[each, own]) + others[np.isfinite(others)].mean()) / 2
    return IdentityLevels(
        similarity=level,
        proof=max(level, min(_beyond_strangers(others), half_way)),
        margin=float(high - low) * _IQR_TO_SIGMA,
        comparisons=len(best),
    )


def _beyond_strangers(others: NDArray[np.float64]) -> float:
    """Predict what a stranger's best resemblance to a bank stays below, from how its photos resemble others.

    Parameters
    ----------
    others : float64 (photos, identities)
        Cosines; -inf with the photo's own identity.

    Returns
    -------
    float
        The bound of Student's distribution. A pair of identities is one observation, since all photos of a
        person resemble another person alike; infinite where there is one pair.
    """
    identities = others.shape[1]
    seen, pairs = others[np.isfinite(others)], identities * (identities - 1) // 2
    if pairs < 2:  # noqa: PLR2004 - one observation has no spread
        return np.inf
    beyond = float(stdtrit(pairs - 1, 1 - STRANGER_SHARE / identities)) * np.sqrt(1 + 1 / pairs)
    return float(seen.mean() + beyond * seen.std(ddof=1))


def identify(
    similarities: NDArray[np.floating],
    *,
    claimed: int | None,
    usable: Sequence[bool],
    levels: IdentityLevels,
) -> Evidence:
    """Judge one slot of one variant.

    Parameters
    ----------
    similarities : float (frames, identities)
        Cosine of the slot's face in each sampled frame with every centroid.
    claimed : int or None
        The claimed identity; -1 for one that the gallery does not have, None if nobody is named.
    usable : sequence of bool
        Identities whose centroid can be trusted; the others are never named.
    levels : IdentityLevels
        When a resemblance counts.

    Returns
    -------
    Evidence
        A mismatch takes three things: another identity wins in most frames, resembles the faces as no
        stranger does, and beats the claimed one by the margin; or it does so in each of `MIN_STRANGE` frames.
        A single such frame confirms nobody. Little resemblance to the claimed person alone is no proof. Nor
        is what a stranger would reach: where few are known, a confirmation takes more than a mismatch.
    """
    trusted = np.where(np.asarray(usable, dtype=bool), np.asarray(similarities, dtype=np.float64), -np.inf)
    evidence = _by_most_frames(trusted, claimed, levels)
    shown = frozenset({evidence.shown} - {-1})
    if claimed is None or np.isnan(evidence.claimed_similarity):
        return replace(evidence, others=shown)
    strange = _strange(trusted, claimed, levels)
    others = frozenset(strange[strange >= 0].tolist())
    if evidence.verdict == "mismatch":
        return replace(evidence, others=others | shown)
    return replace(_for_some_time(evidence, trusted, claimed, strange), others=others)


def _for_some_time(
    evidence: Evidence, trusted: NDArray[np.float64], claimed: int, strange: NDArray[np.intp]
) -> Evidence:
    """Heed whom else single frames (n, identities) of a slot show, where most frames prove no mismatch."""
    person = int(np.bincount(strange[strange >= 0], minlength=1).argmax())
    there = trusted[strange == person]
    if len(there) >= MIN_STRANGE:
        alike, own = float(there[:, person].mean()), float(there[:, claimed].mean())
        return Evidence("mismatch", person, alike, own, alike - own, len(there), "FOR_SOME_TIME")
    if len(there) and evidence.verdict == "confirmed":
        return replace(evidence, verdict="unknown", reason="FRAMES_DISAGREE")
    return evidence


def _by_most_frames(trusted: NDArray[np.float64], claimed: int | None, levels: IdentityLevels) -> Evidence:
    """Judge a slot by what most of its frames (n, identities) show; who cannot be trusted has -inf."""
    nothing = float("nan")
    if not len(trusted):
        return Evidence("not_visible", -1, nothing, nothing, nothing, 0, "")
    if not np.isfinite(trusted).any():
        return Evidence("unknown", -1, nothing, nothing, nothing, 0, "NO_USABLE_IDENTITY")
    means = trusted.mean(axis=0)
    top = int(means.argmax())
    agreeing = int((trusted.argmax(axis=1) == top).sum())
    named = claimed is not None and claimed >= 0 and bool(np.isfinite(trusted[0, claimed]))
    claimed_similarity = float(means[claimed]) if named else nothing
    rivals = np.delete(means, top)
    next_best = float(rivals.max()) if len(rivals) and np.isfinite(rivals.max()) else nothing
    margin = float(means[top]) - (next_best if top == claimed or not named else claimed_similarity)
    shown = top if means[top] >= levels.similarity else -1
    if claimed is None:
        verdict: Verdict = "unclaimed"
        reason = ""
    elif not named:
        verdict, reason = "unknown", NOT_IN_GALLERY if claimed < 0 else "CLAIMED_CENTROID_UNSOUND"
    elif shown < 0:
        verdict, reason = "unknown", "RESEMBLES_NOBODY"
    elif agreeing <= MAJORITY * len(trusted):
        verdict, reason = "unknown", "FRAMES_DISAGREE"
    elif top == claimed and means[top] >= levels.proof:
        verdict, reason = "confirmed", ""
    elif top == claimed:
        verdict, reason = "unknown", "TOO_LITTLE_FOR_PROOF"
    elif margin >= levels.margin:
        verdict, reason = "mismatch", ""
    else:
        verdict, reason = "unknown", "MARGIN_TOO_SMALL"
    return Evidence(verdict, shown, float(means[top]), claimed_similarity, margin, agreeing, reason)


def _strange(similarities: NDArray[np.float64], claimed: int, levels: IdentityLevels) -> NDArray[np.intp]:
    """Give for each frame (n,) whom else than the claimed one it shows by itself, or -1."""
    best = similarities.argmax(axis=1)
    value = similarities.max(axis=1)
    proven = (best != claimed) & (value >= levels.similarity)
    proven &= value - similarities[:, claimed] >= levels.margin
    return np.where(proven, best, -1)
