"""Work for every stage, as large as wished: photos, videos and gold labels, and configs for them."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from facebank.artifacts.code import code_digest
from facebank.artifacts.digests import digest_of
from facebank.demo.portraits import PORTRAITS
from facebank.demo.sources import make_sources
from gold_samples import write_samples
from photos import bank, files_of, some_of
from remux import remux

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["FACTORS", "GOLD", "PHOTOS", "SOURCES", "VARIANTS", "Workload", "workload"]

#: What grows, and what there is of it at 1x: photos, sources of some variants, gold labels.
FACTORS = (1, 4, 16)
PHOTOS, SOURCES, VARIANTS, GOLD = 60, 1, 2, 60

#: How a recording says how many frames it has.
_FRAMES = re.compile(r'("(?:n|total)_frames": )(\d+)')


@dataclass(frozen=True, slots=True)
class _Kept:
    """What is made once and kept: a source and its variants, to be copied under other names."""

    folder: Path
    source: str
    variants: tuple[Path, ...]


@dataclass(frozen=True)
class Workload:
    """Files of the user, and configs that say what to build of them.

    Attributes
    ----------
    folder : Path
        Holds all; jobs run in it.
    factor : int
        How much there is, in units of 1x.
    """

    folder: Path
    factor: int

    @property
    def config(self) -> Path:
        """The config of everything, with predicted regions given."""
        return self.folder / "all.yaml"

    @property
    def predicting(self) -> Path:
        """The config of gold labels whose regions are predicted here."""
        return self.folder / "predicting.yaml"

    @property
    def results(self) -> Path:
        """Where both configs put what is built."""
        return self.folder / "results"

    @property
    def cache(self) -> Path:
        """Where both configs keep what is dear."""
        return self.folder / "cache"

    @cached_property
    def photos(self) -> Sequence[Path]:
        """All photos."""
        return files_of(self.folder / "bank")

    @cached_property
    def videos(self) -> Sequence[Path]:
        """The video of each variant that is labelled or audited."""
        return sorted(self.folder.glob("sources/*/videos/*camera1/*/*.mp4"))


def workload(folder: Path, factor: int, *, frames: int = 1) -> Workload:
    """Make the work of one size in an empty folder.

    Parameters
    ----------
    folder : Path
        Holds all.
    factor : int
        How many photos, sources and gold labels there are, in units of 1x.
    frames : int
        How often each video is played: how many frames it has, in units of 1x.
    """
    work = Workload(folder, factor)
    root = some_of(bank(), PHOTOS * factor, folder / "bank")
    _copy_sources(_kept_source(), folder / "sources", SOURCES * factor, frames)
    _write_gold(folder / "gold", GOLD * factor, root)
    letters = {person.letter: person.identity for person in PORTRAITS}
    gold = {"labels": "gold/export.json", "predictions": "gold/pred.jsonl", "agreement": "gold/twice.json"}
    common = {"results": "results", "cache": {"root": "cache"}, "shards": {"photos": 1, "sources": 1}}
    everything = {
        **common,
        "bank": {"root": "bank"},
        "sources": {"root": "sources", "letters": letters},
        "gold": gold,
        "release": {"date": "2026-01-01"},
    }
    work.config.write_text(yaml.safe_dump(everything), encoding="utf-8")
    predicted = {**common, "gold": {"labels": gold["labels"], "image_roots": ["bank"]}}
    work.predicting.write_text(yaml.safe_dump(predicted), encoding="utf-8")
    return work


def _kept_source() -> _Kept:
    """Give a source of some variants; they are drawn if need be, which takes some seconds each."""
    made_from = digest_of({"code": code_digest("facebank.demo.sources"), "variants": VARIANTS})
    root = Path(tempfile.gettempdir()) / f"facebank-benchmarks-source-{made_from[:16]}"
    if not root.is_dir():
        staging = Path(tempfile.mkdtemp(prefix="facebank-benchmarks-partial-"))
        make_sources(staging, sources=1, variants=VARIANTS)
        try:
            staging.rename(root)
        except OSError:  # another run was faster
            shutil.rmtree(staging)
    variants = tuple(sorted(root.iterdir()))
    return _Kept(root, variants[0].name.partition("__")[0], variants)


def _copy_sources(kept: _Kept, root: Path, count: int, times: int) -> None:
    """Write so many sources, each played so many times: the kept one under other names and in other bytes."""
    for number in range(count):
        name = kept.source.replace("_ep01_", f"_ep{number + 1:02d}_")
        for variant in kept.variants:
            copy = root / variant.name.replace(kept.source, name)
            for file in sorted(path for path in variant.rglob("*") if path.is_file()):
                path = copy / file.relative_to(variant)
                path.parent.mkdir(parents=True, exist_ok=True)
                if file.suffix == ".mp4":
                    remux(file, path, times=times, comment=f"source {number}")
                else:
                    text = file.read_text(encoding="utf-8").replace(kept.source, name)
                    path.write_text(_FRAMES.sub(partial(_longer, times), text), encoding="utf-8")


def _longer(times: int, said: re.Match[str]) -> str:
    """Say of a video that is played some times how many frames it has."""
    return f"{said[1]}{int(said[2]) * times}"


def _write_gold(folder: Path, count: int, bank_root: Path) -> None:
    """Write gold labels with photos of the bank, predictions, and labels that two people drew."""
    folder.mkdir()
    write_samples(folder, count)
    tasks = json.loads((folder / "export.json").read_text(encoding="utf-8"))
    photos = files_of(bank_root)
    for number, task in enumerate(tasks):
        task["data"]["image_path"] = str(photos[number % len(photos)].relative_to(bank_root))
    (folder / "export.json").write_text(json.dumps(tasks), encoding="utf-8")
    for task, other in zip(tasks, tasks[1:] + tasks[:1], strict=True):
        [mine], [theirs] = task["annotations"][:1], other["annotations"][:1]
        task["annotations"] = [
            mine | {"completed_by": 1},
            theirs | {"id": -1 - mine["id"], "completed_by": 2},
        ]
    (folder / "twice.json").write_text(json.dumps(tasks), encoding="utf-8")
