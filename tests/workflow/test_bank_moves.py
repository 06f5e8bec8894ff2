"""A bank is its bytes: where it lies, when it was touched and how its photos are called costs nothing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import yaml

from running import Outcome, facebank, snakemake

pytestmark = pytest.mark.workflow


@pytest.fixture
def bank(inputs: Path, tmp_path: Path) -> Path:
    """Copy the bank elsewhere, with new times, and make it read-only."""
    copy = tmp_path / "elsewhere"
    shutil.copytree(inputs / "bank", copy, copy_function=shutil.copy)
    return copy


def build(folder: Path, bank: Path, cache: Path, config: dict[str, object]) -> Outcome:
    """Build the embeddings of a bank."""
    config = config | {"bank": config["bank"] | {"root": str(bank)}, "cache": {"root": str(cache)}}
    (folder / "c.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    done = snakemake(folder, "--cores", "2", "embeddings", "--configfile", "c.yaml")
    assert done.code == 0, done.text
    return done


def entries(cache: Path) -> set[str]:
    """List the cache's entries: each stands for the inference of one photo or video."""
    return {
        str(path.relative_to(cache))
        for path in cache.rglob("*")
        if path.is_file() and path.suffix != ".sqlite"
    }


def faces(folder: Path) -> pd.DataFrame:
    """Read the faces that were built."""
    asked = facebank(folder, "where", "embeddings", "--configfile", "c.yaml").text.strip()
    return pd.read_parquet(folder / asked / "faces.parquet")


def allow(bank: Path, folders: int, files: int) -> None:
    """Set the rights of everything in a bank."""
    for path in sorted(bank.rglob("*"), reverse=True):
        path.chmod(folders if path.is_dir() else files)


def test_a_copied_read_only_bank_with_a_renamed_photo_needs_no_inference_and_a_changed_photo_needs_one(
    built: Path, bank: Path, tmp_path: Path, settings: Callable[..., dict[str, object]]
) -> None:
    cache = tmp_path / "cache"
    shutil.copytree(built / ".facebank" / "cache", cache)
    known = entries(cache)
    first = bank / "scraped" / "hopper" / "02.jpg"
    first.rename(first.with_name("renamed ü.jpg"))
    allow(bank, 0o555, 0o444)
    before = {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in bank.rglob("*")}
    build(tmp_path, bank, cache, settings())
    assert entries(cache) == known
    assert {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in bank.rglob("*")} == before
    names = {"scraped/hopper/02.jpg": "scraped/hopper/renamed ü.jpg"}
    expected = faces(built).replace({"photo": names}).sort_values(["photo", "face"], ignore_index=True)
    pd.testing.assert_frame_equal(faces(tmp_path), expected)
    assert set(names.values()) < set(expected.photo)

    # Other bytes under the same name, size and time.
    allow(bank, 0o755, 0o644)
    second = bank / "scraped" / "hopper" / "03.jpg"
    facts, data = second.stat(), bytearray(second.read_bytes())
    data[-30] ^= 1
    second.write_bytes(data)
    os.utime(second, ns=(facts.st_atime_ns, facts.st_mtime_ns + 1))
    done = build(tmp_path, bank, cache, settings())
    assert {"index_photos", "embed_photos", "collect_embeddings"} <= done.rules
    assert len(entries(cache) - known) == 1
