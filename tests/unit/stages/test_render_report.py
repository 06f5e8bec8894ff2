from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from facebank.artifacts.provenance import read_provenance
from facebank.errors import DataError
from facebank.stages.render_report import render_report
from unit.report.builds import make_build

if TYPE_CHECKING:
    from pathlib import Path


def content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "run.json"
    }


def test_a_report_is_a_version_folder_of_the_same_bytes_wherever_it_is_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    build = make_build(tmp_path)
    roots = {"bank_root": build.bank_root, "sources_root": build.sources_root}
    first, second = tmp_path / "one" / "report" / "v", tmp_path / "two" / "v"
    for folder in (first, second):
        render_report(output_dir=folder, note="n", **roots, **build.folders.present())
    assert content(first) == content(second)
    provenance = read_provenance(first)
    told = {"title": "facebank", "note": "n", "faces": "full", "clip_s": 0}
    assert provenance["parameters"] == told
    assert provenance["inputs"].keys() == build.folders.present().keys()
    assert any(name.startswith("thumbs/") for name in provenance["outputs"])
    assert capsys.readouterr().out.startswith(f"5 pages: {first / 'index.html'}\n")


def test_an_unfinished_folder_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "gallery").mkdir()
    with pytest.raises(DataError, match=r"gallery"):
        render_report(output_dir=tmp_path / "v", gallery=tmp_path / "gallery")
    assert not (tmp_path / "v").exists()
