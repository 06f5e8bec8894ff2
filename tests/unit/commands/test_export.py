"""The command: every format, the same bytes twice, and nothing where it fails."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from facebank.cli import main
from facebank.stages.publish_release import publish_release
from unit.report.builds import VARIANTS_OF_SOURCE, make_build

FORMATS = ("coco", "cvat", "mot", "lerobot", "hf-parquet")


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("release")
    folders = make_build(base).folders.present()
    publish_release(output_dir=base / "release", receipt=base / "receipt.json", **folders)
    return base / "release" / "latest"


def content(folder: Path) -> dict[str, bytes]:
    return {it.relative_to(folder).as_posix(): it.read_bytes() for it in folder.rglob("*") if it.is_file()}


def test_machines_are_told_where_it_is(
    release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "a"
    assert main(["export", str(release), "--to", "mot", "--output-dir", str(folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "release": release.resolve().name,
        "format": "mot",
        "folder": str(folder),
        "files": len(content(folder)),
    }


@pytest.mark.parametrize("to", FORMATS)
def test_every_format_is_written_twice_alike_and_without_a_picture(
    to: str, release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a", "b"):
        assert main(["export", str(release), "--to", to, "--output-dir", str(tmp_path / name)]) == 0
    first, second = content(tmp_path / "a"), content(tmp_path / "b")
    assert first == second
    assert len(first) > 1
    assert f"{to}: {len(first)} files" in capsys.readouterr().out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]
    pictures = (b"\xff\xd8\xff", b"\x89PNG", b"RIFF", b"GIF8", b"BM")
    assert not any(data.startswith(pictures) or str(release).encode() in data for data in first.values())


@pytest.mark.parametrize("to", ["coco", "cvat", "mot"])
def test_all_variants_are_exported_only_when_asked_for(to: str, release: Path, tmp_path: Path) -> None:
    for which, names in (("representatives", VARIANTS_OF_SOURCE[:1]), ("all", VARIANTS_OF_SOURCE)):
        out = tmp_path / which
        words = ["export", str(release), "--to", to, "--output-dir", str(out), "--videos", which]
        assert main(words) == 0
        document = json.loads((out / "export.json").read_text(encoding="utf-8"))
        assert document["videos"] == sorted(names)
        assert document["release"] == release.resolve().name
        text = b"".join([*content(out).values(), *(name.encode() for name in content(out))])
        assert [name.encode() in text for name in VARIANTS_OF_SOURCE] == [True, which == "all"]


def test_what_is_there_is_never_overwritten(
    release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "out").mkdir()
    assert main(["export", str(release), "--to", "coco", "--output-dir", str(tmp_path / "out")]) == 2
    assert "--output-dir" in capsys.readouterr().err
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("to", ["lerobot", "hf-parquet"])
@pytest.mark.parametrize("which", ["representatives", "all"])
def test_a_format_of_whole_releases_takes_no_choice_of_videos(
    to: str, which: str, release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["export", str(release), "--to", to, "--output-dir", str(tmp_path / "a"), "--videos", which]
    assert main(words) == 2
    assert f"{to} holds a whole release" in capsys.readouterr().err
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("to", FORMATS)
def test_a_failed_export_leaves_nothing(to: str, tmp_path: Path) -> None:
    (tmp_path / "no-release").mkdir()
    out = tmp_path / "made" / "out"
    assert main(["export", str(tmp_path / "no-release"), "--to", to, "--output-dir", str(out)]) == 3
    assert not out.exists()


def test_an_unknown_format_is_refused(release: Path, tmp_path: Path) -> None:
    assert main(["export", str(release), "--to", "yolo", "--output-dir", str(tmp_path / "out")]) == 2
