"""Leave-one-out against a loop that does literally what the words say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facebank.gallery.centroids import ESTIMATES, EstimateKind, centroids, unit_rows
from facebank.gallery.leave_one_out import BIN_EDGES, _Trial, count_impostors, leave_one_out
from laws import examples


def units(rows: int, dimension: int, seed: int = 0) -> np.ndarray:
    return unit_rows(np.random.default_rng(seed).normal(size=(rows, dimension))).astype(np.float32)


def similarities_by_loop(
    embeddings: np.ndarray, identities: np.ndarray, groups: np.ndarray, centroid: EstimateKind
) -> np.ndarray:
    """(N, K) cosines to centroids that never saw the query's picture; NaN where nothing remains."""
    table = np.full((len(embeddings), identities.max() + 1), np.nan)
    for query in range(len(embeddings)):
        for identity in range(table.shape[1]):
            seen = (identities == identity) & (groups != groups[query])
            if seen.any():
                table[query, identity] = embeddings[query] @ ESTIMATES[centroid].of_photos(embeddings[seen])
    return table


@st.composite
def banks(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    count = draw(st.integers(1, 5))
    identities = np.array([*range(count), *draw(st.lists(st.integers(0, count - 1), max_size=14))])
    groups = np.array(draw(st.lists(st.integers(0, 12), min_size=len(identities), max_size=len(identities))))
    return units(len(identities), draw(st.integers(2, 9)), draw(st.integers(0, 9999))), identities, groups


@settings(max_examples=examples(60))
@given(
    bank=banks(), centroid=st.sampled_from(["mean", "trimmed", "medoid", "average"]), top=st.integers(1, 6)
)
def test_equals_the_naive_loop(
    bank: tuple[np.ndarray, np.ndarray, np.ndarray], centroid: EstimateKind, top: int
) -> None:
    embeddings, identities, groups = bank
    table = similarities_by_loop(embeddings, identities, groups, centroid)
    found = leave_one_out(embeddings, identities, groups, centroid=centroid, top=top)
    own = table[np.arange(len(table)), identities]
    np.testing.assert_allclose(found.own, own, atol=2e-6)
    others = table.copy()
    others[np.arange(len(table)), identities] = np.nan
    best_first = -np.sort(-others, axis=1)
    expected = np.full((len(table), top), np.nan)
    width = min(top, table.shape[1])
    expected[:, :width] = best_first[:, :width]
    np.testing.assert_allclose(found.other_similarities, expected, atol=2e-6)
    named = np.isfinite(found.other_similarities)
    assert np.array_equal(found.others >= 0, named)
    rows = np.nonzero(named)[0]
    np.testing.assert_allclose(table[rows, found.others[named]], found.other_similarities[named], atol=2e-6)
    assert np.array_equal(found.rank == 0, np.isnan(own))
    # Ranks are compared where no two similarities are too close to call.
    clear = np.isfinite(own) & ~(np.abs(others - own[:, None]) < 1e-5).any(axis=1)
    assert np.array_equal(found.rank[clear], 1 + (others[clear] > own[clear, None]).sum(axis=1))
    counts = count_impostors(embeddings, identities, groups, centroid=centroid)
    assert counts.sum() == np.isfinite(others).sum()


def test_eight_strangers_under_one_name() -> None:
    strangers = units(8, 512)
    nobody = np.zeros(8, dtype=np.int64)
    with_itself = strangers @ centroids(strangers, nobody, 1)[0]
    without_itself = leave_one_out(strangers, nobody, np.arange(8)).own
    assert with_itself.mean() == pytest.approx(8**-0.5, abs=0.02)
    assert without_itself.mean() == pytest.approx(0.0, abs=0.05)


def test_nothing_in_nothing_out() -> None:
    found = leave_one_out(np.empty((0, 4), np.float32), np.empty(0, np.int64), np.empty(0, np.int64), top=3)
    assert found.own.shape == (0,)
    assert found.others.shape == (0, 3)
    assert (
        count_impostors(np.empty((0, 4), np.float32), np.empty(0, np.int64), np.empty(0, np.int64)).sum() == 0
    )


def test_a_copy_does_not_vouch_for_its_original() -> None:
    embeddings = units(3, 64)[[0, 0, 1, 2]]
    identities = np.array([0, 0, 0, 1])
    apart = leave_one_out(embeddings, identities, np.arange(4))
    together = leave_one_out(embeddings, identities, np.array([0, 0, 1, 2]))
    assert apart.own[0] > together.own[0] + 0.4
    assert together.own[0] == pytest.approx(float(embeddings[0] @ embeddings[2]), abs=1e-6)


def test_a_copy_under_another_name_does_not_count_there() -> None:
    embeddings = units(4, 64)[[0, 1, 0, 2]]
    found = leave_one_out(embeddings, np.array([0, 0, 1, 1]), np.array([0, 1, 0, 2]))
    assert found.other_similarities[0, 0] == pytest.approx(float(embeddings[0] @ embeddings[3]), abs=1e-6)


def test_a_single_photo_cannot_be_tested() -> None:
    found = leave_one_out(units(3, 8), np.array([0, 1, 1]), np.arange(3))
    assert np.isnan(found.own[0])
    assert found.rank.tolist()[0] == 0
    assert found.others[0].tolist() == [1, -1, -1, -1, -1]


def test_equals_count_against_the_query() -> None:
    same = np.repeat(units(1, 8), 4, axis=0)
    assert leave_one_out(same, np.array([0, 0, 1, 1]), np.arange(4)).rank.tolist() == [2, 2, 2, 2]


@pytest.mark.parametrize("threads", [1, 3])
def test_blocks_and_threads_change_no_bit(monkeypatch: pytest.MonkeyPatch, threads: int) -> None:
    embeddings, identities = units(200, 32), np.arange(200) % 11
    whole = leave_one_out(embeddings, identities, np.arange(200) // 2)
    monkeypatch.setattr("facebank.gallery.leave_one_out._BLOCK", 11 * 64)
    parts = leave_one_out(embeddings, identities, np.arange(200) // 2, threads=threads)
    assert np.array_equal(whole.rank, parts.rank)
    np.testing.assert_allclose(whole.own, parts.own, atol=1e-6)
    one = leave_one_out(embeddings, identities, np.arange(200) // 2, threads=1)
    assert np.array_equal(one.own, parts.own)
    assert np.array_equal(one.other_similarities, parts.other_similarities)


def test_few_identities_do_not_make_a_block_large(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    plain = _Trial.similarities

    def similarities(trial: _Trial, rows: slice) -> tuple[np.ndarray, np.ndarray]:
        seen.append(rows.stop - rows.start)
        return plain(trial, rows)

    monkeypatch.setattr(_Trial, "similarities", similarities)
    monkeypatch.setattr("facebank.gallery.leave_one_out._BLOCK", 64)
    leave_one_out(units(100, 16), np.arange(100) % 2, np.arange(100))
    assert sum(seen) == 100
    assert max(seen) * 16 <= 64


def test_impostors_fall_into_their_bins() -> None:
    embeddings = np.array([[1, 0], [1, 0], [0, 1], [0, 1]], dtype=np.float32)
    counts = count_impostors(embeddings, np.array([0, 0, 1, 1]), np.arange(4))
    (place,) = np.flatnonzero(counts)
    assert counts[place] == 4
    assert BIN_EDGES[place] <= 0.0 <= BIN_EDGES[place + 1]
