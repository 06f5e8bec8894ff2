from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pyarrow.parquet as pq
import pytest

from clips import PACK, Clip, encode
from facebank.artifacts.tables import read_tsv
from facebank.bank.forgotten import Forgotten, write_forgotten
from facebank.errors import DataError
from facebank.faces.boxes import iou_matrix
from facebank.keyframes.detection import detect_video
from facebank.sources.discovery import CAMERA
from facebank.sources.findings import with_defaults
from facebank.stages.collect_detections import collect_detections
from facebank.stages.detect_keyframes import detect_keyframes
from facebank.stages.index_sources import index_sources
from facebank.stages.interpolate_labels import interpolate_labels

if TYPE_CHECKING:
    from pathlib import Path

PEOPLE = ("centre", "left", "tall")


def indexed(base: Path, counts: dict[str, int]) -> Path:
    """Record and index plain videos of so many frames."""
    for name, count in counts.items():
        encode(base / "root" / f"{name}.mp4", Clip(PEOPLE, count, {}).pictures())
    index_sources(root=base / "root", output_dir=base / "S")
    return base


def detect(base: Path, output: str = "shard.parquet", **settings: Any) -> list[dict[str, Any]]:
    """Detect; give the rows."""
    detect_keyframes(
        root=base / "root",
        pack=settings.pop("pack", PACK),
        output=base / output,
        cache=base / settings.pop("cache", "cache"),
        **settings,
    )
    return pq.read_table(base / output).to_pylist()


@pytest.mark.parametrize(
    ("count", "keyframes"),
    [(1, [0]), (2, [0, 1]), (11, [0, 5, 10]), (12, [0, 5, 10, 11]), (16, [0, 5, 10, 15])],
)
def test_keyframes_are_every_fifth_frame_and_the_last(
    tmp_path: Path, count: int, keyframes: list[int]
) -> None:
    (row,) = detect(indexed(tmp_path, {"a": count}))
    assert row["keyframes"] == keyframes
    assert len(row["pts"]) == count
    assert len(row["thumbnails"]) == len(keyframes)
    assert row["problem"] == ""


def test_real_faces_are_found_where_they_are(tmp_path: Path) -> None:
    (row,) = detect(indexed(tmp_path, {"a": 2}))
    assert row["faces"] == [3, 3]
    truth = [Clip(PEOPLE, 2, {}).box(slot) for slot in range(3)]
    overlaps = iou_matrix(np.array(row["boxes"][:3]), np.array(truth))
    assert overlaps.max(axis=0).min() > 0.8


def test_nothing_but_the_content_decides_the_bytes(tmp_path: Path) -> None:
    base = indexed(tmp_path, {"a": 12, "b": 7, "c": 3})
    detect(base)
    first = (base / "shard.parquet").read_bytes()
    detect(base, "again.parquet")
    assert (base / "again.parquet").read_bytes() == first
    detect(base, "fresh.parquet", cache="other", threads=2)
    assert (base / "fresh.parquet").read_bytes() == first
    parts = [
        row["source"] for shard in range(3) for row in detect(base, "part.parquet", shard=shard, shards=3)
    ]
    assert sorted(parts) == ["a", "b", "c"]


def test_the_cache_spares_the_video(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base = indexed(tmp_path, {"a": 3})
    rows = detect(base)
    monkeypatch.setattr(
        "facebank.keyframes.source_detection.detect_video", lambda *_, **__: pytest.fail("decoded")
    )
    assert detect(base) == rows


def test_the_cache_knows_how_a_model_is_read_and_by_what(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = indexed(tmp_path, {"a": 3})
    detect(base)
    every_box = shutil.copytree(PACK, tmp_path / "pack")
    contract = (every_box / "pack.yaml").read_text(encoding="utf-8")
    assert "nms_threshold: 0.4\n" in contract
    (every_box / "pack.yaml").write_text(contract.replace("nms_threshold: 0.4", "nms_threshold: 0.99"))
    (row,) = detect(base, pack=every_box)
    assert min(row["faces"]) > 3
    assert [row] == detect(base, pack=every_box, cache="other")
    monkeypatch.setattr("facebank.keyframes.source_detection.detect_video", lambda *_, **__: 1 / 0)
    for name in ("runtime_versions", "stage_digest"):
        with monkeypatch.context() as changed, pytest.raises(ZeroDivisionError):
            changed.setattr(f"facebank.stages.detect_keyframes.{name}", lambda *_: {"another": "0"})
            detect(base)


def test_a_video_that_is_replaced_while_it_is_looked_at_leaves_nothing_in_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = indexed(tmp_path, {"a": 3})
    video = base / "root" / "a.mp4"
    first = video.read_bytes()

    def replaced(path: Path, *given: Any, **options: Any) -> Any:
        encode(path, Clip(PEOPLE, 4, {}).pictures())
        return detect_video(path, *given, **options)

    with monkeypatch.context() as patch:
        patch.setattr("facebank.keyframes.source_detection.detect_video", replaced)
        with pytest.raises(DataError, match="another one than was indexed"):
            detect(base)
    video.write_bytes(first)
    (row,) = detect(base)
    assert len(row["pts"]) == 3


def test_another_video_than_was_indexed_is_an_error_when_shards_are_collected(tmp_path: Path) -> None:
    base = indexed(tmp_path, {"a": 3})
    encode(base / "root" / "a.mp4", Clip(PEOPLE, 4, {}).pictures())
    detect(base)
    with pytest.raises(DataError, match="the source a once, with the videos of the inventory"):
        collect_detections(
            shards=(base / "shard.parquet",),
            variants=base / "S" / "variants.parquet",
            pack=PACK,
            output_dir=base / "D",
        )


def test_the_representative_is_the_one_that_the_inventory_chooses(tmp_path: Path) -> None:
    for name in ("a__var00", "a__var01"):
        encode(tmp_path / "root" / f"{name}.mp4", Clip(PEOPLE, 3, {}).pictures())
    (tmp_path / "root" / "a__var00.mp4").write_bytes(b"no video")
    index_sources(root=tmp_path / "root", output_dir=tmp_path / "S")
    (row,) = detect(tmp_path)
    (listed,) = pq.read_table(tmp_path / "S" / "sources.parquet").to_pylist()
    assert row["variant"] == listed["representative"] == "a__var01"


def test_the_representative_has_as_many_frames_as_most_variants(tmp_path: Path) -> None:
    for name, count in {"a__var00": 4, "a__var01": 3, "a__var02": 3}.items():
        encode(tmp_path / "root" / f"{name}.mp4", Clip(PEOPLE, count, {}).pictures())
    index_sources(root=tmp_path / "root", output_dir=tmp_path / "S")
    rows = detect(tmp_path, threads=2)
    assert [(row["source"], row["variant"]) for row in rows] == [("a", "a__var01"), ("a__var00", "a__var00")]
    (listed,) = pq.read_table(tmp_path / "S" / "sources.parquet").to_pylist()
    assert listed["representative"] == "a__var01"
    label(tmp_path)
    assert sorted(served(tmp_path)) == [
        ("a__var00", "a__var00", "a__var00"),
        ("a__var01", "a", "a__var01"),
        ("a__var02", "a", "a__var01"),
    ]


def spoil_the_end(video: Path) -> None:
    """Make the last tenth of a video's data nonsense; header and index stand before it."""
    data = bytearray(video.read_bytes())
    start = len(data) * 9 // 10
    data[start:] = b"\xff" * (len(data) - start)
    video.write_bytes(data)


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        ({}, "a__var00"),
        ({"aliases": {"ann": "anna"}}, "a__var01"),
        ({"aliases": {"ann": "anna"}, "forgotten": ("ann", "anna")}, "a__var00"),
    ],
)
def test_whom_names_mean_is_the_same_as_in_the_inventory(
    tmp_path: Path, names: dict[str, Any], chosen: str
) -> None:
    for number, people in enumerate((("ann", "anna"), ("anna", "bert"))):
        folder = tmp_path / "root" / f"a__var0{number}"
        video = folder / "videos/observation.images.camera1/chunk-000/file-000.mp4"
        encode(video, Clip(PEOPLE, 3, {}).pictures())
        (folder / "augmentation.json").write_text(json.dumps({"new_layout_camera_lmr": [*people]}))
    forgotten = tmp_path / "f.tsv"
    write_forgotten(forgotten, "anna", Forgotten(frozenset(names.pop("forgotten", ()))))
    given = {
        "letters": {"ann": "ann", "anna": "anna", "bert": "bert"},
        "findings": with_defaults({"letter_twice": "error"}),
        "forgotten": forgotten,
        **names,
    }
    index_sources(root=tmp_path / "root", output_dir=tmp_path / "S", **given)
    (source,) = pq.read_table(tmp_path / "S" / "sources.parquet").to_pylist()
    (row,) = detect(tmp_path, **given)
    assert (source["representative"], row["variant"]) == (chosen, chosen)


def test_the_next_variant_stands_in_for_one_that_breaks_off_late(tmp_path: Path) -> None:
    """Its packets are all there, so the inventory cannot know."""
    for name in ("a__var00", "a__var01"):
        options = {"movflags": "faststart"}
        encode(tmp_path / "root" / f"{name}.mp4", Clip(PEOPLE, 31, {}).pictures(), options=options)
    spoil_the_end(tmp_path / "root" / "a__var00.mp4")
    index_sources(root=tmp_path / "root", output_dir=tmp_path / "S")
    assert pq.read_table(tmp_path / "S" / "sources.parquet")["representative"].to_pylist() == ["a__var00"]
    detect(tmp_path)
    label(tmp_path)
    assert pq.read_table(tmp_path / "D" / "videos.parquet")["variant"].to_pylist() == ["a__var01"]
    (rejected,) = read_tsv(tmp_path / "D" / "rejected.tsv")
    assert (rejected["file"], rejected["reason"]) == ("a__var00.mp4", "UNREADABLE_VIDEO")
    assert served(tmp_path) == [("a__var00", "a", "a__var01"), ("a__var01", "a", "a__var01")]


def label(base: Path, **settings: Any) -> None:
    """Collect the shard and label."""
    variants = base / "S" / "variants.parquet"
    collect_detections(
        shards=(base / "shard.parquet",), variants=variants, pack=PACK, output_dir=base / "D", **settings
    )
    interpolate_labels(detections=base / "D", variants=variants, output_dir=base / "L")


def served(base: Path) -> list[tuple[str, str, str]]:
    """Tell which labels serve each variant, and whose video they are from."""
    rows = read_tsv(base / "L" / "variants.tsv")
    return [(row["variant"], row["labels"], row["labelled_on"]) for row in rows]


@pytest.fixture(scope="module")
def shifted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Record a source whose third variant has its faces 40 px farther right, and one whose variants agree."""
    base = tmp_path_factory.mktemp("shifted")
    for name, shift in {"a__var00": 0, "a__var01": 2, "a__var02": 40, "b__var00": 0, "b__var01": 2}.items():
        pictures = (np.roll(picture, shift, axis=1) for picture in Clip(PEOPLE, 11, {}).pictures())
        encode(base / "root" / f"{name}.mp4", pictures)
    index_sources(root=base / "root", output_dir=base / "S")
    return base


def test_a_source_whose_representative_does_not_fit_is_labelled_by_variant(shifted: Path) -> None:
    detect(shifted)
    label(shifted)
    assert served(shifted) == [
        *((f"a__var0{number}", f"a__var0{number}", f"a__var0{number}") for number in range(3)),
        *((f"b__var0{number}", "b", "b__var00") for number in range(2)),
    ]
    files = sorted(path.name for path in (shifted / "L").glob("*.face_labels.json"))
    assert files == [f"{name}.face_labels.json" for name in ("a__var00", "a__var01", "a__var02", "b")]
    truth = Clip(PEOPLE, 11, {}).box(0)
    for number, shift in enumerate((0, 2, 40)):
        document = json.loads((shifted / "L" / f"a__var0{number}.face_labels.json").read_text())
        assert document["source_episode"] == document["representative_variant"] == f"a__var0{number}"
        moved = truth + np.array([shift, 0, shift, 0])
        assert iou_matrix(np.array([document["frames"][3]["slots"][0]["box"]]), moved[None])[0, 0] > 0.8
    a, b = read_tsv(shifted / "D" / "representatives.tsv")
    assert (a["labelled_on"], a["compared"]) == ("each variant", "a__var01 a__var02")
    assert float(a["min_overlap"]) < 0.5 < float(a["median_overlap"])
    assert (b["labelled_on"], b["compared"]) == ("b__var00", "b__var01")
    assert float(b["min_overlap"]) > 0.85
    assert pq.read_table(shifted / "D" / "videos.parquet")["source_episode"].to_pylist() == [*"aaab"]


@pytest.mark.parametrize(
    "settings",
    [{"fallback": "none"}, {"compared_variants": 0}, {"min_overlap": 0.1, "max_size_ratio": 2.0}],
)
def test_the_fallback_is_as_the_config_says(shifted: Path, settings: dict[str, Any]) -> None:
    rows = detect(shifted, **settings)
    assert [(row["source"], row["variant"]) for row in rows] == [("a", "a__var00"), ("b", "b__var00")]


@pytest.mark.parametrize("fallback", ["per_variant", "none"])
def test_a_source_keeps_its_labels_where_a_face_is_missed_in_its_representative_alone(
    tmp_path: Path, fallback: Literal["per_variant", "none"], capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(3):
        clip = Clip(PEOPLE, 11, {})
        pictures = [picture.copy() for picture in clip.pictures()]
        if not number:
            x1, y1, x2, y2 = clip.box(0).astype(int)
            for picture in pictures:
                picture[y1:y2, x1:x2] = 90
        folder = tmp_path / "root" / f"a__var0{number}"
        encode(folder / "videos" / CAMERA / "chunk-000" / "file-000.mp4", pictures)
        (folder / "augmentation.json").write_text(json.dumps({"new_layout_camera_lmr": "XYZ"}))
    index_sources(root=tmp_path / "root", output_dir=tmp_path / "S")
    detect(tmp_path, fallback=fallback)
    label(tmp_path, fallback=fallback)
    names = [f"a__var0{number}" for number in range(3)]
    assert [row[1] for row in served(tmp_path)] == (names if fallback == "per_variant" else ["a"] * 3)
    problems = {row["source"]: row["problem"] for row in read_tsv(tmp_path / "L" / "coverage.tsv")}
    if fallback == "none":
        assert problems == {"a": "FEWER_PLACES_THAN_SLOTS"}
    else:
        assert problems == {names[0]: "FEWER_PLACES_THAN_SLOTS", names[1]: "", names[2]: ""}
    assert "; labels without a box: 1 (1 FEWER_PLACES_THAN_SLOTS)" in capsys.readouterr().out


def test_the_fallback_is_the_same_whatever_the_cache_holds(shifted: Path) -> None:
    detect(shifted)
    first = (shifted / "shard.parquet").read_bytes()
    detect(shifted, "fresh.parquet", cache="other", threads=2)
    assert (shifted / "fresh.parquet").read_bytes() == first


@pytest.fixture(scope="module")
def uneven(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Record a source of which one variant is longer, one larger, and one longer and broken at its end."""
    base = tmp_path_factory.mktemp("uneven")
    for name, count in {
        "a__var00": 11,
        "a__var01": 16,
        "a__var02": 11,
        "a__var03": 31,
        "a__var04": 11,
    }.items():
        pictures = Clip(PEOPLE, count, {}).pictures()
        if name == "a__var02":
            pictures = (np.pad(picture, ((0, 0), (0, 64), (0, 0))) for picture in pictures)
        encode(base / "root" / f"{name}.mp4", pictures, options={"movflags": "faststart"})
    spoil_the_end(base / "root" / "a__var03.mp4")
    index_sources(root=base / "root", output_dir=base / "S")
    return base


def test_a_variant_of_other_frames_is_labelled_by_itself_and_the_others_are_not(
    uneven: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = detect(uneven)
    label(uneven)
    listed = {row["variant"]: row for row in read_tsv(uneven / "L" / "variants.tsv")}
    assert {name: (row["labels"], row["labelled_on"], row["reason"]) for name, row in listed.items()} == {
        "a__var00": ("a", "a__var00", ""),
        "a__var01": ("a__var01", "a__var01", "LENGTH_DIFFERS"),
        "a__var02": ("a__var02", "a__var02", "SIZE_DIFFERS"),
        "a__var03": ("", "", "LENGTH_DIFFERS"),
        "a__var04": ("a", "a__var00", ""),
    }
    for name, frames, width in (("a", 11, 640), ("a__var01", 16, 640), ("a__var02", 11, 704)):
        document = json.loads((uneven / "L" / f"{name}.face_labels.json").read_text())
        assert (document["n_frames"], len(document["frames"])) == (frames, frames)
        assert document["image_width"] == width
        assert document["frames"][frames - 1]["n_visible_faces"] == 3
    (rejected,) = read_tsv(uneven / "D" / "rejected.tsv")
    assert rejected["file"] == "a__var03.mp4"
    assert rejected["remedy"].endswith("Until then it has no labels.")
    (source,) = read_tsv(uneven / "D" / "representatives.tsv")
    assert (source["labelled_on"], source["by_themselves"]) == ("a__var00", "2")
    assert source["compared"] == "a__var04"
    summary = json.loads((uneven / "D" / "summary.json").read_text())
    assert (summary["sources"], summary["per_variant"], summary["by_themselves"]) == (1, [], 2)
    summary = json.loads((uneven / "L" / "summary.json").read_text())
    assert (summary["sources"], summary["label_sets"], summary["frames"]) == (1, 3, 38)
    assert summary["by_themselves"] == {"LENGTH_DIFFERS": 1, "SIZE_DIFFERS": 1}
    assert summary["without_labels"] == {"LENGTH_DIFFERS": 1}
    told = capsys.readouterr().out
    assert "1 sources, 3 videos (2 for one variant alone), " in told
    assert "; variants labelled by themselves: 2 (1 LENGTH_DIFFERS, 1 SIZE_DIFFERS)" in told
    assert "; variants without labels: 1 (1 LENGTH_DIFFERS)" in told

    spoilt: list[str] = []

    def again(path: Path, *_: object, **__: object) -> None:
        spoilt.append(path.name)
        raise DataError("The video breaks off", file=path, expected="more", found="less")

    # What has been found is kept; what broke off is tried again.
    monkeypatch.setattr("facebank.keyframes.source_detection.detect_video", again)
    assert [row["source"] for row in detect(uneven)] == [row["source"] for row in rows]
    assert spoilt == ["a__var03.mp4"]


def test_variants_of_other_frames_have_no_labels_where_the_config_says_so(uneven: Path) -> None:
    (row,) = detect(uneven, "none.parquet", fallback="none")
    assert (row["source"], row["variant"]) == ("a", "a__var00")


def test_a_variant_of_other_frames_can_be_refused_instead(uneven: Path) -> None:
    rows = detect(uneven, "refused.parquet", findings={"length_differs": "error"})
    assert [row["source"] for row in rows] == ["a", "a__var02"]
