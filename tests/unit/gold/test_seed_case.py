"""The committed digests are those of the seed's own files, where these are at hand."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from golden.gold.seed_case import NAMES, digest

SEED = Path(__file__).parents[4] / "shared" / "data" / "gold_seed"


@pytest.mark.skipif(not SEED.is_dir(), reason="the seed's files are not at hand")
@pytest.mark.parametrize("name", NAMES)
def test_digests_are_those_of_the_seed(name: str) -> None:
    assert hashlib.sha256((SEED / name).read_bytes()).hexdigest() == digest(name)
