"""``confusion_slugs.json`` and ``confusable_topk.json``, which go with ``confusion_matrix.npy``.

The matrix has a row for each identity that has a centroid. The others are named, but have no row: a row of
zeros would enter every statistic and every list of neighbours. Of more than `MATRIX_IDENTITIES` identities
the matrix is not written: it grows with their square, and its nearest entries stand in
``confusable_topk.json``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from facebank.gallery.gallery import Gallery

__all__ = ["MATRIX_IDENTITIES", "confusable_topk", "confusion_slugs"]

#: The matrix of more identities is not written; so many take 400 MB.
MATRIX_IDENTITIES = 10_000


def confusion_slugs(gallery: Gallery, identities: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Name the rows of the matrix.

    Parameters
    ----------
    gallery : Gallery
        The gallery.
    identities : sequence of mappings
        All identities with their status, see `facebank.gallery.tables.identity_rows`.
    """
    slugs = list(gallery.bank.slugs)
    written = len(slugs) <= MATRIX_IDENTITIES
    broken = [row["identity"] for row in identities if row["status"] == "broken"]
    return {
        "slugs": slugs,
        "matrix_shape": [len(slugs), len(slugs)] if written else None,
        "broken_slug_indices": [slugs.index(slug) for slug in broken],
        "broken_slugs": broken,
        "null_slug_indices": [],
        "null_slugs": _without_centroid(gallery, identities),
        "threshold_used": gallery.confusions.level,
    }


def confusable_topk(gallery: Gallery, identities: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """List the nearest others of each identity, by slug; parameters as in `confusion_slugs`."""
    slugs, confusions = gallery.bank.slugs, gallery.confusions
    nearest: dict[str, dict[str, Any]] = {
        slug: {
            "top_k": [
                {"slug": slugs[other], "cos": float(str(cosine))}
                for other, cosine in zip(
                    confusions.nearest[place].tolist(), confusions.similarities[place], strict=True
                )
            ],
            "n_above_threshold": int(confusions.above[place]),
        }
        for place, slug in enumerate(slugs)
    }
    note = "no centroid: none of its photos could be used"
    for slug in _without_centroid(gallery, identities):
        nearest[slug] = {"top_k": [], "n_above_threshold": 0, "note": note}
    return dict(sorted(nearest.items()))


def _without_centroid(gallery: Gallery, identities: Sequence[Mapping[str, Any]]) -> list[str]:
    """List the identities that have no row in the matrix."""
    known = set(gallery.bank.slugs)
    return [row["identity"] for row in identities if row["identity"] not in known]
