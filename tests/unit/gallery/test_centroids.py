from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from facebank.gallery.centroids import ESTIMATES, CentroidKind, centroids, identity_sums, unit_rows
from gallery_banks import people


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (np.empty((0, 3)), np.empty((0, 3))),
        ([[3.0, 0.0, 4.0]], [[0.6, 0.0, 0.8]]),
        ([[0.0, 0.0, 0.0]], [[np.nan] * 3]),
        ([[np.nan, 1.0, 0.0]], [[np.nan] * 3]),
        ([[np.inf, 1.0, 0.0]], [[np.nan] * 3]),
    ],
)
def test_unit_rows(rows: Any, expected: Any) -> None:
    np.testing.assert_allclose(unit_rows(np.asarray(rows)), expected)


def test_sums_are_of_each_identity_and_in_double_precision() -> None:
    embeddings = people([3, 2], alike=0.8, strangers=0.3, dimension=150)
    identities = np.array([0, 2, 0, 2, 2])
    sums = identity_sums(embeddings, identities, 4)
    wide = embeddings.astype(np.float64)
    expected = [wide[[0, 2]].sum(0), np.zeros(150), wide[[1, 3, 4]].sum(0), np.zeros(150)]
    np.testing.assert_allclose(sums, expected, rtol=1e-14, atol=1e-16)


@pytest.mark.parametrize("kind", ["mean", "trimmed", "medoid"])
def test_centroids_are_unit_rows_and_nan_without_photos(kind: CentroidKind) -> None:
    embeddings = people([4, 6], alike=0.8, strangers=0.3)
    found = centroids(embeddings, np.repeat([0, 2], [4, 6]), 3, kind)
    assert found.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(found[[0, 2]], axis=1), 1, atol=1e-6)
    assert np.isnan(found[1]).all()


def test_the_average_gives_mean_cosines() -> None:
    embeddings = people([4, 6], alike=0.8, strangers=0.3)
    average = centroids(embeddings, np.repeat([0, 1], [4, 6]), 2, "average")
    np.testing.assert_allclose(
        embeddings @ average[1], (embeddings @ embeddings[4:].T).mean(axis=1), atol=1e-6
    )


@pytest.mark.parametrize("kind", ["trimmed", "medoid"])
def test_robust_estimates_ignore_the_odd_one_out(kind: CentroidKind) -> None:
    embeddings = people([9, 1], alike=0.8, strangers=0.0)
    person = centroids(embeddings[:9], np.zeros(9, int), 1)[0]
    polluted = centroids(embeddings, np.zeros(10, int), 1, kind)[0]
    assert polluted @ embeddings[9] < 0.2
    assert polluted @ person > 0.85


def test_a_trimmed_mean_of_four_photos_keeps_all() -> None:
    embeddings = people([4], alike=0.8, strangers=0.3)
    np.testing.assert_allclose(
        ESTIMATES["trimmed"].of_photos(embeddings), ESTIMATES["mean"].of_photos(embeddings)
    )


def test_a_medoid_is_one_of_the_photos() -> None:
    embeddings = people([5], alike=0.8, strangers=0.3)
    found = ESTIMATES["medoid"].of_photos(embeddings).astype(np.float32)
    assert np.isclose(embeddings @ found, 1, atol=1e-6).any()
