"""The demo built from nothing in every way that must not change a byte, as a table."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

from demo_builds import copy_project, once
from running import PROJECT, content, facebank, snakemake

pytestmark = pytest.mark.deep


@dataclass(frozen=True)
class Way:
    """A way to build.

    Attributes
    ----------
    cores : int
        What Snakemake may use.
    shards : dict
        The config's shards; empty: the demo's.
    place : str
        The checkout, below a folder of the test.
    cached : float
        The share of the first build's cache entries that are there from the start.
    umask : int
        What new files are not allowed.
    environment : dict
        Variables.
    isolate : bool
        Whether photos and videos are decoded in processes of their own.
    """

    cores: int = 2
    shards: dict[str, int] = field(default_factory=dict)
    place: str = "checkout"
    cached: float = 0.0
    umask: int = 0o022
    environment: dict[str, str] = field(default_factory=dict)
    isolate: bool = False


#: Far from UTC, not English, another order of hashes.
ELSEWHERE = {"TZ": "Pacific/Chatham", "LANG": "tr_TR.UTF-8", "LC_ALL": "C", "PYTHONHASHSEED": "7"}

WAYS = {
    "again": Way(),
    "one core": Way(cores=1),
    "other shards": Way(shards={"photos": 5, "sources": 3}),
    "warm cache": Way(cached=1.0),
    "half-filled cache": Way(cached=0.5),
    "another checkout path": Way(place="déep er/$HOME 'quoted'/check out"),
    "another TZ, LANG, PYTHONHASHSEED": Way(environment=ELSEWHERE),
    "decoders in processes of their own": Way(isolate=True),
    "another umask": Way(umask=0o077),
    "all at once": Way(1, {"photos": 3, "sources": 1}, "an other/place", 0.5, 0o007, ELSEWHERE),
}


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the inputs of the demo, once: a build only reads them."""

    def make(folder: Path) -> None:
        made = facebank(folder, "make-demo", "--output-dir", "demo")
        assert made.code == 0, made.text

    return once(tmp_path_factory, "demo", make) / "demo"


@pytest.fixture(scope="session")
def first(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the demo once from nothing."""

    def make(folder: Path) -> None:
        build(folder, demo, Way())

    return once(tmp_path_factory, "first", make) / Way().place


def build(folder: Path, demo: Path, way: Way, first: Path | None = None) -> Path:
    """Build the demo in a checkout of its own, and give that."""
    checkout = folder / way.place
    checkout.mkdir(parents=True)
    copy_project(checkout)
    shutil.copytree(demo, checkout / "resources" / "demo", symlinks=True)
    config = yaml.safe_load((PROJECT / "config" / "config.yaml").read_text(encoding="utf-8"))
    ways = {"shards": way.shards or config["shards"], "media": {**config["media"], "isolate": way.isolate}}
    (checkout / "c.yaml").write_text(yaml.safe_dump({**config, **ways}), encoding="utf-8")
    if first is not None:
        keep(first / ".facebank" / "cache", checkout / ".facebank" / "cache", way.cached)
    before = os.umask(way.umask)
    try:
        done = snakemake(
            checkout,
            "--cores",
            str(way.cores),
            "--configfile",
            "c.yaml",
            checkout=checkout,
            **way.environment,
        )
    finally:
        os.umask(before)
    assert done.code == 0, done.text
    return checkout


def keep(cache: Path, place: Path, share: float) -> None:
    """Copy a share of a cache's entries, by lot."""
    entries = sorted(path for path in cache.rglob("*") if path.is_file() and path.name != "contents.sqlite")
    for entry in random.Random(0).sample(entries, round(share * len(entries))):  # noqa: S311 (no secret)
        copy = place / entry.relative_to(cache)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(entry, copy)


@pytest.mark.parametrize("name", WAYS)
def test_it_has_the_same_bytes(
    first: Path, demo: Path, tmp_path: Path, record_property: Callable[[str, object], None], name: str
) -> None:
    made = content(build(tmp_path, demo, WAYS[name], first) / "results")
    expected = content(first / "results")
    other = sorted(file for file in made.keys() | expected.keys() if made.get(file) != expected.get(file))
    size = sum(map(len, made.values()))
    row = f"{name:<34} {len(made)} files, {size:,} bytes, {len(other)} other than the first build's"
    record_property("table: reproducibility", row)
    assert any(file.startswith("release/") for file in made)
    assert other == []
