from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from facebank.errors import CheckError, ConfigError
from facebank.plan.registry import ARTIFACTS
from facebank.stages.check_limits import check_limits
from unit.report.builds import make_build

if TYPE_CHECKING:
    from pathlib import Path

STAGES = [name.replace("/", "_") for name in ARTIFACTS["limits"].upstream]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    present = make_build(tmp_path_factory.mktemp("build")).folders.present()
    return {name: present[name] for name in STAGES}


def test_without_limits_all_hold(tmp_path: Path) -> None:
    check_limits(output_dir=tmp_path / "limits" / "v")
    assert json.loads((tmp_path / "limits/v/limits.json").read_text()) == {"limits": {}}


def test_limits_that_hold_are_written_with_what_was_found(
    tmp_path: Path, folders: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    check_limits(output_dir=tmp_path / "v", max_broken=1, max_rejected=0.5, **folders)
    assert json.loads((tmp_path / "v/limits.json").read_text()) == {
        "limits": {
            "bank.max_rejected": {"limit": 0.5, "found": 0.25},
            "gallery.max_broken": {"limit": 1, "found": 1},
        }
    }
    assert capsys.readouterr().out == "2 limits set, all hold\n"


def test_every_broken_limit_is_named_with_its_culprits_and_nothing_is_written(
    tmp_path: Path, folders: dict[str, Path]
) -> None:
    with pytest.raises(CheckError) as caught:
        check_limits(
            output_dir=tmp_path / "v",
            max_rejected=0.1,
            max_broken=0,
            min_top1=0.9,
            max_mismatches=0,
            max_out_of_step=0,
            max_rejected_gold=0.5,
            **folders,
        )
    text = str(caught.value)
    assert text.startswith("5 of 6 limits are broken\n")
    for culprit in ("<b>cut</b>.jpg (TRUNCATED)", "\n  carl\n", "looks more like bob", "shows carl"):
        assert culprit in text
    assert "gold.max_rejected" not in text
    assert text.endswith("no release is published. Mend what is listed, or change the limit.")
    assert caught.value.exit_code == 1
    assert not (tmp_path / "v").exists()


def test_a_limit_without_its_stage_is_a_fault_of_the_config(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"audit\.max_mismatches"):
        check_limits(output_dir=tmp_path / "v", max_mismatches=0)
    assert not (tmp_path / "v").exists()
