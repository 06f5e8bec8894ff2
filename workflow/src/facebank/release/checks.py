"""Cross-checks of a release: what one of its files says must follow from the others.

They find what digests cannot: a release that was published wrong, or whose manifest was made anew.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from facebank.artifacts.tables import read_parquet
from facebank.errors import CheckError
from facebank.gallery.centroids import centroids
from facebank.reading.arrays import read_array
from facebank.reading.json_documents import read_object
from facebank.release.documents import CelebEmbeddings, FaceLabels

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import Any, NoReturn

    from numpy.typing import NDArray

__all__ = ["require_centroids", "require_claims_known", "require_frame_counts"]

#: How far a centroid that is computed again may lie from the one that was written, a component: the sums of
#: double-precision numbers may have been made in another order. A float32 of a unit vector is 6e-8 exact.
_TOLERANCE = 2e-7
#: How far from 1 the length of a unit embedding of float32 may be.
_LENGTH_TOLERANCE = 1e-4

_REMEDY = "Build the release anew; if that does not help, report it."


def require_centroids(release: Path) -> int:
    """Compute every centroid again from the ``.npy`` files, and insist on the one that is written.

    Parameters
    ----------
    release : Path
        The release, whose files have the form of `facebank.release.documents`.

    Returns
    -------
    int
        The number of embeddings that were read.

    Raises
    ------
    CheckError
        If an embedding is no unit vector, belongs to nobody, or a centroid is another one; naming the first.
    """
    path = release / "celeb_embeddings.json"
    if not path.is_file():
        return 0
    document = CelebEmbeddings.model_validate_json(path.read_bytes())
    kind = read_object(release / "provenance" / "gallery.json", remedy=_REMEDY)["parameters"]["centroid"]
    table = read_parquet(release / "tables" / "gallery" / "centroids.parquet")
    tabled = dict(zip(table["identity"].to_pylist(), table["centroid"].to_pylist(), strict=True))
    used = _rows(release, "tables/gallery/photos.parquet", "photo", "in_centroid")
    left_out = {row["photo"] for row in used if not row["in_centroid"]}
    root = _within(release / document.bank_root, release)
    named = set()
    for slug, person in document.celebs.items():
        if person.n_photos != len(person.photos):
            _fail(path, f"{person.n_photos} photos of '{slug}'", f"{len(person.photos)}")
        read = {
            it: _unit_vector(_within(root / file, release), document.embedding_dim)
            for it, file in person.photos.items()
        }
        vectors = [vector for photo, vector in read.items() if photo not in left_out]
        named |= {root / file for file in person.photos.values()}
        written = None if person.centroid is None else np.asarray(person.centroid, dtype=np.float32)
        if (written is None) != (not vectors) or (slug in tabled) != bool(vectors):
            _fail(path, f"a centroid of '{slug}' if and only if it has photos", f"{len(vectors)} photos")
        if written is None:
            continue
        (made,) = centroids(np.stack(vectors), np.zeros(len(vectors), dtype=np.int64), 1, kind)
        if not np.allclose(made, written, rtol=0, atol=_TOLERANCE):
            _fail(
                path,
                f"the centroid '{kind}' of the photos of '{slug}'",
                f"one that is {np.abs(made - written).max():.2g} off",
            )
        if not np.array_equal(np.asarray(tabled[slug], dtype=np.float32), written):
            _fail(path, f"the centroid of '{slug}' in tables/gallery/centroids.parquet", "another one")
    stray = sorted(set(root.rglob("*.npy")) - named)
    if stray:
        _fail(stray[0], "an embedding that celeb_embeddings.json names", "one of nobody")
    return len(named)


def require_frame_counts(release: Path) -> int:
    """Insist that every label file has one entry for each frame that was decoded.

    Parameters
    ----------
    release : Path
        The release.

    Returns
    -------
    int
        The number of label files.

    Raises
    ------
    CheckError
        Naming the first label file with another number of frames or slots, and the first that is missing.
    """
    decoded = _rows(release, "tables/detections/videos.parquet", "source", "frames")
    frames = {row["source"]: row["frames"] for row in decoded}
    rows = _rows(release, "tables/face_labels/slots.parquet", "source")
    tabled: dict[str, int] = {}
    for row in rows:
        tabled[row["source"]] = tabled.get(row["source"], 0) + 1
    found = sorted((release / "face_labels").glob("*.face_labels.json"))
    for path in found:
        labels = FaceLabels.model_validate_json(path.read_bytes())
        source, count = labels.source_episode, len(labels.frames)
        if path.name != f"{source}.face_labels.json":
            _fail(path, "the labels of the source that it is called after", source)
        if not labels.n_frames == count == frames.get(source):
            _fail(
                path,
                f"{frames.get(source)} frames, as were decoded",
                f"{count} entries and n_frames {labels.n_frames}",
            )
        if [frame.frame_idx for frame in labels.frames] != list(range(count)):
            _fail(path, "frames numbered from 0 without a gap", "others")
        if any(len(frame.slots) != labels.n_slots for frame in labels.frames):
            _fail(path, f"{labels.n_slots} slots in every frame", "another number")
        if tabled.get(source, 0) != count * labels.n_slots:
            _fail(
                path,
                f"{count * labels.n_slots} rows in tables/face_labels/slots.parquet",
                str(tabled.get(source, 0)),
            )
    missing = sorted(set(tabled) - {path.name.removesuffix(".face_labels.json") for path in found})
    if missing:
        _fail(release / "face_labels", f"the labels of '{missing[0]}'", "no such file")
    return len(found)


def require_claims_known(release: Path) -> int:
    """Insist that every identity that a variant claims has a centroid, or that the audit says it has none.

    Parameters
    ----------
    release : Path
        The release. Without a gallery nothing can be claimed of it, and nothing is checked.

    Returns
    -------
    int
        The number of claims that name a slot.

    Raises
    ------
    CheckError
        Naming the first claim that nobody could have checked, though no table says so.
    """
    path = release / "celeb_embeddings.json"
    variants = _rows(release, "tables/inventory_sources/variants.parquet", "variant", "claims")
    if not path.is_file() or not variants:
        return 0
    document = CelebEmbeddings.model_validate_json(path.read_bytes())
    known = {slug for slug, person in document.celebs.items() if person.centroid is not None}
    verdicts = _rows(release, "audit/verdicts.parquet", "variant", "slot", "claimed", "verdict", "reason")
    slots = Counter(row["variant"] for row in verdicts)
    told = {
        (row["variant"], row["slot"], row["claimed"])
        for row in verdicts
        # Where no face was seen, nobody was compared with it.
        if row["reason"] == _NOT_IN_GALLERY or row["verdict"] == "not_visible"
    }
    claims = [
        (row["variant"], slot, claim)
        for row in variants
        # Claims that are not as many as the slots say of none whose it is, and are nobody's target.
        if len(row["claims"]) == slots[row["variant"]]
        for slot, claim in enumerate(row["claims"])
        if claim
    ]
    for variant, slot, claim in claims:
        if claim not in known and (variant, slot, claim) not in told:
            _fail(path, f"'{claim}', whom '{variant}' claims in slot {slot}", "no centroid of that name")
    return len(claims)


#: What the audit says of a claim that it cannot check.
_NOT_IN_GALLERY = "CLAIMED_NOT_IN_GALLERY"


def _within(path: Path, release: Path) -> Path:
    """Insist that a path that a document names lies in the release."""
    if not path.is_relative_to(release) or ".." in path.relative_to(release).parts:
        _fail(release / "celeb_embeddings.json", "paths of embeddings below bank_root", str(path))
    return path


def _unit_vector(path: Path, dimension: int) -> NDArray[np.float32]:
    """Read one embedding."""
    try:
        vector: NDArray[np.float32] = read_array(path)
    except (OSError, ValueError) as error:
        _fail(path, "an embedding", str(error))
    if vector.dtype != np.float32 or vector.shape != (dimension,):
        _fail(path, f"float32 of shape ({dimension},)", f"{vector.dtype} of shape {vector.shape}")
    if not abs(float(np.linalg.norm(vector.astype(np.float64))) - 1) <= _LENGTH_TOLERANCE:
        _fail(path, "a vector of length 1", f"length {np.linalg.norm(vector):.6g}")
    return vector


def _rows(release: Path, name: str, *columns: str) -> Sequence[dict[str, Any]]:
    """Read some columns of a table; without the table there are no rows."""
    path = release / name
    found: list[dict[str, Any]] = read_parquet(path, columns=columns).to_pylist() if path.is_file() else []
    return found


def _fail(path: Path, expected: str, found: str) -> NoReturn:
    raise CheckError(
        "The release contradicts itself", file=path, expected=expected, found=found, remedy=_REMEDY
    )
