"""A reduced demo, built once for all tests that need a build; the conftest of their folder imports it.

Workers of one run share the builds: who changes one, or runs jobs in it, copies it before.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

import staleness_cases
from clips import encode
from facebank.media.readers import DIRECT
from running import NO_NETWORK, PARTS, PROJECT, Outcome, facebank, run, snakemake

#: Ends the name of the variant of `complete` that is shorter than the others, by so many frames.
SHORT, FEWER = "99", 8


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """Make a folder once for all workers of a run of the tests: one makes it, the others wait."""
    base = factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, made = shared / name, shared / f"{name}.made"
    with (shared / f"{name}.lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            made.touch()
    return folder


@pytest.fixture(scope="session")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the inputs of a reduced demo: three identities, one source of two variants."""

    def make(folder: Path) -> None:
        counts = ("--identities", "3", "--sources", "1", "--variants", "2")
        made = facebank(folder, "make-demo", "--output-dir", "demo", *counts)
        assert made.code == 0, made.text

    return once(tmp_path_factory, "inputs", make) / "demo"


@pytest.fixture(scope="session")
def settings(inputs: Path) -> Callable[..., dict[str, dict[str, object]]]:
    """Give the config of the reduced demo, with sections laid over it."""

    def give(**sections: dict[str, object]) -> dict[str, dict[str, object]]:
        base = yaml.safe_load((PROJECT / "config" / "config.yaml").read_text(encoding="utf-8"))
        config: dict[str, dict[str, object]] = {
            "models": {"pack": "tiny"},
            "bank": {"root": str(inputs / "bank"), "slug_map": base["bank"]["slug_map"]},
            "sources": {"root": str(inputs / "sources"), "letters": base["sources"]["letters"]},
            "gold": {
                "labels": str(inputs / "gold" / "label_studio_export.json"),
                "predictions": str(inputs / "gold" / "pred.jsonl"),
                "agreement": str(inputs / "gold" / "label_studio_export_twice.json"),
            },
            "audit": {"frames": 2},
            "shards": {"photos": 1, "sources": 1},
        }
        for name, section in sections.items():
            config[name] = {**config.get(name, {}), **section}
        return config

    return give


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, settings: Callable[..., dict[str, object]]) -> Path:
    """Build the reduced demo once, without a network where that can be had, in a checkout of its own."""

    def make(folder: Path) -> None:
        copy_project(folder)
        (folder / "c.yaml").write_text(yaml.safe_dump(settings()), encoding="utf-8")
        words = ["--snakefile", str(folder / "Snakefile"), "--cores", "2", "--configfile", "c.yaml"]
        done = run([*NO_NETWORK, "snakemake", *words], folder)
        assert done.code == 0, done.text

    return once(tmp_path_factory, "built", make)


@pytest.fixture(scope="session")
def begun(tmp_path_factory: pytest.TempPathFactory, settings: Callable[..., dict[str, object]]) -> Path:
    """Begin to build the reduced demo where there is one GPU, and nothing else is as in `built`.

    More shards, no cache, another time zone, language, hash seed, umask. ``said.txt`` is what Snakemake said.
    """
    model_stages = ["detect_keyframes", "embed_photos"]

    def make(folder: Path) -> None:
        shards = {"photos": 2, "sources": 2}
        (folder / "c.yaml").write_text(yaml.safe_dump(settings(shards=shards)), encoding="utf-8")
        done = snakemake_elsewhere(
            folder,
            *("--profile", str(PROJECT / "profiles" / "gpu"), "--cores", "6"),
            *("--until", *model_stages, "index_sources"),
            *("--set-resources", *(f"{rule}:gpu=1" for rule in model_stages)),
            *("--config", "device=cpu", "--configfile", "c.yaml"),
        )
        assert done.code == 0, done.text
        (folder / "said.txt").write_text(done.text, encoding="utf-8")

    return once(tmp_path_factory, "begun", make)


def snakemake_elsewhere(folder: Path, *words: str) -> Outcome:
    """Run the workflow in another time zone, language, order of hashes, and for files of one user."""
    before = os.umask(0o077)
    try:
        return snakemake(folder, *words, TZ="Asia/Tokyo", LANG="C", LC_ALL="C", PYTHONHASHSEED="7")
    finally:
        os.umask(before)


@pytest.fixture(scope="session")
def complete(
    tmp_path_factory: pytest.TempPathFactory, inputs: Path, settings: Callable[..., dict[str, object]]
) -> Path:
    """Build the reduced demo in a checkout that holds its inputs too, and in more shards.

    One more variant of its source is shorter than the others.
    """
    gold = {"labels": "demo/gold/label_studio_export.json", "predictions": "demo/gold/pred.jsonl"}
    config = settings(
        bank={"root": "demo/bank"}, sources={"root": "demo/sources"}, gold=gold, shards=staleness_cases.SHARDS
    )

    def make(folder: Path) -> None:
        copy_project(folder)
        shutil.copytree(inputs, folder / "demo")
        shorten(folder / "demo" / "sources")
        (folder / "c.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
        done = snakemake(folder, "--cores", "2", "--configfile", "c.yaml", checkout=folder)
        assert done.code == 0, done.text

    return once(tmp_path_factory, "complete", make)


def shorten(sources: Path) -> None:
    """Add a variant that is the last one without its last frames."""
    last = max(sources.iterdir())
    short = shutil.copytree(last, last.with_name(f"{last.name[:-2]}{SHORT}"))
    (video,) = short.glob("videos/*camera1/*/*.mp4")
    pictures = [frame.pixels for frame in DIRECT.frames(video)]
    encode(video, pictures[:-FEWER], codec="mpeg4")


def copy_project(folder: Path) -> Path:
    """Copy what a checkout is, and the bytecode that Python kept in it."""
    for part in PARTS:
        source = PROJECT / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("*.egg-info"))
        else:
            (folder / part).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, folder / part)
    return folder


@pytest.fixture
def checkout(built: Path, tmp_path: Path) -> Path:
    """Give a copy of the built checkout, with its results and Snakemake's records, at another place."""
    shutil.copytree(built, tmp_path / "checkout", symlinks=True)
    return tmp_path / "checkout"
