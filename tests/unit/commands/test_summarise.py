from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import yaml

from facebank.commands.summarise import summarise
from facebank.config.load import load_config
from facebank.plan.plan import Plan
from facebank.plan.registry import ARTIFACTS
from facebank.report.numbers import gather_numbers
from facebank.report.overview import overview
from facebank.stages.publish_release import publish_release
from facebank.stages.render_report import render_report
from unit.report.builds import make_build

if TYPE_CHECKING:
    from pathlib import Path

    from facebank.report.folders import Folders


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    path = tmp_path / "config.yaml"
    roots = {"bank": {"root": "bank"}, "sources": {"root": "sources"}, "gold": {"labels": "labels.json"}}
    path.write_text(yaml.safe_dump({**roots, "results": "made"}))
    return path


def test_nothing_built_is_said(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    summarise(configfile=config)
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["Release", "none", "yet"],
        ["Report", "none", "yet"],
    ]


def test_a_broken_limit_says_why_there_is_no_release(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = yaml.safe_load(config.read_text())
    document |= {"gallery": {"max_broken": 0}, "validation": {"min_top1": 0.5}}
    config.write_text(yaml.safe_dump(document))
    _place(Plan(load_config(config)), tmp_path)
    summarise(configfile=config)
    printed = capsys.readouterr().out
    assert "Release        none: a limit is broken\n" in printed
    assert "Broken limit   gallery.max_broken is 0, found 1: carl\n" in printed
    assert "min_top1" not in printed
    summarise(configfile=config, json=True)
    told = json.loads(capsys.readouterr().out)
    assert told["release"] is None
    assert {key: limit["holds"] for key, limit in told["limits"].items()} == {
        "gallery.max_broken": False,
        "validation.min_top1": True,
    }
    assert told["photos"] == 6


def _place(plan: Plan, folder: Path) -> Folders:
    """Put a build where a plan looks for it."""
    folders = make_build(folder / "build").folders
    for name in ARTIFACTS:
        made = folders.present().get(name.replace("/", "_"))
        if made is not None:
            place = folder / plan.folder(name)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to(made)
    return folders


def test_a_source_without_places_is_named(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = Plan(load_config(config))
    folders = _place(plan, tmp_path)
    assert folders.face_labels is not None
    path = folders.face_labels / "coverage.tsv"
    header, row = path.read_text().splitlines()
    for more in (0, 1):
        names = ["s1", "s2"][: more + 1]
        unplaced = [row.replace(row.split("\t")[0], name, 1) + "UNSTEADY_PLACES" for name in names]
        path.write_text("\n".join([header, row, *unplaced]) + "\n")
        summarise(configfile=config)
        found = f"no boxes in s1 (UNSTEADY_PLACES){' and 1 more' * more}\n"
        assert found in capsys.readouterr().out
    card = {verdict.stage: verdict for verdict in overview(folders, gather_numbers(folders)).verdicts}
    assert "2 sources without boxes" in card["face labels"].found


def test_places_and_numbers(config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan = Plan(load_config(config))
    folders = _place(plan, tmp_path)
    render_report(output_dir=tmp_path / plan.folder("report"), faces="none", **folders.present())
    receipt = tmp_path / plan.receipt
    publish_release(output_dir=tmp_path / "made/release", receipt=receipt, **folders.present())
    capsys.readouterr()
    summarise(configfile=config)
    printed = capsys.readouterr().out
    assert [line for line in printed.splitlines() if line != line.rstrip()] == []
    shown = dict(line.split(None, 1) for line in printed.splitlines())
    release = (tmp_path / "made/release/latest").readlink()
    assert shown["Release"].strip() == f"made/release/{release}"
    assert shown["Report"].strip() == f"{plan.folder('report')}/index.html"
    assert shown["Photos"].strip() == "6 used, 2 rejected, 1 other file ignored"
    assert shown["Identities"].strip() == "3, broken: carl; outliers and intruders in the centroids: 2"
    assert shown["Leave-one-out"].strip() == "4 / 6 = 66.7 % (30.0 to 90.0)"
    assert shown["Audit"].strip() == (
        "3 of 4 claims confirmed, another person in 1 slot, nobody known in 0;"
        " 1 variant out of step with the labels"
    )
    assert shown["Gold"].split() == ["skin", "IoU", "0.875"]
