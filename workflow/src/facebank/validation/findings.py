"""Everything that a validation found, in one record; and the same as plain values for ``summary.json``."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from facebank.gallery.leave_one_out import count_impostors, leave_one_out
from facebank.gallery.verdicts import ACCUSED
from facebank.validation.open_set import FAR_TARGETS, operating_point, roc, suggest, unknown_people
from facebank.validation.recall import by_bucket, macro, query_table, rate

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from facebank.gallery.centroids import CentroidKind
    from facebank.validation.open_set import OperatingPoint, Roc, Threshold
    from facebank.validation.recall import Bucket, BucketResult, Rate

__all__ = ["ClosedSet", "Findings", "OpenSet", "summary", "validate"]

TOP = 5


@dataclass(frozen=True, slots=True)
class ClosedSet:
    """How often the right person is named, among people who are all in the gallery."""

    top1: Rate
    top5: Rate
    macro_top1: float | None
    macro_top5: float | None


@dataclass(frozen=True, slots=True, eq=False)
class OpenSet:
    """How well a threshold tells people in the gallery from strangers.

    Attributes
    ----------
    genuine : ndarray of float32
        Similarities of queries to their own identity; NaN where not tested.
    impostor_counts : ndarray of int64
        Similarities of queries to other identities, counted in bins.
    curve : Roc, optional
        None without pairs.
    points : tuple of OperatingPoint
        For each false accept rate asked for.
    threshold : Threshold, optional
        None without pairs.
    unknown : DataFrame
        Each identity as a person who is not in the gallery.
    unknown_accepted : float, optional
        Share of all queries that would be taken for another if their own identity were not in the gallery.
    identified : float, optional
        Share of tested queries whose own identity comes first and is accepted.
    """

    genuine: NDArray[np.float32]
    impostor_counts: NDArray[np.int64]
    curve: Roc | None
    points: tuple[OperatingPoint, ...]
    threshold: Threshold | None
    unknown: pd.DataFrame
    unknown_accepted: float | None
    identified: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Findings:
    """The outcome of leave-one-out over a gallery.

    Attributes
    ----------
    queries : DataFrame
        One row per photo, see `facebank.validation.recall.query_table`.
    untested : tuple of str
        Identities none of whose photos can be tested: they have a single picture.
    all_photos : ClosedSet
        Over every photo of the gallery.
    trusted : ClosedSet
        Over a gallery without the photos that it accuses (outliers and intruders): what cleaning would give,
        and kinder than the truth, since photos that match badly are what it leaves out.
    buckets : tuple of BucketResult
        By number of photos of the identity.
    open_set : OpenSet
        Over the trusted photos: a photo under a wrong name is no impostor.
    """

    queries: pd.DataFrame
    untested: tuple[str, ...]
    all_photos: ClosedSet
    trusted: ClosedSet
    buckets: tuple[BucketResult, ...]
    open_set: OpenSet

    @property
    def misses(self) -> pd.DataFrame:
        """The tested queries whose own identity did not come first, the worst margin first."""
        wrong = self.queries[self.queries["tested"] & ~self.queries["correct"]]
        return wrong.sort_values(["margin", "photo"], kind="stable")


def validate(
    photos: pd.DataFrame,
    embeddings: NDArray[np.float32],
    buckets: Sequence[Bucket],
    *,
    centroid: CentroidKind = "mean",
    threads: int = 1,
) -> Findings:
    """Match every photo of a gallery against the gallery made without it.

    Parameters
    ----------
    photos : DataFrame
        N rows: photo, set, identity, verdict, in_centroid (whether the gallery's centroids are made of it),
        duplicate_group (null for a photo without copies).
    embeddings : ndarray of float32, shape (N, D)
        Their unit embeddings.
    buckets : sequence of Bucket
        Groups of identities by number of photos.
    centroid : {"mean", "trimmed", "medoid"}
        How the gallery makes its centroids.
    threads : int
        Blocks of queries matched side by side.
    """
    queries = _queries(photos, embeddings, centroid, threads)
    kept = ~photos["verdict"].isin(ACCUSED).to_numpy()
    trusted_photos = photos[kept].reset_index(drop=True)
    trusted = _queries(trusted_photos, embeddings[kept], centroid, threads)
    _, identities = np.unique(trusted_photos["identity"].to_numpy(str), return_inverse=True)
    impostors = count_impostors(
        embeddings[kept],
        identities,
        _pictures(trusted_photos),
        centroid=centroid,
        references=trusted_photos["in_centroid"].to_numpy(bool),
        threads=threads,
    )
    return Findings(
        queries=queries,
        untested=tuple(sorted(set(queries["identity"]) - set(queries.loc[queries["tested"], "identity"]))),
        all_photos=_closed_set(queries),
        trusted=_closed_set(trusted),
        buckets=by_bucket(queries, buckets),
        open_set=_open_set(trusted, impostors),
    )


def summary(findings: Findings) -> dict[str, Any]:
    """Give the numbers of a validation as plain values."""
    queries, open_set = findings.queries, findings.open_set
    tested = queries[queries["tested"]]
    closed = findings.all_photos
    curve = open_set.curve
    return {
        "queries": closed.top1.trials,
        "top1_hits": closed.top1.hits,
        "top1": closed.top1.share,
        "top1_interval": closed.top1.interval,
        "top5_hits": closed.top5.hits,
        "top5": closed.top5.share,
        "top5_interval": closed.top5.interval,
        "macro_top1": closed.macro_top1,
        "macro_top5": closed.macro_top5,
        "misses": len(findings.misses),
        "mean_margin": _mean(tested["margin"]),
        "mean_top1_top2": _mean(tested["top1_similarity"] - tested["top2_similarity"]),
        "identities": int(queries["identity"].nunique()),
        "identities_tested": int(tested["identity"].nunique()),
        "identities_untested": list(findings.untested),
        "photos_untested": int((~queries["tested"]).sum()),
        "trusted": asdict(findings.trusted),
        "buckets": [asdict(result) | {"bucket": result.bucket.name} for result in findings.buckets],
        "open_set": {
            "genuine_pairs": 0 if curve is None else curve.genuine_count,
            "impostor_pairs": 0 if curve is None else curve.impostor_count,
            "tar_at_far": [asdict(point) for point in open_set.points],
            "threshold": None if open_set.threshold is None else open_set.threshold.value,
            "threshold_because": None if open_set.threshold is None else open_set.threshold.because,
            "identified_at_threshold": open_set.identified,
            "unknown_accepted_at_threshold": open_set.unknown_accepted,
        },
    }


def _queries(
    photos: pd.DataFrame, embeddings: NDArray[np.float32], centroid: CentroidKind, threads: int
) -> pd.DataFrame:
    """Match photos against the gallery that they make up."""
    slugs, identities = np.unique(photos["identity"].to_numpy(str), return_inverse=True)
    matched = leave_one_out(
        embeddings,
        identities,
        _pictures(photos),
        centroid=centroid,
        references=photos["in_centroid"].to_numpy(bool),
        top=TOP,
        threads=threads,
    )
    return query_table(photos, matched, identities, slugs.tolist())


def _pictures(photos: pd.DataFrame) -> NDArray[np.int64]:
    """Give each picture a number: a group of copies has one number, every other photo its own."""
    groups = photos["duplicate_group"].fillna(0).to_numpy(np.int64)
    return np.where(groups > 0, -groups, np.arange(len(photos)))


def _closed_set(queries: pd.DataFrame) -> ClosedSet:
    """Sum up the tested queries."""
    tested = queries[queries["tested"]]
    rank = tested["rank"].to_numpy(np.int64)
    identities = np.unique(tested["identity"].to_numpy(str), return_inverse=True)[1]
    return ClosedSet(
        rate(rank == 1), rate(rank <= TOP), macro(rank == 1, identities), macro(rank <= TOP, identities)
    )


def _open_set(queries: pd.DataFrame, impostors: NDArray[np.int64]) -> OpenSet:
    """Find thresholds, and what they do to people in and outside of the gallery."""
    genuine = queries["own_similarity"].to_numpy(np.float32)
    curve = roc(genuine, impostors)
    threshold = None if curve is None else suggest(curve)
    level = None if threshold is None else threshold.value
    tested = queries[queries["tested"]]
    met = queries["best_other_similarity"].dropna()
    return OpenSet(
        genuine=genuine,
        impostor_counts=impostors,
        curve=curve,
        points=() if curve is None else tuple(operating_point(curve, target) for target in FAR_TARGETS),
        threshold=threshold,
        unknown=unknown_people(queries, level),
        unknown_accepted=None if level is None else _mean(met >= level),
        identified=None if level is None else _mean(tested["correct"] & (tested["own_similarity"] >= level)),
    )


def _mean(values: pd.Series[Any]) -> float | None:
    """Give the mean of what is known; None if nothing is."""
    known = values.dropna().to_numpy(np.float64)
    return float(known.mean()) if len(known) else None
