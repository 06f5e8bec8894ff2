"""The stage that checks a model pack."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from facebank.artifacts.provenance import read_provenance
from facebank.errors import ModelError
from facebank.stages.check_models import check_models
from portraits import TINY

if TYPE_CHECKING:
    from pathlib import Path


def test_a_good_pack_is_described(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    check_models(pack=TINY, output_dir=tmp_path / "out")
    document = json.loads((tmp_path / "out/models.json").read_text())
    assert document["pack"] == "tiny"
    assert [file["path"] for file in document["files"]] == ["retinaface_mnet025.onnx", "mobileface.onnx"]
    assert document["reference"]["same_person"] > document["reference"]["other_person"]
    provenance = read_provenance(tmp_path / "out")
    assert (provenance["provider"], len(provenance["models"])) == ("cpu", 2)
    assert capsys.readouterr().out.startswith("pack tiny: 2 files as expected")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("113b3f9d", "00000000", "another one"),
        ("permitted_use: any", "permitted_use: research", "permits research only"),
        ("dimension: 256", "dimension: 512", "differs from its contract"),
    ],
)
def test_a_bad_pack_writes_nothing(tmp_path: Path, old: str, new: str, message: str) -> None:
    pack = shutil.copytree(TINY, tmp_path / "pack")
    (pack / "pack.yaml").write_text((pack / "pack.yaml").read_text().replace(old, new))
    with pytest.raises(ModelError, match=message):
        check_models(pack=pack, output_dir=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_accepted_licence_passes(tmp_path: Path) -> None:
    pack = shutil.copytree(TINY, tmp_path / "pack")
    text = (pack / "pack.yaml").read_text().replace("permitted_use: any", "permitted_use: research")
    (pack / "pack.yaml").write_text(text)
    check_models(pack=pack, output_dir=tmp_path / "out", accepted_licences=("MIT",))
    assert json.loads((tmp_path / "out/models.json").read_text())["files"][0]["permitted_use"] == "research"
