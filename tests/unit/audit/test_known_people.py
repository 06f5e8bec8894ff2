from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from facebank.artifacts.tables import write_table
from facebank.audit.known_people import CAUTIOUS, KnownPeople, read_known_people
from facebank.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

TEXT, VECTOR = pa.string(), pa.list_(pa.float32(), 8)


def read(
    folder: Path, statuses: dict[str, str], *, photos: int, more: Sequence[dict[str, Any]] = ()
) -> KnownPeople:
    """Write a gallery with so many photos of each identity and some more, and read it."""
    rng = np.random.default_rng(4)
    centres = {name: np.eye(8, dtype=np.float32)[place] for place, name in enumerate(statuses)}
    rows = []
    for name, centre in centres.items():
        for _ in range(photos):
            vector = centre + rng.uniform(0, 0.2, 8)
            vector /= np.linalg.norm(vector)
            rows.append({"identity": name, "verdict": "ok", "duplicate_group": None, "embedding": vector})
    rows = [{"in_centroid": True, **row} for row in [*rows, *more]]
    name = pa.field("identity", TEXT)
    centroids = [{"identity": slug, "centroid": centre} for slug, centre in centres.items()]
    identities = [{"identity": slug, "status": status} for slug, status in statuses.items()]
    group = pa.field("duplicate_group", pa.int32())
    counted = pa.field("in_centroid", pa.bool_())
    photo_columns = [name, pa.field("verdict", TEXT), counted, group, pa.field("embedding", VECTOR)]
    write_table(folder / "photos.parquet", rows, pa.schema(photo_columns))
    write_table(folder / "centroids.parquet", centroids, pa.schema([name, pa.field("centroid", VECTOR)]))
    write_table(folder / "identities.parquet", identities, pa.schema([name, pa.field("status", TEXT)]))
    return read_known_people(folder)


def test_a_gallery_without_centroids_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no centroid"):
        read(tmp_path, {}, photos=0)


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"centroids\.parquet"):
        read_known_people(tmp_path)


def test_unsound_identities_are_known_and_not_used(tmp_path: Path) -> None:
    statuses = {"d": "sound", "b": "broken", "c": "same-person-as", "a": "thin"}
    people = read(tmp_path, statuses, photos=8)
    assert people.slugs == ("a", "b", "c", "d")
    assert people.usable == (True, False, False, True)
    assert people.levels.comparisons == 16
    assert 0 < people.levels.similarity < 0.4


@pytest.mark.parametrize("verdict", ["intruder", "outlier"])
@pytest.mark.parametrize("left_out", [False, True])
def test_nobody_is_known_by_photos_that_the_gallery_accuses(
    tmp_path: Path, verdict: str, left_out: bool
) -> None:
    accused = {"identity": "a", "verdict": verdict, "duplicate_group": None, "embedding": np.eye(8)[7]}
    weak = {**accused, "verdict": "weak", "embedding": np.eye(8)[1], "in_centroid": not left_out}
    people = read(tmp_path, dict.fromkeys("abc", "sound"), photos=8, more=[accused, weak])
    photos = pq.read_table(tmp_path / "photos.parquet").to_pylist()[:8]
    vectors = [row["embedding"] for row in photos] + ([] if left_out else [weak["embedding"]])
    mean = np.mean(vectors, axis=0)
    np.testing.assert_allclose(people.centroids[0], mean / np.linalg.norm(mean), atol=1e-6)
    # The others are what the gallery says, however it estimated them.
    np.testing.assert_array_equal(people.centroids[1:], np.eye(8)[1:3])


def test_who_has_accused_photos_alone_keeps_their_centroid(tmp_path: Path) -> None:
    accused = {"identity": "a", "verdict": "outlier", "duplicate_group": None, "embedding": np.eye(8)[7]}
    people = read(tmp_path, {"a": "broken"}, photos=0, more=[accused])
    assert people.usable == (False,)
    np.testing.assert_array_equal(people.centroids[0], np.eye(8)[0])


@pytest.mark.parametrize("verdict", ["intruder", "outlier", "duplicate", "weak"])
def test_photos_that_are_not_good_show_no_level(tmp_path: Path, verdict: str) -> None:
    photo = {"identity": "a", "verdict": verdict, "duplicate_group": None, "embedding": np.eye(8)[1]}
    people = read(tmp_path, dict.fromkeys("abcd", "sound"), photos=8, more=[photo])
    assert people.levels.similarity < 0.4
    assert people.levels.comparisons == (24 if verdict in {"intruder", "outlier"} else 32)


@pytest.mark.parametrize(
    ("verdicts", "group", "comparisons"),
    [(("ok", "intruder"), None, 24), (("ok", "duplicate"), 7, 16), (("ok", "ok"), 7, 16)],
)
def test_who_holds_anothers_picture_is_no_stranger_to_that_person(
    tmp_path: Path, verdicts: tuple[str, str], group: int | None, comparisons: int
) -> None:
    more = [
        {"identity": name, "verdict": verdict, "duplicate_group": group, "embedding": np.eye(8)[1]}
        for name, verdict in zip("ba", verdicts, strict=True)
    ]
    people = read(tmp_path, dict.fromkeys("abcd", "sound"), photos=8, more=more)
    assert people.usable == (True,) * 4
    assert people.levels.similarity < 0.4
    assert people.levels.comparisons == comparisons + (group is None)


def test_who_holds_a_picture_of_their_own_twice_is_a_stranger_to_others(tmp_path: Path) -> None:
    more = [
        {"identity": "a", "verdict": verdict, "duplicate_group": 7, "embedding": np.eye(8)[0]}
        for verdict in ("ok", "duplicate")
    ]
    people = read(tmp_path, dict.fromkeys("abcd", "sound"), photos=8, more=more)
    assert people.levels.comparisons == 33


def test_where_everybody_holds_anothers_picture_all_photos_count(tmp_path: Path) -> None:
    more = [
        {"identity": name, "verdict": "duplicate", "duplicate_group": 7, "embedding": np.eye(8)[0]}
        for name in "ab"
    ]
    assert read(tmp_path, {"a": "sound", "b": "sound"}, photos=8, more=more).levels.comparisons == 16


@pytest.mark.parametrize(("statuses", "photos"), [({"a": "sound"}, 30), ({"a": "sound", "b": "thin"}, 2)])
def test_too_little_makes_the_levels_cautious(tmp_path: Path, statuses: dict[str, str], photos: int) -> None:
    assert read(tmp_path, statuses, photos=photos).levels == CAUTIOUS


def test_numbers_and_names(tmp_path: Path) -> None:
    people = read(tmp_path, {"b": "sound", "a": "sound"}, photos=1)
    assert [people.number(slug) for slug in ("a", "b", "z")] == [0, 1, -1]
    assert [people.name(number) for number in (0, 1, -1)] == ["a", "b", ""]
