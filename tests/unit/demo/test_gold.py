"""The demo's gold labels are those of the first seed document."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from facebank.artifacts.digests import sha256_file
from facebank.demo.gold import make_gold_demo
from golden.gold.seed_case import digest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", ["label_studio_export.json", "pred.jsonl"])
def test_demo_has_the_bytes_of_the_seed(tmp_path: Path, name: str) -> None:
    make_gold_demo(output_dir=tmp_path)
    assert sha256_file(tmp_path / name) == digest(name)
