"""How often the gallery names the right person: recall of leave-one-out queries, with intervals."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from facebank.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from facebank.gallery.leave_one_out import LeaveOneOut

__all__ = ["Bucket", "BucketResult", "Rate", "by_bucket", "macro", "parse_bucket", "query_table", "rate"]

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Rate:
    """Hits among trials.

    Attributes
    ----------
    hits, trials : int
        The counts.
    share : float, optional
        Their ratio; None without trials.
    interval : (float, float), optional
        Its Wilson score interval at 95 % (E. B. Wilson, JASA 22(158), 1927); None without trials.
    """

    hits: int
    trials: int
    share: float | None
    interval: tuple[float, float] | None


def rate(hits: NDArray[np.bool_]) -> Rate:
    """Count hits and give their share with its interval."""
    count, trials = int(np.count_nonzero(hits)), len(hits)
    if trials == 0:
        return Rate(0, 0, None, None)
    # Of all that is imported here it takes longest, and many who import this count nothing.
    from scipy.stats import binomtest

    interval = binomtest(count, trials).proportion_ci(confidence_level=CONFIDENCE, method="wilson")
    return Rate(count, trials, count / trials, (float(interval.low), float(interval.high)))


def macro(hits: NDArray[np.bool_], identities: NDArray[np.int64]) -> float | None:
    """Give the mean over identities of each one's share of hits: a person with many photos counts once."""
    if len(hits) == 0:
        return None
    trials = np.bincount(identities)
    shares = np.bincount(identities, weights=hits)[trials > 0] / trials[trials > 0]
    return float(shares.mean())


@dataclass(frozen=True, slots=True)
class Bucket:
    """A group of identities by their number of photos.

    Attributes
    ----------
    name : str
        As the config writes it: ``2``, ``3-4``, ``13+``.
    low : int
        The smallest number of photos.
    high : float
        The largest; infinite for an open end.
    """

    name: str
    low: int
    high: float

    def holds(self, photos: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell which numbers of photos belong here."""
        return (photos >= self.low) & (photos <= self.high)


def parse_bucket(text: str) -> Bucket:
    """Read a bucket: ``n``, ``n-m`` or ``n+``.

    Raises
    ------
    ConfigError
        If it is none of these, or ends before it begins.
    """
    match = re.fullmatch(r"(\d+)(?:-(\d+)|(\+))?", text.strip())
    if match is None or (match[2] and int(match[2]) < int(match[1])):
        raise ConfigError(
            "A bucket cannot be read",
            expected="n, n-m with n <= m, or n+",
            found=repr(text),
            remedy="Correct validation.buckets.",
        )
    low = int(match[1])
    return Bucket(match[0], low, float("inf") if match[3] else int(match[2] or low))


@dataclass(frozen=True, slots=True)
class BucketResult:
    """What the queries of one bucket found.

    Attributes
    ----------
    bucket : Bucket
        Which identities.
    identities, untested : int
        How many identities, and how many of them cannot be tested: nothing remains without a picture.
    top1 : Rate
        Queries whose own identity came first.
    top1_top2 : float, optional
        Mean distance of the best and the second best similarity, right or wrong; None without queries.
    margin : float, optional
        Mean of own minus best other similarity: negative for a wrong answer. None without queries.
    """

    bucket: Bucket
    identities: int
    untested: int
    top1: Rate
    top1_top2: float | None
    margin: float | None


def query_table(
    photos: pd.DataFrame, matched: LeaveOneOut, identities: NDArray[np.int64], slugs: Sequence[str]
) -> pd.DataFrame:
    """Describe every query in one row.

    Parameters
    ----------
    photos : DataFrame
        N rows: photo, set, identity, verdict, duplicate_group.
    matched : LeaveOneOut
        What each query met; at least two others are named where there are two.
    identities : ndarray of int64, shape (N,)
        The identity of each query: a place in `slugs`.
    slugs : sequence of str
        The identities.

    Returns
    -------
    DataFrame
        The columns of `photos` and: n_photos (of the identity), tested, rank (0 when not tested),
        own_similarity, best_other, best_other_similarity, margin (own minus best other), top1,
        top1_similarity, top2, top2_similarity, correct. What is not known is null: the own similarity,
        margin, top1 and top2 of a query that cannot be tested, and others where there are none.
    """
    # With nobody else to be taken for, a query cannot fail, so it proves nothing.
    tested = (matched.rank > 0) & (matched.others[:, 0] >= 0)
    # Of equals the other comes first, as in the rank; NaN comes last.
    names = np.concatenate([matched.others[:, :2], identities[:, None]], axis=1)
    similarities = np.concatenate([matched.other_similarities[:, :2], matched.own[:, None]], axis=1)
    order = np.argsort(-similarities, axis=1, kind="stable")
    similarities = np.where(tested[:, None], np.take_along_axis(similarities, order, axis=1), np.nan)
    names = np.where(np.isnan(similarities), -1, np.take_along_axis(names, order, axis=1))
    slug_of = np.array([*slugs, None], dtype=object)
    found = {
        "n_photos": np.bincount(identities)[identities],
        "tested": tested,
        "rank": np.where(tested, matched.rank, 0),
        "own_similarity": matched.own,
        "best_other": slug_of[matched.others[:, 0]],
        "best_other_similarity": matched.other_similarities[:, 0],
        "margin": matched.own - matched.other_similarities[:, 0],
        "top1": slug_of[names[:, 0]],
        "top1_similarity": similarities[:, 0],
        "top2": slug_of[names[:, 1]],
        "top2_similarity": similarities[:, 1],
        "correct": tested & (matched.rank == 1),
    }
    return pd.concat([photos.reset_index(drop=True), pd.DataFrame(found)], axis=1)


def by_bucket(queries: pd.DataFrame, buckets: Sequence[Bucket]) -> tuple[BucketResult, ...]:
    """Sum up the queries of each bucket; see `query_table`."""
    results = []
    for bucket in buckets:
        inside = queries[bucket.holds(queries["n_photos"].to_numpy())]
        tested = inside[inside["tested"]]
        gap = (tested["top1_similarity"] - tested["top2_similarity"]).mean()
        margin = tested["margin"].mean()
        results.append(
            BucketResult(
                bucket=bucket,
                identities=inside["identity"].nunique(),
                untested=len(set(inside["identity"]) - set(tested["identity"])),
                top1=rate(tested["correct"].to_numpy(bool)),
                top1_top2=None if np.isnan(gap) else float(gap),
                margin=None if np.isnan(margin) else float(margin),
            )
        )
    return tuple(results)
