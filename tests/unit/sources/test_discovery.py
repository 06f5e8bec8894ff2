from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from facebank.errors import ConfigError, DataError
from facebank.sources.discovery import CAMERA, discover

if TYPE_CHECKING:
    from pathlib import Path


def put(root: Path, *names: str) -> None:
    """Make empty files."""
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def video(folder: str, name: str = "chunk-000/file-000.mp4") -> str:
    """Give the place of a folder's video."""
    return f"{folder}/videos/{CAMERA}/{name}"


def test_an_empty_folder_holds_nothing(tmp_path: Path) -> None:
    found = discover(tmp_path)
    assert (found.variants, found.rejected, found.ignored) == ((), (), ())


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such folder of sources"):
        discover(tmp_path / "none")


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("quick_swift_LSO_ep01_20260511_211540__t3_0012_v03", "quick_swift_LSO_ep01_20260511_211540"),
        ("a__var01", "a"),
        ("a__var01__var02", "a__var01"),
        ("a__t3_0000_v00", "a"),
    ],
)
def test_variants_by_name(tmp_path: Path, name: str, source: str) -> None:
    put(tmp_path, video(name))
    (variant,) = discover(tmp_path).variants
    assert (variant.variant, variant.source, variant.base) == (name, source, False)
    assert variant.video == video(name)


@pytest.mark.parametrize("name", ["a__t3_0000_v00_tmp", "a__t3_0000", "__var01", "notes"])
def test_other_folders_are_listed(tmp_path: Path, name: str) -> None:
    put(tmp_path, video(name), video("a__var01"))
    found = discover(tmp_path)
    assert [variant.variant for variant in found.variants] == ["a__var01"]
    assert [(row["file"], row["reason"]) for row in found.ignored] == [(name, "NAME_NOT_MATCHED")]


@pytest.mark.parametrize(
    ("name", "reason"),
    [(".git", ""), ("._a__var02", ""), (".a__var02", "NAME_HIDDEN"), ("..__var02", "NAME_HIDDEN")],
)
def test_a_variant_that_systems_hide_is_listed(tmp_path: Path, name: str, reason: str) -> None:
    put(tmp_path, video(name), video("a__var01"), video(".b__var01"), video("b"), "b/meta/info.json")
    found = discover(tmp_path)
    assert [variant.variant for variant in found.variants] == ["a__var01"]
    listed = {row["file"]: row["reason"] for row in found.ignored}
    # A hidden variant makes no folder a recording.
    assert (listed.pop(".b__var01"), listed.pop("b")) == ("NAME_HIDDEN", "NAME_NOT_MATCHED")
    assert listed == ({name: reason} if reason else {})


def test_recordings_are_found_and_come_last_in_their_source(tmp_path: Path) -> None:
    put(
        tmp_path,
        video("b"),
        "b/meta/info.json",
        "b/reference.json",
        video("a"),
        "a/meta/info.json",
        video("a__var01"),
    )
    found = [(variant.variant, variant.source, variant.base) for variant in discover(tmp_path).variants]
    assert found == [("a__var01", "a", False), ("a", "a", True), ("b", "b", True)]


def test_plain_videos_are_sources_of_their_own(tmp_path: Path) -> None:
    put(tmp_path, "one.mp4", "two.MKV", "x__var00.mp4", "x__var01.mp4", "notes.txt")
    found = discover(tmp_path)
    assert [(variant.variant, variant.source) for variant in found.variants] == [
        ("one", "one"),
        ("two", "two"),
        ("x__var00", "x"),
        ("x__var01", "x"),
    ]
    assert [(row["file"], row["reason"]) for row in found.ignored] == [("notes.txt", "NOT_A_VIDEO")]


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (("a__var01/augmentation.json",), "NO_VIDEO"),
        ((video("a__var01", "other/readme.txt"),), "NO_VIDEO"),
        ((video("a__var01"), video("a__var01", "chunk-000/file-001.mp4")), "SEVERAL_VIDEOS"),
    ],
)
def test_a_variant_has_one_video(tmp_path: Path, names: tuple[str, ...], reason: str) -> None:
    put(tmp_path, *names)
    found = discover(tmp_path)
    assert found.variants == ()
    assert [(row["file"], row["reason"]) for row in found.rejected] == [("a__var01", reason)]


def test_what_macos_keeps_beside_a_video_is_none(tmp_path: Path) -> None:
    put(tmp_path, video("a__var01"), video("a__var01", "chunk-000/._file-000.mp4"))
    found = discover(tmp_path)
    assert [variant.video for variant in found.variants] == [video("a__var01")]
    assert found.rejected == ()


def test_what_says_that_it_is_an_episode_counts_as_one_without_a_video(tmp_path: Path) -> None:
    put(tmp_path, "a__var01/meta/info.json", "a__var02/readme.txt", "a__var03.mp4", "a__var03/meta/info.json")
    put(tmp_path, "b/meta/info.json", "b/reference.json", "c/meta/info.json")
    found = discover(tmp_path)
    assert [variant.variant for variant in found.variants] == ["a__var03"]
    assert [(it.variant, it.source, it.base) for it in found.without_video] == [
        ("a__var01", "a", False),
        ("b", "b", True),
    ]
    assert {row["file"] for row in found.rejected} == {"a__var01", "a__var02", "a__var03", "b"}


def test_one_name_stands_for_one_video(tmp_path: Path) -> None:
    put(tmp_path, "one.mkv", "one.mp4")
    found = discover(tmp_path)
    assert [variant.video for variant in found.variants] == ["one.mkv"]
    assert [(row["file"], row["reason"]) for row in found.rejected] == [("one.mp4", "NAME_TWICE")]
    assert found.rejected[0]["detail"] == "called as one.mkv is"


@pytest.mark.parametrize(
    ("names", "refused", "detail"),
    [
        (
            ("Ann__var01", "ann__var02", "ann__var03"),
            {"ann__var02", "ann__var03"},
            "'ann' and the source 'Ann'",
        ),
        (
            ("Jose\u0301__var01", "Jos\xe9__var01"),
            {"Jos\xe9__var01"},
            r"'Jos\xe9' and the source 'Jose\u0301'",
        ),
        # A variant of a variant is labelled by itself, or not: `facebank.stages.collect_detections` knows.
        (("a__var01", "a__var01__var02"), set(), ""),
    ],
)
def test_labels_that_would_replace_those_of_others_are_a_finding(
    tmp_path: Path, names: tuple[str, ...], refused: set[str], detail: str
) -> None:
    put(tmp_path, *map(video, names))
    found = {variant.variant: variant.findings for variant in discover(tmp_path).variants}
    assert found.keys() == set(names)
    assert {name for name, findings in found.items() if findings} == refused
    said = f"{detail} are one name where case or accents do not count: rename one"
    assert {findings for findings in found.values() if findings} <= {(("NAME_ALIKE", said),)}


def test_another_pattern(tmp_path: Path) -> None:
    put(tmp_path, video("take7-of-kitchen"))
    (variant,) = discover(tmp_path, pattern=r"take\d+-of-(?P<source>.+)").variants
    assert variant.source == "kitchen"


@pytest.mark.parametrize("pattern", ["(", r"^(.+)__v\d+$"])
def test_a_pattern_that_cannot_be_used_is_an_error(tmp_path: Path, pattern: str) -> None:
    with pytest.raises(ConfigError, match="The pattern"):
        discover(tmp_path, pattern=pattern)
