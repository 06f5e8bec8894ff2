from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from facebank.artifacts.atomic import write_json
from facebank.commands.verify import verify
from facebank.errors import CheckError, DataError
from facebank.release.manifest import MANIFEST, describe_release

if TYPE_CHECKING:
    from pathlib import Path


def test_a_whole_release_is_confirmed_and_a_damaged_one_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.txt").write_text("content")
    manifest = describe_release(tmp_path)
    write_json(tmp_path / MANIFEST, manifest.document())
    verify(tmp_path)
    assert capsys.readouterr().out == (
        f"release {manifest.id}: 1 file, 7 bytes, all as published\n"
        "checked against each other: 0 embeddings, 0 label files, 0 claims, 0 frames of arrays\n"
    )
    (tmp_path / "a.txt").write_text("c0ntent")
    with pytest.raises(DataError, match=r"a\.txt"):
        verify(tmp_path)


def test_what_is_as_published_but_contradicts_itself_is_a_failed_check(tmp_path: Path) -> None:
    (tmp_path / "summary.json").write_text("[]")
    write_json(tmp_path / MANIFEST, describe_release(tmp_path).document())
    with pytest.raises(CheckError, match=r"summary\.json"):
        verify(tmp_path)
