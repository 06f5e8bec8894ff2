from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from facebank.commands.summarise import summarise
from facebank.config.load import load_config
from facebank.plan.plan import Plan
from facebank.plan.registry import ARTIFACTS
from facebank.stages.publish_release import publish_release
from facebank.stages.render_report import render_report
from unit.report.builds import make_build

if TYPE_CHECKING:
    from pathlib import Path


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


def test_places_and_numbers(config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan = Plan(load_config(config))
    folders = make_build(tmp_path / "build").folders
    for name in ARTIFACTS:
        folder = folders.present().get(name.replace("/", "_"))
        if folder is not None:
            place = tmp_path / plan.folder(name)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to(folder)
    render_report(output_dir=tmp_path / plan.folder("report"), faces="none", **folders.present())
    receipt = tmp_path / plan.receipt
    publish_release(output_dir=tmp_path / "made/release", receipt=receipt, **folders.present())
    capsys.readouterr()
    summarise(configfile=config)
    shown = dict(line.split(None, 1) for line in capsys.readouterr().out.splitlines())
    release = (tmp_path / "made/release/latest").readlink()
    assert shown["Release"].strip() == f"made/release/{release}"
    assert shown["Report"].strip() == f"{plan.folder('report')}/index.html"
    assert shown["Photos"].strip() == "6 used, 2 rejected, 1 other file ignored"
    assert shown["Identities"].strip() == "3, broken: carl"
    assert shown["Leave-one-out"].strip() == "4 / 6 = 66.7 % (30.0 to 90.0)"
    assert shown["Audit"].strip() == "another person than claimed in 1 slot of variants"
    assert shown["Gold"].split() == ["skin", "IoU", "0.875"]
