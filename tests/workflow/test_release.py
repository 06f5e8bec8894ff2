"""A release is what was published, to the last bit of any of its files."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from facebank.commands.verify import verify
from facebank.errors import DataError
from running import facebank

pytestmark = pytest.mark.workflow


@pytest.fixture
def release(built: Path, tmp_path: Path) -> Path:
    """Copy the release of the reduced demo."""
    found = (built / "results" / "release" / "latest").resolve()
    shutil.copytree(found, tmp_path / found.name)
    return tmp_path / found.name


def test_one_flipped_bit_of_any_file_is_found(release: Path) -> None:
    verify(release)
    chance = random.Random(20260101)  # noqa: S311 (a test's choice of places)
    files = sorted(path for path in release.rglob("*") if path.is_file())
    assert {release / "manifest.json", release / "sbom.cdx.json"} < set(files)
    assert len(files) > 50
    for path in files:
        data = path.read_bytes()
        if not data:
            path.write_bytes(b"\0")
        else:
            damaged = bytearray(data)
            damaged[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
            path.write_bytes(damaged)
        with pytest.raises(DataError):
            verify(release)
        path.write_bytes(data)
    verify(release)


def test_verify_ends_with_3_where_a_byte_differs(release: Path) -> None:
    assert facebank(release.parent, "verify", release.name).code == 0
    with (release / "celeb_embeddings.json").open("ab") as file:
        file.write(b" ")
    outcome = facebank(release.parent, "verify", release.name)
    assert outcome.code == 3
    assert "celeb_embeddings.json" in outcome.text


def test_no_path_or_name_of_this_machine_is_in_a_release(release: Path, built: Path, inputs: Path) -> None:
    secrets = {str(built), str(inputs), str(inputs.parent), str(Path.home()), "pytest-of-"}
    for path in release.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert [secret for secret in secrets if len(secret) > 5 and secret.encode() in data] == [], path
