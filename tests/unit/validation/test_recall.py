from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facebank.errors import ConfigError
from facebank.gallery.leave_one_out import LeaveOneOut
from facebank.validation.recall import by_bucket, macro, parse_bucket, query_table, rate


@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"),
    [
        # The second seed document's buckets, as recalculated there.
        (6, 6, 0.610, 1.0),
        (80, 80, 0.954, 1.0),
        (371, 371, 0.990, 1.0),
        (909, 916, 0.984, 0.996),
        (72, 72, 0.949, 1.0),
        (1438, 1445, 0.990, 0.998),
        (0, 5, 0.0, 0.434),
    ],
)
def test_wilson_intervals(hits: int, trials: int, low: float, high: float) -> None:
    found = rate(np.arange(trials) < hits)
    assert (found.hits, found.trials) == (hits, trials)
    assert found.interval == pytest.approx((low, high), abs=6e-4)


def test_a_rate_of_nothing_is_unknown() -> None:
    found = rate(np.empty(0, bool))
    assert (found.trials, found.share, found.interval) == (0, None, None)
    assert macro(np.empty(0, bool), np.empty(0, int)) is None


@given(hits=st.integers(0, 200), misses=st.integers(0, 200))
def test_an_interval_holds_its_share(hits: int, misses: int) -> None:
    found = rate(np.arange(hits + misses) < hits)
    if found.interval is not None:
        assert 0 <= found.interval[0] <= found.share <= found.interval[1] <= 1


def test_macro_counts_each_person_once() -> None:
    hits = np.array([1, 1, 1, 1, 1, 1, 1, 1, 0], dtype=bool)
    assert macro(hits, np.array([0] * 8 + [3])) == 0.5


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [("1", [1], [0, 2]), ("3-4", [3, 4], [2, 5]), ("13+", [13, 999], [12]), (" 2-2 ", [2], [1, 3])],
)
def test_buckets(text: str, inside: list[int], outside: list[int]) -> None:
    bucket = parse_bucket(text)
    assert bucket.holds(np.array(inside)).all()
    assert not bucket.holds(np.array(outside)).any()


@pytest.mark.parametrize("text", ["", "x", "3-", "-3", "5-3", "3+4", "1.5"])
def test_a_bucket_that_cannot_be_read(text: str) -> None:
    with pytest.raises(ConfigError, match="bucket"):
        parse_bucket(text)


@pytest.fixture
def queries() -> pd.DataFrame:
    photos = pd.DataFrame(
        {
            "photo": list("pqrs"),
            "identity": ["a", "a", "b", "c"],
            "duplicate_group": pd.array([None] * 4, "Int32"),
        }
    )
    matched = LeaveOneOut(
        own=np.array([0.9, 0.3, np.nan, 0.5], np.float32),
        rank=np.array([1, 2, 0, 2]),
        others=np.array([[1, 2], [2, 1], [0, 2], [0, -1]]),
        other_similarities=np.array([[0.5, 0.4], [0.6, 0.1], [0.7, 0.2], [0.5, np.nan]], np.float32),
    )
    return query_table(photos, matched, np.array([0, 0, 1, 2]), ["a", "b", "c"])


def test_with_nobody_else_nothing_is_proven() -> None:
    photos = pd.DataFrame(
        {"photo": ["x", "y"], "set": "s", "identity": "a", "verdict": "ok", "duplicate_group": None}
    )
    nobody, nothing = np.full((2, 2), -1), np.full((2, 2), np.nan, np.float32)
    matched = LeaveOneOut(np.array([0.9, 0.9], np.float32), np.array([1, 1]), nobody, nothing)
    found = query_table(photos, matched, np.array([0, 0]), ["a"])
    assert not found["tested"].any()
    assert not found["correct"].any()
    assert found["rank"].tolist() == [0, 0]


def test_each_query_has_its_two_best(queries: pd.DataFrame) -> None:
    # Of equals (the last) the other comes first.
    assert queries["top1"].fillna("").tolist() == ["a", "c", "", "a"]
    assert queries["top2"].fillna("").tolist() == ["b", "a", "", "c"]
    assert queries["correct"].tolist() == [True, False, False, False]
    assert queries["tested"].tolist() == [True, True, False, True]
    assert queries["n_photos"].tolist() == [2, 2, 1, 1]
    np.testing.assert_allclose(queries["margin"], [0.4, -0.3, np.nan, 0.0], atol=1e-6)
    np.testing.assert_allclose(queries["top1_similarity"], [0.9, 0.6, np.nan, 0.5], atol=1e-6)
    np.testing.assert_allclose(queries["top2_similarity"], [0.5, 0.3, np.nan, 0.5], atol=1e-6)
    assert queries["best_other"].tolist() == ["b", "c", "a", "a"]


def test_a_wrong_answer_has_a_negative_margin_and_a_positive_gap(queries: pd.DataFrame) -> None:
    empty, two, one = by_bucket(queries, [parse_bucket(text) for text in ("3+", "2", "1")])
    assert (empty.identities, empty.top1.trials, empty.top1_top2, empty.margin) == (0, 0, None, None)
    assert (two.identities, two.untested, two.top1.hits, two.top1.trials) == (1, 0, 1, 2)
    assert two.margin == pytest.approx(0.05, abs=1e-6)
    assert two.top1_top2 == pytest.approx(0.35, abs=1e-6)
    assert (one.identities, one.untested, one.top1.trials) == (2, 1, 1)
