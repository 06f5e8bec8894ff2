from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from clips import encode, set_matrix
from facebank.artifacts.tables import read_tsv
from facebank.bank.forgotten import Forgotten, write_forgotten
from facebank.errors import DataError
from facebank.media.readers import DirectReader
from facebank.sources.discovery import CAMERA
from facebank.sources.findings import Severity
from facebank.stages.index_sources import index_sources
from lerobot_datasets import write_dataset

if TYPE_CHECKING:
    from pathlib import Path


def write(root: Path, name: str, *, frames: int = 7, augmentation: dict[str, Any] | None = None) -> Path:
    """Make a variant's folder with a small grey video."""
    picture = np.full((48, 64, 3), 90, np.uint8)
    video = encode(root / name / "videos" / CAMERA / "chunk-000" / "file-000.mp4", [picture] * frames)
    (root / name / "meta").mkdir()
    (root / name / "meta" / "info.json").write_text(json.dumps({"total_frames": 7}))
    if augmentation is not None:
        (root / name / "augmentation.json").write_text(json.dumps(augmentation))
    return video


def rows(folder: Path, name: str) -> list[dict[str, Any]]:
    """Read a table."""
    return pq.read_table(folder / f"{name}.parquet").to_pylist()


def index(
    root: Path, output: Path
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[tuple[str, str]]]:
    """Index; give sources, variants and findings."""
    index_sources(root=root, output_dir=output, letters={"A": "anna", "B": "bert"})
    findings = [(row["variant"], row["code"]) for row in read_tsv(output / "findings.tsv")]
    return rows(output, "sources"), rows(output, "variants"), findings


def test_both_forms_of_claims(tmp_path: Path) -> None:
    root = tmp_path / "root"
    layout = {"new_layout_camera_lmr": "BA", "n_frames": 7, "new_target_short": "bert"}
    write(root, "a__t3_0000_v00", augmentation=layout)
    write(root, "b__var00", augmentation={"pid_to_celeb": {"0": "anna", "1": "bert"}, "n_frames": 7})
    corners = {"0": [[300, 0]] * 4, "1": [[100, 0]] * 4}
    (root / "b__var00" / "portrait_corners.json").write_text(json.dumps(corners))
    sources, variants, findings = index(root, tmp_path / "S")
    assert [row["claims"] for row in variants] == [["bert", "anna"], ["bert", "anna"]]
    assert [row["target"] for row in variants] == ["bert", ""]
    assert [row["slots"] for row in sources] == [2, 2]
    assert findings == []


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        ({"max_pixels": 64 * 48 - 1}, "TOO_MANY_PIXELS"),
        ({"max_frames": 7}, "TOO_MANY_FRAMES"),
        ({"max_bytes": 3000}, "TOO_MANY_BYTES"),
    ],
)
def test_a_video_beyond_a_limit_is_rejected(tmp_path: Path, limits: dict[str, int], reason: str) -> None:
    pictures = np.random.default_rng(0).integers(0, 255, (8, 48, 64, 3), np.uint8)
    encode(tmp_path / "root/good.mp4", np.full((1, 32, 32, 3), 90, np.uint8))
    encode(tmp_path / "root/bad.mp4", pictures)
    index_sources(root=tmp_path / "root", output_dir=tmp_path / "S", **limits)
    (row,) = read_tsv(tmp_path / "S/rejected.tsv")
    assert (row["file"], row["reason"]) == ("bad.mp4", reason)
    # What is not read has no digest.
    assert bool(row["sha256"]) == (reason != "TOO_MANY_BYTES")
    assert [row["source"] for row in rows(tmp_path / "S", "sources")] == ["good"]


def test_a_target_that_aliases_put_into_two_slots_is_none(tmp_path: Path) -> None:
    write(tmp_path / "root", "a__var00", augmentation={"new_layout_camera_lmr": "AB", "target_celeb": "bert"})
    for number, aliases in enumerate(({}, {"anna": "bert"})):
        index_sources(
            root=tmp_path / "root",
            output_dir=tmp_path / str(number),
            letters={"A": "anna", "B": "bert"},
            aliases=aliases,
        )
    (one,), (other,) = (rows(tmp_path / str(number), "variants") for number in (0, 1))
    assert (one["claims"], one["target"]) == (["anna", "bert"], "bert")
    assert (other["claims"], other["target"]) == (["bert", "bert"], "")


def test_the_places_of_the_portraits_may_stand_in_the_recording(tmp_path: Path) -> None:
    root = tmp_path / "root"
    write(root, "b__var00", augmentation={"src_episode": "b", "pid_to_celeb": {"0": "anna", "1": "bert"}})
    write(root, "b")
    (root / "b" / "portrait_corners.json").write_text(json.dumps({"0": [[300, 0]], "1": [[100, 0]]}))
    sources, variants, findings = index(root, tmp_path / "S")
    assert [(row["variant"], row["base"], row["representative"]) for row in variants] == [
        ("b__var00", False, True),
        ("b", True, False),
    ]
    assert variants[0]["claims"] == ["bert", "anna"]
    assert (sources[0]["source"], sources[0]["representative"], sources[0]["variants"]) == (
        "b",
        "b__var00",
        2,
    )
    assert findings == []


def test_the_first_readable_variant_stands_for_its_source(tmp_path: Path) -> None:
    root = tmp_path / "root"
    for name in ("a__var00", "a__var01", "a__var02"):
        write(root, name, augmentation={"pid_to_celeb": {"0": "anna"}, "n_frames": 7})
    video = root / "a__var00" / "videos" / CAMERA / "chunk-000" / "file-000.mp4"
    video.write_bytes(video.read_bytes()[:700])
    (root / "a__var02" / "videos" / CAMERA / "chunk-000" / "file-000.mp4").write_bytes(b"")
    sources, variants, _ = index(root, tmp_path / "S")
    assert [row["variant"] for row in variants] == ["a__var01"]
    assert sources[0]["representative"] == "a__var01"
    rejected = [(row["file"][:8], row["reason"]) for row in read_tsv(tmp_path / "S" / "rejected.tsv")]
    assert rejected == [("a__var00", "UNREADABLE_VIDEO"), ("a__var02", "EMPTY")]


@pytest.mark.parametrize(
    ("frames", "representative", "differ"),
    [
        ((7,), 0, []),
        ((7, 5), 0, [1]),
        ((5, 7, 7), 1, [0]),
        ((5, 7, 5, 7), 0, [1, 3]),
        ((5, 6, 7, 7), 2, [0, 1]),
    ],
)
def test_the_representative_is_as_long_as_most_variants_are(
    tmp_path: Path, frames: tuple[int, ...], representative: int, differ: list[int]
) -> None:
    root = tmp_path / "root"
    for number, count in enumerate(frames):
        write(root, f"a__var0{number}", frames=count, augmentation={"pid_to_celeb": {"0": "anna"}})
    ((source,), variants, findings) = index(root, tmp_path / "S")
    assert source["representative"] == f"a__var0{representative}"
    assert [row["variant"] for row in variants if row["representative"]] == [source["representative"]]
    assert sorted(row["variant"] for row in variants) == [f"a__var0{it}" for it in range(len(frames))]
    assert [name for name, code in findings if code == "LENGTH_DIFFERS"] == [f"a__var0{it}" for it in differ]
    severities: dict[str, Severity] = {"length_differs": "error"}
    index_sources(root=root, output_dir=tmp_path / "E", findings=severities)
    rejected = [row["file"] for row in read_tsv(tmp_path / "E" / "rejected.tsv")]
    assert rejected == [f"a__var0{it}" for it in differ]


def test_a_variant_that_is_refused_has_no_say_in_how_long_the_representative_is(tmp_path: Path) -> None:
    root = tmp_path / "root"
    for number, (count, letters) in enumerate([(5, "AZ"), (5, "AZ"), (7, "AB")]):
        write(root, f"a__var0{number}", frames=count, augmentation={"new_layout_camera_lmr": letters})
    severities: dict[str, Severity] = {"unknown_letter": "error"}
    index_sources(root=root, output_dir=tmp_path / "S", letters={"A": "a", "B": "b"}, findings=severities)
    (source,) = rows(tmp_path / "S", "sources")
    assert (source["representative"], source["variants"]) == ("a__var02", 1)


def test_a_video_that_lost_its_end_is_rejected(tmp_path: Path) -> None:
    picture = np.random.default_rng(0).integers(0, 255, (48, 64, 3), dtype=np.uint8)
    root = tmp_path / "root"
    cut = encode(root / "cut.mp4", [picture] * 40, options={"movflags": "faststart"})
    cut.write_bytes(cut.read_bytes()[:-300])
    encode(root / "whole.mp4", [picture] * 4)
    _, variants, _ = index(root, tmp_path / "S")
    assert [row["variant"] for row in variants] == ["whole"]
    (rejected,) = read_tsv(tmp_path / "S" / "rejected.tsv")
    assert (rejected["file"], rejected["reason"]) == ("cut.mp4", "TRUNCATED_VIDEO")


def test_disagreements_are_findings(tmp_path: Path) -> None:
    root = tmp_path / "root"
    write(
        root, "a__var00", augmentation={"pid_to_celeb": {"0": "anna"}, "n_frames": 9, "target_celeb": "carl"}
    )
    write(root, "a__var01", frames=5, augmentation={"new_layout_camera_lmr": "AZ"})
    write(root, "a__var02")
    write(root, "a__var03", augmentation={"new_layout_camera_lmr": "A"})
    (root / "a__var03" / "augmentation.json").write_text("{")
    _, variants, findings = index(root, tmp_path / "S")
    assert [row["claims"] for row in variants] == [["anna"], ["anna", ""], [], []]
    assert findings == [
        ("a__var00", "PORTRAIT_ORDER_ASSUMED"),
        ("a__var00", "TARGET_NOT_CLAIMED"),
        ("a__var00", "FRAME_COUNT"),
        ("a__var01", "UNKNOWN_LETTER"),
        ("a__var01", "FRAME_COUNT"),
        ("a__var01", "LENGTH_DIFFERS"),
        ("a__var02", "NO_AUGMENTATION"),
        ("a__var03", "UNREADABLE_METADATA"),
    ]


@pytest.mark.parametrize(("matrix", "found"), [((1, 0, 0, 1), []), ((-1, 0, 0, -1), [("a", "ROTATED")])])
def test_a_video_that_asks_to_be_turned_is_a_finding(
    tmp_path: Path, matrix: tuple[int, ...], found: list[tuple[str, str]]
) -> None:
    set_matrix(encode(tmp_path / "root/a.mp4", [np.full((48, 64, 3), 90, np.uint8)] * 4), matrix)
    assert index(tmp_path / "root", tmp_path / "S")[2] == found


def test_a_variant_that_is_turned_otherwise_is_a_finding(tmp_path: Path) -> None:
    root = tmp_path / "root"
    videos = [
        write(root, f"a__var0{number}", augmentation={"pid_to_celeb": {"0": "a"}}) for number in range(3)
    ]
    set_matrix(videos[0], (-1, 0, 0, -1))
    ((source,), _, findings) = index(root, tmp_path / "S")
    assert source["representative"] == "a__var01"
    assert [it for it in findings if it[1] != "PORTRAIT_ORDER_ASSUMED"] == [
        ("a__var00", "ROTATED"),
        ("a__var00", "ROTATION_DIFFERS"),
    ]
    severities: dict[str, Severity] = {"rotation_differs": "error"}
    index_sources(root=root, output_dir=tmp_path / "E", findings=severities)
    (rejected,) = read_tsv(tmp_path / "E" / "rejected.tsv")
    assert (rejected["file"], rejected["reason"]) == ("a__var00", "ROTATION_DIFFERS")


@pytest.mark.parametrize("severity", ["error", "warn", "ignore"])
def test_a_finding_counts_as_the_config_says(tmp_path: Path, severity: Severity) -> None:
    root = tmp_path / "root"
    for name, pts in (("steady", [0, 1, 2, 3]), ("varying", [0, 1, 5, 6])):
        encode(root / f"{name}.mp4", [np.full((48, 64, 3), 90, np.uint8)] * 4, pts=pts)
    index_sources(root=root, output_dir=tmp_path / "S", findings={"variable_frame_rate": severity})
    variants = {row["variant"]: row["variable_frame_rate"] for row in rows(tmp_path / "S", "variants")}
    rejected = [(row["file"], row["reason"]) for row in read_tsv(tmp_path / "S" / "rejected.tsv")]
    listed = [(row["variant"], row["code"]) for row in read_tsv(tmp_path / "S" / "findings.tsv")]
    found = [("varying", "VARIABLE_FRAME_RATE")]
    assert variants == {"steady": False} | ({} if severity == "error" else {"varying": True})
    assert rejected == (found if severity == "error" else [])
    assert listed == (found if severity == "warn" else [])


def test_the_next_variant_stands_for_a_source_whose_first_is_refused(tmp_path: Path) -> None:
    root = tmp_path / "root"
    write(root, "a__var00", augmentation={"new_layout_camera_lmr": "AZ"})
    write(root, "a__var01", augmentation={"new_layout_camera_lmr": "AB"})
    write(root, "a__var02", frames=5, augmentation={"new_layout_camera_lmr": "AB"})
    index_sources(
        root=root,
        output_dir=tmp_path / "S",
        letters={"A": "anna", "B": "bert"},
        findings={"unknown_letter": "error", "length_differs": "error"},
    )
    (source,) = rows(tmp_path / "S", "sources")
    assert (source["representative"], source["variants"]) == ("a__var01", 1)
    rejected = read_tsv(tmp_path / "S" / "rejected.tsv")
    assert [(row["file"], row["reason"]) for row in rejected] == [
        ("a__var00", "UNKNOWN_LETTER"),
        ("a__var02", "LENGTH_DIFFERS"),
    ]
    assert rejected[0]["remedy"] == "Mend it, or set sources.findings.unknown_letter to warn."


@pytest.mark.parametrize("content", [(), ("notes.txt",), ("a__var00/augmentation.json",), ("broken.mp4",)])
def test_without_a_usable_video_nothing_is_written(tmp_path: Path, content: tuple[str, ...]) -> None:
    root = tmp_path / "root"
    root.mkdir()
    for name in content:
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text("{}")
    with pytest.raises(DataError, match="holds no usable video"):
        index_sources(root=root, output_dir=tmp_path / "results" / "S")
    assert not (tmp_path / "results").exists()


def test_the_same_sources_make_the_same_bytes_anywhere(tmp_path: Path) -> None:
    write(tmp_path / "here", "a__t3_0000_v00", augmentation={"new_layout_camera_lmr": "BA", "n_frames": 7})
    shutil.copytree(tmp_path / "here", tmp_path / "there")
    for name in ("here", "there"):
        index(tmp_path / name, tmp_path / f"results-{name}" / "S")
    for file in (tmp_path / "results-here" / "S").iterdir():
        if file.name != "run.json":
            assert file.read_bytes() == (tmp_path / "results-there" / "S" / file.name).read_bytes()


def test_nobody_claims_who_is_forgotten(tmp_path: Path) -> None:
    root = tmp_path / "root"
    people = {"pid_to_celeb": {"0": "Anna", "1": "bert"}, "n_frames": 7, "new_target_short": "anna"}
    write(root, "b__var00", augmentation=people)
    write_forgotten(tmp_path / "f.tsv", "anna", Forgotten(frozenset({"anna"})))
    index_sources(root=root, output_dir=tmp_path / "S", forgotten=tmp_path / "f.tsv")
    (variant,) = rows(tmp_path / "S", "variants")
    assert (variant["claims"], variant["target"]) == (["", "bert"], "")
    assert not [path for path in (tmp_path / "S").iterdir() if b"anna" in path.read_bytes().lower()]


@pytest.mark.parametrize(
    "form",
    [
        {"pid_to_celeb": {"0": "anna", "1": "Anna", "2": "hanna_anna"}},
        {"new_layout_camera_lmr": "AAH"},
    ],
)
def test_of_who_is_forgotten_no_finding_speaks_and_nobody_becomes_the_target(
    tmp_path: Path, form: dict[str, Any]
) -> None:
    root = tmp_path / "root"
    write(root, "b__var00", augmentation={**form, "new_target_short": "anna"})
    corners = {str(pid): [[100 * pid, 0], [100 * pid + 50, 0]] for pid in range(3)}
    (root / "b__var00" / "portrait_corners.json").write_text(json.dumps(corners))
    write_forgotten(tmp_path / "f.tsv", "anna", Forgotten(frozenset({"anna"})))
    # As a config has the letters.
    letters = {"A": "", "H": "hanna_anna"}
    index_sources(root=root, output_dir=tmp_path / "S", forgotten=tmp_path / "f.tsv", letters=letters)
    (variant,) = rows(tmp_path / "S", "variants")
    assert (variant["claims"], variant["target"]) == (["", "", "hanna_anna"], "")
    assert read_tsv(tmp_path / "S" / "findings.tsv") == []


@pytest.mark.parametrize(
    "named", ["../secret", "/secret", "..", "b/../../secret", ".secret", "a" * 300, "x\0y"]
)
def test_no_metadata_leads_out_of_the_sources(tmp_path: Path, named: str) -> None:
    root = tmp_path / "root"
    secret = tmp_path / "secret"
    write(root, "b__var00", augmentation={"src_episode": named, "pid_to_celeb": {"0": "anna", "1": "bert"}})
    # No build sees what changes in a hidden folder.
    for folder in (secret, root / ".secret"):
        folder.mkdir()
    for folder in (tmp_path, secret, root / ".secret"):
        (folder / "portrait_corners.json").write_text(json.dumps({"0": [[300, 0]], "1": [[100, 0]]}))
    _, variants, findings = index(root, tmp_path / "S")
    assert variants[0]["claims"] == ["anna", "bert"]  # by their numbers: no order was read
    assert [code for _, code in findings] == ["PORTRAIT_ORDER_ASSUMED"]


def test_names_that_do_something_elsewhere_are_only_names_here(tmp_path: Path) -> None:
    root = tmp_path / "root"
    names = [
        "=1+1__var00",
        "-a__var00",
        "<b>|**x**__var00",
        "a\x1b[2J__var00",
        "b\nc__var00",
        "\u202ed__var00",
    ]
    for name in names:
        write(root, name, augmentation={"pid_to_celeb": {"0": "../../anna\x1b"}})
    _, variants, _ = index(root, tmp_path / "S")
    assert sorted(row["variant"] for row in variants) == sorted(set(names) - {"b\nc__var00"})
    assert [row["reason"] for row in read_tsv(tmp_path / "S" / "ignored.tsv")] == ["NAME_NOT_MATCHED"]
    assert {row["claims"][0] for row in variants} == {"anna"}
    listed = (tmp_path / "S" / "episodes.tsv").read_text(encoding="utf-8").split("\n")
    assert len(listed) == len(names) + 1
    assert not [cell for line in listed[1:] for cell in line.split("\t") if cell.startswith(("=", "-"))]


def test_names_that_no_file_or_table_can_have_are_rejected(tmp_path: Path) -> None:
    root = tmp_path / "root"
    write(root, "good__var00", augmentation={"pid_to_celeb": {"0": "anna"}})
    write(root, "x" * 248 + "__var00", augmentation={"pid_to_celeb": {"0": "anna"}})
    write(root, os.fsdecode(b"ba\xffd__var00"), augmentation={"pid_to_celeb": {"0": "anna"}})
    for letter in "\t\r":
        write(root, f"a{letter}b__var00", augmentation={"pid_to_celeb": {"0": "anna"}})
    _, variants, _ = index(root, tmp_path / "S")
    assert [row["variant"] for row in variants] == ["good__var00"]
    assert [(row["file"][:4], row["reason"]) for row in read_tsv(tmp_path / "S" / "rejected.tsv")] == [
        ("a b_", "NAME_OF_SEVERAL_CELLS"),
        ("a b_", "NAME_OF_SEVERAL_CELLS"),
        ("ba\\x", "NAME_NOT_UNICODE"),
        ("xxxx", "NAME_TOO_LONG"),
    ]


@pytest.mark.parametrize(("severity", "used"), [("error", ["ANN"]), ("warn", ["ANN", "ann"])])
def test_a_source_whose_labels_would_replace_anothers_is_refused_and_keeps_its_place_in_the_merged_data_set(
    tmp_path: Path, severity: Severity, used: list[str]
) -> None:
    root = tmp_path / "root"
    for name in ("ANN__var00", "ann__var00", "bob__var00"):
        write(root, name, augmentation={"pid_to_celeb": {"0": "anna"}})
    index_sources(root=root, output_dir=tmp_path / "S", findings={"name_alike": severity})
    assert [row["source"] for row in rows(tmp_path / "S", "sources")] == [*used, "bob"]
    episodes = read_tsv(tmp_path / "S" / "episodes.tsv")
    assert [row["variant"] for row in episodes] == ["ANN__var00", "ann__var00", "bob__var00"]
    named = [*read_tsv(tmp_path / "S" / "rejected.tsv"), *read_tsv(tmp_path / "S" / "findings.tsv")]
    assert [row["detail"] for row in named if "are one name" in row["detail"]] == [
        "'ann' and the source 'ANN' are one name where case or accents do not count: rename one"
    ]


def test_an_episode_without_one_video_keeps_its_place_in_the_merged_data_set(tmp_path: Path) -> None:
    root = tmp_path / "root"
    for name in ("a__var00", "a__var01", "a__var02", "a__var03"):
        write(root, name)
    (video,) = (root / "a__var01" / "videos").rglob("*.mp4")
    video.with_name("again.mp4").write_bytes(video.read_bytes())
    (root / "a__var02" / "videos").rename(tmp_path / "elsewhere")
    index_sources(root=root, output_dir=tmp_path / "S")
    episodes = read_tsv(tmp_path / "S" / "episodes.tsv")
    assert [(row["variant"], row["used"], row["frames"] == "") for row in episodes] == [
        ("a__var00", "yes", False),
        ("a__var01", "no", True),
        ("a__var02", "no", True),
        ("a__var03", "yes", False),
    ]


def test_merged_episodes_of_other_lengths_are_refused_before_a_model_runs(tmp_path: Path) -> None:
    root = tmp_path / "root"
    for frames, name in enumerate(("a__var00", "a__var01", "b__var00"), start=6):
        write(root, name, frames=frames)
    # What cannot be used keeps its place, whatever its length.
    next((root / "a__var01").rglob("*.mp4")).write_bytes(b"")
    index_sources(root=root, output_dir=tmp_path / "without" / "S")
    for lengths, fits in {(6, 7, 8): True, (6, 3, 8): True, (6, 7, 9): False, (6, 7): False}.items():
        merged, output = tmp_path / f"M{lengths}", tmp_path / f"with{lengths}" / "S"
        write_dataset(merged, [[[np.zeros((32, 48, 3), np.uint8)] * length for length in lengths]])
        if fits:
            index_sources(root=root, output_dir=output, merged=merged)
            made = [
                (folder / "provenance.json").read_bytes() for folder in (output, tmp_path / "without" / "S")
            ]
            assert made[0] == made[1]
        else:
            with pytest.raises(
                DataError, match=r"Episode 2 of the merged data set .* expected b__var00 8 frames"
            ):
                index_sources(root=root, output_dir=output, merged=merged)
            assert not output.exists()


def test_no_video_is_opened_twice_whoever_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root, opened = tmp_path / "root", []
    for number in range(3):
        write(root, f"a__var0{number}", frames=6 + number)
    probe = DirectReader.probe

    def counted(self: DirectReader, path: Path, **options: Any) -> Any:
        opened.append(path)
        return probe(self, path, **options)

    monkeypatch.setattr(DirectReader, "probe", counted)
    for output in ("S", "T"):
        index_sources(root=root, output_dir=tmp_path / output, cache=tmp_path / "cache", threads=2)
    assert len(opened) == len(set(opened)) == 3
    assert rows(tmp_path / "S", "variants") == rows(tmp_path / "T", "variants")
    assert [row["packets"] for row in rows(tmp_path / "S", "variants")] == [6, 7, 8]


def test_a_video_that_is_replaced_while_it_is_opened_leaves_nothing_in_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, cache = tmp_path / "root", tmp_path / "cache"
    for name, frames in {"a__var00": 6, "b__var00": 9}.items():
        write(root, name, frames=frames)
    video, other = (next((root / name).rglob("*.mp4")) for name in ("a__var00", "b__var00"))
    first, probe = video.read_bytes(), DirectReader.probe

    def replaced(self: DirectReader, path: Path, **options: Any) -> Any:
        if path == video:
            video.write_bytes(other.read_bytes())
        return probe(self, path, **options)

    with monkeypatch.context() as patch:
        patch.setattr(DirectReader, "probe", replaced)
        with pytest.raises(DataError, match="another one than was indexed"):
            index_sources(root=root, output_dir=tmp_path / "S", cache=cache)
    video.write_bytes(first)
    index_sources(root=root, output_dir=tmp_path / "S", cache=cache)
    assert [row["packets"] for row in rows(tmp_path / "S", "variants")] == [6, 9]
