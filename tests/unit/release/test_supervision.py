from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from facebank.artifacts.tables import write_table
from facebank.errors import DataError
from facebank.release.supervision import LabelledFrames, gather_supervision, lay_out, write_supervision
from facebank.report.folders import Folders
from facebank.sources.schemas import SLOTS, VIDEOS
from facebank.supervision.layout import ARRAYS, FOLDER, INDEX, IdentityStatus, SlotStatus, Verdict
from facebank.tracks.interpolation import Status
from unit.comparison.sides import changed
from unit.report.builds import DIMENSION, N_FRAMES, SIZE, SOURCE, VARIANTS_OF_SOURCE, make_build, statuses

if TYPE_CHECKING:
    from pathlib import Path

    from facebank.release.supervision import SupervisionData
    from unit.report.builds import Build


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    return make_build(tmp_path_factory.mktemp("build"))


def laid_out(build: Build, **changes: Any) -> SupervisionData:
    """Lay the small build out again, with rows of one kind changed."""
    variants = pq.read_table(build.folders.inventory_sources / "variants.parquet").to_pylist()
    served = [
        {"variant": row["variant"], "labels": SOURCE, "labelled_on": variants[0]["variant"]}
        for row in variants
    ]
    parts: dict[str, Any] = {
        "variants": variants,
        "served": served,
        "verdicts": [],
        "episodes": [],
        **changes,
    }
    labels = LabelledFrames(
        sources=(SOURCE,),
        frames=np.array([3]),
        sizes=np.array([[96, SIZE]]),
        boxes=np.ones((3, 2, 4), np.float32),
        confidence=np.ones((3, 2), np.float32),
        status=np.zeros((3, 2), np.uint8),
    )
    return lay_out({"ada": [1.0, 0.0], "bob": None}, set(), labels, **parts)


@pytest.mark.parametrize("present", [(), ("gallery",), ("face_labels", "detections")])
def test_every_array_is_there_whatever_was_built(
    build: Build, present: tuple[str, ...], tmp_path: Path
) -> None:
    data = gather_supervision(Folders(**{name: getattr(build.folders, name) for name in present}))
    write_supervision(tmp_path, data)
    assert {path.name for path in (tmp_path / FOLDER).iterdir()} == {INDEX, *(f"{it}.npy" for it in ARRAYS)}
    sizes = json.loads((tmp_path / FOLDER / INDEX).read_text())["sizes"]
    for name, (kind, axes) in ARRAYS.items():
        array = np.load(tmp_path / FOLDER / f"{name}.npy", mmap_mode="r", allow_pickle=False)
        assert array.dtype.str == kind
        assert array.shape == tuple(axis if isinstance(axis, int) else sizes[axis] for axis in axes)
    assert (sizes["identities"] > 0, sizes["frames"] > 0) == ("gallery" in present, "detections" in present)


def test_the_statuses_are_those_of_the_labels() -> None:
    assert [(it.value, it.label) for it in Status] == [(int(it), it.name.lower()) for it in SlotStatus][:-1]


def test_a_whole_build_is_numbered(build: Build) -> None:
    data = gather_supervision(build.folders)
    arrays = data.arrays
    assert data.index["slugs"] == ["ada", "bob", "carl"]
    assert data.index["sources"] == [SOURCE]
    assert data.index["variants"] == list(VARIANTS_OF_SOURCE)
    assert data.index["sizes"]["dimension"] == DIMENSION
    celebs = json.loads((build.folders.gallery / "celeb_embeddings.json").read_text())["celebs"]
    written = np.array([celebs[slug]["centroid"] for slug in data.index["slugs"]], np.float32)
    assert written.any(axis=1).all()
    np.testing.assert_array_equal(arrays["centroids"], written)
    assert arrays["identity_status"].tolist() == [0, 0, IdentityStatus.BROKEN]
    assert arrays["source_frames"].tolist() == [N_FRAMES]
    assert arrays["source_sizes"].tolist() == [[96, SIZE]]
    expected = [[SlotStatus[name.upper()] for name in statuses(slot)] for slot in (0, 1)]
    assert arrays["status"].T.tolist() == expected
    assert arrays["boxes"][0].tolist() == [[10, 10, 30, 35], [50, 10, 70, 35]]
    assert not arrays["boxes"][4, 1].any()
    assert arrays["claims"].tolist() == [[0, 1], [0, 1]]
    assert arrays["target_slots"].tolist() == [1, 1]
    assert arrays["variant_sources"].tolist() == [0, 0]
    assert arrays["verdicts"].tolist() == [
        [Verdict.CONFIRMED, Verdict.CONFIRMED],
        [Verdict.CONFIRMED, Verdict.MISMATCH],
    ]
    assert arrays["excluded"].tolist() == [[False, False], [False, True]]


def test_who_is_perhaps_another_person_is_no_target(build: Build, tmp_path: Path) -> None:
    alike = {"ada": "same-person-as", "bob": "same-person-as"}
    folders = changed(
        build.folders,
        tmp_path,
        {
            ("gallery", "identities.parquet"): lambda row: (
                row | {"status": alike.get(row["identity"], "scattered")}
            )
        },
    )
    status = gather_supervision(folders).arrays["identity_status"].tolist()
    assert status == [IdentityStatus.BROKEN, IdentityStatus.BROKEN, IdentityStatus.SOUND]


def test_a_variant_is_given_the_labels_that_serve_it(build: Build) -> None:
    first, second = VARIANTS_OF_SOURCE
    served = [
        {"variant": first, "labels": "", "labelled_on": ""},
        {"variant": second, "labels": SOURCE, "labelled_on": second},
    ]
    assert laid_out(build, served=served).arrays["variant_sources"].tolist() == [-1, 0]


def test_nobody_is_no_target_where_nobody_is_claimed(build: Build) -> None:
    variants = pq.read_table(build.folders.inventory_sources / "variants.parquet").to_pylist()
    unnamed = [
        {**row, "claims": ["", "ada"], "target": target}
        for row, target in zip(variants, ("", "ada"), strict=True)
    ]
    assert laid_out(build, variants=unnamed).arrays["target_slots"].tolist() == [-1, 1]


def test_the_same_build_gives_the_same_bytes(build: Build, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write_supervision(tmp_path / name, gather_supervision(build.folders))
    for path in (tmp_path / "a" / FOLDER).iterdir():
        assert path.read_bytes() == (tmp_path / "b" / FOLDER / path.name).read_bytes()


def test_who_is_nobody_and_who_is_a_stranger(build: Build) -> None:
    rows = pq.read_table(build.folders.inventory_sources / "variants.parquet").to_pylist()
    rows[0] |= {"claims": ["", "zoe"], "target": "bob"}
    rows[1] |= {"claims": ["ada"], "target": "ada"}
    data = laid_out(build, variants=rows)
    assert data.index["slugs"] == ["ada", "bob", "zoe"]
    assert data.arrays["identity_status"].tolist() == [
        0,
        IdentityStatus.WITHOUT_CENTROID,
        IdentityStatus.NOT_IN_BANK,
    ]
    assert data.arrays["claims"].tolist() == [[-1, 2], [-1, -1]], "one name for two places names nobody"
    assert data.arrays["target_slots"].tolist() == [-1, -1]


def test_frames_of_another_size_get_no_boxes(build: Build) -> None:
    rows = pq.read_table(build.folders.inventory_sources / "variants.parquet").to_pylist()
    rows[1]["width"] += 2
    assert laid_out(build, variants=rows).arrays["variant_sources"].tolist() == [0, -1]


def test_episodes_are_by_their_own_number_not_by_their_place(build: Build) -> None:
    episodes = [
        {"episode_index": index, "variant_name": name}
        for index, name in ((7, VARIANTS_OF_SOURCE[0]), (2, VARIANTS_OF_SOURCE[1]))
    ]
    assert laid_out(build, episodes=episodes).arrays["episodes"].tolist() == [[2, 1], [7, 0]]


def test_a_variant_whose_video_was_rejected_is_known_by_name(build: Build) -> None:
    data = laid_out(build, rejected=["a__var00"])
    assert data.index["variants"] == ["a__var00", *VARIANTS_OF_SOURCE]
    assert data.arrays["variant_sources"].tolist() == [-1, 0, 0]
    assert data.arrays["variant_frames"].tolist() == [-1, N_FRAMES, N_FRAMES]


@pytest.fixture
def two_sources(tmp_path: Path) -> Folders:
    """Write labels of two sources: 2 frames of `b`, then 3 of `a`, each box with its own left side."""
    rows = [
        {**dict.fromkeys(SLOTS.names, 1), "source": source, "frame": frame, "slot": slot, "status": "held"}
        for source, frames in (("b", 2), ("a", 3))
        for frame in range(frames)
        for slot in range(2)
    ]
    write_table(tmp_path / "slots.parquet", [{**row, "x1": n} for n, row in enumerate(rows)], SLOTS)
    sizes = [{**dict.fromkeys(VIDEOS.names), "source": it, "width": 8, "height": 6} for it in "ab"]
    write_table(tmp_path / "videos.parquet", sizes, VIDEOS)
    return Folders(face_labels=tmp_path, detections=tmp_path)


def test_the_labels_of_several_sources_lie_one_after_the_other(two_sources: Folders) -> None:
    data = gather_supervision(two_sources)
    assert data.index["sources"] == ["b", "a"]
    assert data.arrays["source_frames"].tolist() == [2, 3]
    assert data.arrays["source_offsets"].tolist() == [0, 2]
    assert data.arrays["boxes"][..., 0].tolist() == [[0, 1], [2, 3], [4, 5], [6, 7], [8, 9]]


@pytest.mark.parametrize(
    "order",
    [
        [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
        [2, 3, 4, 5, 6, 7, 8, 9],
        [0, 1, 2, 3, 4, 5, 6, 7, 8],
        [0, 2, 1, 3, 4, 5, 6, 7, 8, 9],
        [1, 0, 2, 3, 4, 5, 6, 7, 8, 9],
        [0, 1, 2, 3, 6, 7, 4, 5, 8, 9],
        [0, 1, 4, 5, 2, 3, 6, 7, 8, 9],
        [0, 1, 6, 7, 4, 5, 2, 3, 8, 9],
    ],
    ids=["reversed", "frame lost", "slot lost", "slots first", "slots", "frames", "sources", "of another"],
)
def test_a_table_of_slots_out_of_order_is_refused(two_sources: Folders, order: list[int]) -> None:
    assert two_sources.face_labels is not None
    path = two_sources.face_labels / "slots.parquet"
    write_table(path, pq.read_table(path).take(order), SLOTS)
    with pytest.raises(DataError, match="not in its order"):
        gather_supervision(two_sources)
