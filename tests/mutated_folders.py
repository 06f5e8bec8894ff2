"""Folders of a few good photos or videos and many mutated ones, through the stages that decode them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from clips import PACK, Clip, encode
from facebank.artifacts.tables import read_tsv
from facebank.cli import main
from fuzz import images, videos
from mutations import mutated
from portraits import TINY, astronaut, encoded, hanks, shrunk, write

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Account", "photos_and_faces", "videos_and_detections"]

#: What a name ends in says nothing of what is in the file.
_PHOTOS, _VIDEOS = (".jpg", ".png", ".webp", ".bmp"), (".mp4", ".mkv", ".avi", ".mov")


@dataclass(frozen=True)
class Account:
    """What became of the files of a folder.

    Attributes
    ----------
    files : set of str
        All of them.
    listed : Counter
        How often each is used, rejected or ignored; once is right.
    reasons : dict
        Reason -> number of files; those that are used under ``used``.
    good : dict
        Table -> the rows of the good files.
    """

    files: set[str]
    listed: Counter[str]
    reasons: dict[str, int]
    good: dict[str, pa.Table]


def photos_and_faces(place: Path, count: int, *how: str) -> Account:
    """Index and embed a bank of four good photos and `count` mutated ones."""
    bank = _bank(place / "bank", count)
    _run("index-photos", "--root", bank, "--output-dir", place / "V", "--threads=2", *how)
    _run("embed-photos", "--root", bank, "--pack", TINY, "--cache", place / "cache", "--threads=2",
         "--output", place / "shard.parquet", "--det-sizes=96", *how)  # fmt: skip
    _run("collect-embeddings", "--photos", place / "V/photos.parquet", "--shards", place / "shard.parquet",
         "--pack", TINY, "--output-dir", place / "E", "--det-sizes=96")  # fmt: skip
    used = pq.read_table(place / "V/photos.parquet")
    faces = pq.read_table(place / "E/faces.parquet")
    lost = [row["file"] for row in read_tsv(place / "E/rejected.tsv")]
    assert set(used["photo"].to_pylist()) == {*faces["photo"].to_pylist(), *lost}
    return _account(bank, used["photo"].to_pylist(), place / "V", {"photos": used, "faces": faces}, "photo")


def videos_and_detections(place: Path, count: int, *how: str) -> Account:
    """Index three good videos and `count` mutated ones, and find their faces."""
    root = _sources(place / "sources", count)
    _run("index-sources", "--root", root, "--output-dir", place / "S", *how)
    _run("detect-keyframes", "--root", root, "--pack", PACK, "--cache", place / "cache", "--det-size=160",
         "--output", place / "shard.parquet", *how)  # fmt: skip
    _run("collect-detections", "--variants", place / "S/variants.parquet", "--pack", PACK,
         "--shards", place / "shard.parquet", "--output-dir", place / "D", "--det-size=160")  # fmt: skip
    used = pq.read_table(place / "S/variants.parquet")
    tables = {name: pq.read_table(place / f"D/{name}.parquet") for name in ("videos", "frames", "detections")}
    broken = [row["file"] for row in read_tsv(place / "D/rejected.tsv")]
    assert sorted(used["video"].to_pylist()) == sorted([*tables["videos"]["video"].to_pylist(), *broken])
    return _account(root, used["video"].to_pylist(), place / "S", {"variants": used, **tables}, "source")


def _run(*words: object) -> None:
    """Run a stage, which has to end well."""
    assert main([str(word) for word in words]) == 0


def _bank(root: Path, count: int) -> Path:
    """Make a bank; half of the mutated photos are of a person who has good ones."""
    for number, left in enumerate((0, 40, 80)):
        shown = shrunk(astronaut()[:300, left : left + 300], 120)
        write(root / f"heldout/Collins/good-{number}.png", encoded(shown, "PNG"))
    write(root / "scraped/Hanks/good-0.jpg", encoded(hanks()))
    corpus = [*images.corpus(), *(path.read_bytes() for path in sorted(root.rglob("good-*")))]
    random = Random(5)  # noqa: S311 (not for secrets)
    for number in range(count):
        person = "heldout/Collins" if number % 2 else f"scraped/Person {number % 50}"
        data = mutated(random.choice(corpus), corpus, random)
        write(root / person / f"{number:05}{random.choice(_PHOTOS)}", data)
    return root


def _sources(root: Path, count: int) -> Path:
    """Make a folder of plain videos, each a source of its own."""
    for number in range(3):
        encode(root / f"good-{number}.mp4", Clip(("centre", "left", "tall"), 4 + number, {}).pictures())
    corpus = [*videos.corpus(), (root / "good-0.mp4").read_bytes()]
    random = Random(6)  # noqa: S311 (not for secrets)
    for number in range(count):
        write(root / f"{number:05}{random.choice(_VIDEOS)}", mutated(random.choice(corpus), corpus, random))
    return root


def _account(root: Path, used: list[str], inventory: Path, tables: dict[str, pa.Table], key: str) -> Account:
    """Say what became of each file, and which rows the good ones have."""
    left_out: list[dict[str, Any]] = [
        row for name in ("rejected", "ignored") for row in read_tsv(inventory / f"{name}.tsv")
    ]
    return Account(
        files={path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()},
        listed=Counter([*used, *(row["file"] for row in left_out)]),
        reasons={"used": len(used), **dict(sorted(Counter(row["reason"] for row in left_out).items()))},
        good={name: table.filter(pc.match_substring(table[key], "good-")) for name, table in tables.items()},
    )
