"""Someone with only a folder of photos and a folder of videos gets a report."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path

import pytest

from running import facebank, run

pytestmark = pytest.mark.deep


def test_a_folder_of_photos_and_a_folder_of_videos_become_a_report(inputs: Path, tmp_path: Path) -> None:
    for person in (inputs / "bank" / "heldout").iterdir():
        shutil.copytree(person, tmp_path / "my photos" / person.name)
    (tmp_path / "my videos").mkdir()
    video = min((inputs / "sources").rglob("*.mp4"))
    shutil.copy2(video, tmp_path / "my videos" / "kitchen.mp4")
    given = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    started = facebank(tmp_path, "init", "--bank", "my photos", "--videos", "my videos")
    assert started.code == 0, started.text
    last = started.text.strip().splitlines()[-1]
    assert last.startswith("Next: snakemake --cores all ")
    built = run(shlex.split(last.removeprefix("Next: ").replace("--cores all", "--cores 2")), tmp_path)
    assert built.code == 0, built.text

    summary = facebank(tmp_path, "summarise", "--configfile", "config.yaml")
    assert summary.code == 0, summary.text
    told = dict(line.split("  ", 1) for line in summary.text.splitlines() if "  " in line)
    report = tmp_path / told["Report"].strip()
    assert report.is_file()
    assert f"Open the report in a browser: {report.relative_to(tmp_path)}\n" in built.text
    assert "none yet" not in summary.text
    assert "kitchen" in (report.parent / "sources.html").read_text(encoding="utf-8")
    assert {path: path.read_bytes() for path in given} == given
    standing = facebank(tmp_path, "status", "--configfile", "config.yaml")
    assert standing.text.splitlines()[-1] == "Everything is fresh."
    assert facebank(tmp_path, "verify", "results/release/latest").code == 0
