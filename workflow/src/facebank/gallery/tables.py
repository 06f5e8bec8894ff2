"""The gallery's tables: one row per photo, per identity, per centroid, and per pair of copies."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from facebank.gallery.owners import UNDECIDED
from facebank.gallery.verdicts import ACCUSED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from facebank.gallery.bank import Bank
    from facebank.gallery.failures import Failure
    from facebank.gallery.gallery import Gallery
    from facebank.gallery.identities import Standing

__all__ = [
    "DUPLICATE_COLUMNS",
    "IDENTITIES",
    "PHOTO_FIELDS",
    "centroid_table",
    "duplicate_rows",
    "identity_rows",
    "names_of",
    "photo_frame",
    "photo_table",
]

#: One row per used photo; the embedding column follows, its length is the pack's.
PHOTO_FIELDS = (
    ("photo", pa.string()),
    ("set", pa.string()),
    ("folder", pa.string()),
    ("identity", pa.string()),
    ("sha256", pa.string()),
    ("face", pa.int32()),
    ("faces_found", pa.int32()),
    ("x1", pa.float32()),
    ("y1", pa.float32()),
    ("x2", pa.float32()),
    ("y2", pa.float32()),
    ("score", pa.float32()),
    ("duplicate_group", pa.int32()),
    ("duplicate_of", pa.string()),
    ("own_similarity", pa.float32()),
    ("best_other", pa.string()),
    ("best_other_similarity", pa.float32()),
    ("margin", pa.float32()),
    ("own_photo_similarity", pa.float32()),
    ("other_by_photos", pa.string()),
    ("other_photo_similarity", pa.float32()),
    ("verdict", pa.string()),
    ("in_centroid", pa.bool_()),
    ("evidence", pa.string()),
)

#: One row per identity of the bank, also of one without a used photo.
IDENTITIES = pa.schema(
    [
        ("identity", pa.string()),
        ("sets", pa.list_(pa.string())),
        ("photos", pa.int32()),
        ("pictures", pa.int32()),
        ("failed", pa.int32()),
        ("status", pa.string()),
        ("same_as", pa.string()),
        ("accused", pa.int32()),
        ("weak", pa.int32()),
        ("foreign", pa.int32()),
        ("disputed", pa.int32()),
        ("own_similarity", pa.float32()),
        ("own_similarity_min", pa.float32()),
        ("own_photo_similarity", pa.float32()),
        ("kin", pa.string()),
        ("kin_photo_similarity", pa.float32()),
        ("nearest", pa.string()),
        ("nearest_similarity", pa.float32()),
        ("evidence", pa.string()),
    ]
)

#: What is said of an identity none of whose photos could be used.
_EMPTY: Mapping[str, Any] = {
    **dict.fromkeys(IDENTITIES.names),
    "photos": 0,
    "pictures": 0,
    "status": "empty",
    "accused": 0,
    "weak": 0,
    "foreign": 0,
    "disputed": 0,
    "evidence": "none of its photos could be used",
}

#: One row per pair of copies in duplicates.tsv.
DUPLICATE_COLUMNS = (
    "group",
    "photo",
    "copy_of",
    "scope",
    "owner",
    "evidence",
    "hash_distance",
    "displacement",
    "correlation",
)


def names_of(places: NDArray[np.int64], slugs: Sequence[str]) -> list[str | None]:
    """Give the slugs at some places; None for -1."""
    return [slugs[place] if place >= 0 else None for place in places.tolist()]


def centroid_table(slugs: Sequence[str], centroids: NDArray[np.float32]) -> pa.Table:
    """Give the table of centroids: identity, centroid."""
    schema = pa.schema([("identity", pa.string()), ("centroid", pa.list_(pa.float32(), centroids.shape[1]))])
    return pa.table([pa.array(slugs, pa.string()), _vectors(centroids)], schema=schema)


def photo_frame(gallery: Gallery) -> pd.DataFrame:
    """Put together what the gallery says of each of its N photos, in the columns of `PHOTO_FIELDS`."""
    # Who reads tables by their schemas alone need not wait for it.
    import pandas as pd

    bank, matched, judgement = gallery.bank, gallery.matched, gallery.judgement
    photos = bank.faces["photo"].tolist()
    rows = judgement.originals.tolist()
    copy_of = [photos[row] if row != place else None for place, row in enumerate(rows)]
    names = _names_of_pictures(bank)
    others = matched.other_similarities[:, 0]
    added = {
        "duplicate_group": pd.array(_group_numbers(judgement.originals), dtype="Int32"),
        "duplicate_of": copy_of,
        "own_similarity": matched.own,
        "best_other": names_of(matched.others[:, 0], bank.slugs),
        "best_other_similarity": others,
        "margin": matched.own - others,
        "own_photo_similarity": judgement.own,
        "other_by_photos": names_of(judgement.other, bank.slugs),
        "other_photo_similarity": judgement.other_similarity,
        "verdict": list(judgement.verdicts),
        "in_centroid": gallery.counted,
        "evidence": [_evidence(gallery, row, copy_of[row], names) for row in range(len(photos))],
    }
    return pd.concat([bank.faces, pd.DataFrame(added)], axis=1)


def photo_table(photos: pd.DataFrame, embeddings: NDArray[np.float32]) -> pa.Table:
    """Give the table of photos: what `photo_frame` gave, and the embedding (N, D)."""
    table = pa.Table.from_pandas(photos, schema=pa.schema(PHOTO_FIELDS), preserve_index=False)
    vector = pa.field("embedding", pa.list_(pa.float32(), embeddings.shape[1]))
    return table.replace_schema_metadata(None).append_column(vector, _vectors(embeddings))


def identity_rows(
    gallery: Gallery, photos: pd.DataFrame, failures: Sequence[Failure]
) -> list[dict[str, Any]]:
    """Put together what the gallery says of each identity, sorted by slug.

    Parameters
    ----------
    gallery : Gallery
        The gallery.
    photos : DataFrame
        What `photo_frame` gave of it.
    failures : sequence of Failure
        Photos without an embedding; an identity that has no others gets a row all the same.
    """
    bank, confusions = gallery.bank, gallery.confusions
    summed = (
        photos.groupby("identity")
        .agg(
            sets=("set", lambda sets: sorted(set(sets))),
            photos=("set", "size"),
            own_similarity=("own_similarity", "mean"),
            own_similarity_min=("own_similarity", "min"),
            own_photo_similarity=("own_photo_similarity", "median"),
        )
        .loc[list(bank.slugs)]
        .reset_index()
    )
    rows = [{str(key): value for key, value in row.items()} for row in summed.to_dict("records")]
    failed = Counter(failure.identity for failure in failures)
    told = _strangers_told(gallery, photos)
    for place, (row, standing) in enumerate(zip(rows, gallery.standings, strict=True)):
        nearest = int(confusions.nearest[place, 0]) if confusions.nearest.shape[1] else None
        kin = bank.slugs[standing.kin] if standing.kin >= 0 else None
        row |= {
            "pictures": standing.pictures,
            "failed": failed[row["identity"]],
            "status": standing.status,
            "same_as": kin if standing.status == "same-person-as" else None,
            "accused": standing.accused,
            "weak": standing.weak,
            "foreign": standing.foreign,
            "disputed": standing.disputed,
            "kin": kin,
            "kin_photo_similarity": standing.kin_similarity if kin is not None else None,
            "nearest": None if nearest is None else bank.slugs[nearest],
            "nearest_similarity": None if nearest is None else float(confusions.similarities[place, 0]),
            "evidence": "; ".join([*_reason(standing, kin), *told[row["identity"]]]) or None,
        }
    rows += [
        {**_EMPTY, "identity": identity, "sets": sorted(sets), "failed": failed[identity]}
        for identity, sets in _only_failed(bank, failures).items()
    ]
    return sorted(rows, key=lambda row: str(row["identity"]))


def _only_failed(bank: Bank, failures: Sequence[Failure]) -> dict[str, set[str]]:
    """Give the sets of each identity of which no photo could be used."""
    found: dict[str, set[str]] = {}
    for failure in failures:
        if failure.identity and failure.identity not in bank.slugs:
            found.setdefault(failure.identity, set()).add(failure.set)
    return found


def duplicate_rows(gallery: Gallery) -> list[dict[str, Any]]:
    """Describe each pair of copies; the copy is the one that is less of an original."""
    bank, judgement = gallery.bank, gallery.judgement
    names, sets, identities = (bank.faces[name].tolist() for name in ("photo", "set", "identity"))
    numbers = _group_numbers(judgement.originals)
    owners = names_of(judgement.owners, bank.slugs)
    rows = []
    for link in bank.links:
        # The original comes first, then what stands under its owner's name, then what was listed first.
        first, second = sorted(
            (link.first, link.second),
            key=lambda row: (judgement.originals[row] != row, identities[row] != owners[row], row),
        )
        scope = "within identity"
        if identities[first] != identities[second]:
            scope = "across identities"
        elif sets[first] != sets[second]:
            scope = "across sets"
        registration = link.registration
        rows.append(
            {
                "group": numbers[second],
                "photo": names[second],
                "copy_of": names[first],
                "scope": scope,
                "owner": owners[second],
                "evidence": link.evidence,
                "hash_distance": link.hash_distance,
                "displacement": None if registration is None else f"{registration.displacement:.5f}",
                "correlation": None if registration is None else f"{registration.correlation:.5f}",
            }
        )
    return sorted(rows, key=lambda row: (row["group"], row["photo"], row["copy_of"]))


def _group_numbers(originals: NDArray[np.int64]) -> list[int | None]:
    """Give each photo the number of its group, from 1 in order; None for a photo without copies."""
    _, place, sizes = np.unique(originals, return_inverse=True, return_counts=True)
    numbers = np.cumsum(sizes > 1)
    return [int(numbers[group]) if sizes[group] > 1 else None for group in place.tolist()]


def _vectors(matrix: NDArray[np.float32]) -> pa.Array[Any]:
    """Give a matrix (rows, D) as a column of fixed-size lists."""
    return pa.FixedSizeListArray.from_arrays(pa.array(matrix.ravel()), matrix.shape[1])


def _evidence(gallery: Gallery, row: int, original: str | None, names: Mapping[int, list[str]]) -> str | None:
    """Say in words why a photo has its verdict, and whose its picture is; nothing for most of the good."""
    told = [_why(gallery, row, original), _whose(gallery, row, original, names)]
    if any(told):
        told.append("in the centroid" if gallery.counted[row] else "left out of the centroid")
    return "; ".join(filter(None, told)) or None


def _why(gallery: Gallery, row: int, original: str | None) -> str | None:
    """Say in words why a photo has its verdict; nothing for ``ok``."""
    bank, judgement = gallery.bank, gallery.judgement
    verdict, levels = judgement.verdicts[row], judgement.levels
    if verdict == "duplicate":
        return f"a copy of {original}"
    if verdict == "ok" or levels is None:
        return None
    name = bank.slugs[bank.identities[row]]
    own = f"median cosine {judgement.own[row]:.3f} to the other photos of {name}"
    if verdict == "intruder":
        other = bank.slugs[judgement.other[row]]
        return f"{own}, mean cosine {judgement.other_similarity[row]:.3f} to those of {other}"
    if verdict == "outlier":
        return f"{own}; strangers reach {levels.stranger:.3f}"
    return f"{own}; nearer to strangers below {levels.weak:.3f}"


def _whose(gallery: Gallery, row: int, original: str | None, names: Mapping[int, list[str]]) -> str | None:
    """Say in words whose a picture is that does not only stand under the photo's own name."""
    bank, judgement = gallery.bank, gallery.judgement
    owner, own = int(judgement.owners[row]), int(bank.identities[row])
    if owner == own:
        return None
    if owner == UNDECIDED:
        others = ", ".join(name for name in names[int(bank.pictures[row])] if name != bank.slugs[own])
        return f"the picture also stands under {others}, and nothing tells whose it is"
    return f"the picture is {original}, and belongs to {bank.slugs[owner]} by the other photos there"


def _names_of_pictures(bank: Bank) -> dict[int, list[str]]:
    """Give the identities of each picture, sorted."""
    found: dict[int, set[str]] = {}
    for picture, identity in zip(bank.pictures.tolist(), bank.identities.tolist(), strict=True):
        found.setdefault(picture, set()).add(bank.slugs[identity])
    return {picture: sorted(names) for picture, names in found.items()}


def _strangers_told(gallery: Gallery, photos: pd.DataFrame) -> dict[str, list[str]]:
    """Say in words of each identity which of its photos are not, or perhaps not, the person's."""
    bank, owners = gallery.bank, names_of(gallery.judgement.owners, gallery.bank.slugs)
    names = _names_of_pictures(bank)
    told: dict[str, list[str]] = {}
    for slug, members in photos.groupby("identity").groups.items():
        rows = members.tolist()
        elsewhere = sorted({str(owners[row]) for row in rows if owners[row] not in (slug, None)})
        disputed = {name for row in rows if owners[row] is None for name in names[int(bank.pictures[row])]}
        strange = [row for row in rows if photos["verdict"][row] in ACCUSED or owners[row] != slug]
        inside = sum(bool(gallery.counted[row]) for row in strange)
        found = told.setdefault(str(slug), [])
        if elsewhere:
            found.append(f"it holds a picture that belongs to {', '.join(elsewhere)}")
        if disputed:
            others = ", ".join(sorted(disputed - {str(slug)}))
            found.append(f"it shares a picture with {others}, and nothing tells whose it is")
        if strange:
            found.append(f"{inside} of these {len(strange)} photos are in the centroid")
    return told


def _reason(standing: Standing, kin: str | None) -> list[str]:
    """Say in words why an identity has its status; nothing for one without a fault."""
    accused = f"{standing.accused} of {standing.pictures} pictures are outliers or intruders"
    found = [accused] if standing.accused else []
    if standing.contradicting:
        names = ", ".join(standing.contradicting)
        found.append(f"the photos of {names} show one person, the others another")
    if standing.status == "broken" and standing.accompanied:
        found.append(
            f"{standing.accompanied} pictures show the same second person, and nothing tells who of the two"
            " is meant: crop them, or add photos of the person alone and let gallery.face_policy be"
            " closest_to_centroid"
        )
    if standing.status == "thin":
        return [f"{standing.pictures} pictures, too few of which may show the person", *found]
    if standing.status == "scattered":
        return [f"{accused}, {standing.weak} weak"]
    if standing.status == "same-person-as":
        return [f"mean cosine {standing.kin_similarity:.3f} between its photos and those of {kin}", *found]
    return found
