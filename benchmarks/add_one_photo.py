"""Adding one photo to a built bank of 1,000: one photo is embedded anew."""

from __future__ import annotations

import os
import shutil
import tempfile
from itertools import count
from pathlib import Path

import onnxruntime

from calls import heard
from embed_bank import RULES, embed
from facebank.stages.collect_embeddings import collect_embeddings
from facebank.stages.index_photos import index_photos
from figures import Figure, in_turn, seconds, timings
from machine import peak_memory
from photos import COUNT, PACK, bank, photo

__all__ = ["measure"]

THREADS = 2


def measure(rounds: int) -> list[Figure]:
    """Build the bank, then add a photo each round, and run what a new photo makes stale."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        root = work / "bank"
        # Not into the bank that other benchmarks share.
        shutil.copytree(bank(), root, copy_function=os.link)
        built = _build(root, work)
        peak = peak_memory()
        numbers = count(COUNT)

        def one_more() -> dict[str, float]:
            number = next(numbers)
            path = root / "scraped" / "newcomer" / f"{number}.jpg"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(photo(number))
            return {f"one more: {name}": value for name, value in _build(root, work).items()}

        def nothing_new() -> dict[str, float]:
            return {f"nothing new: {name}": value for name, value in _build(root, work).items()}

        spent = in_turn(rounds, one_more, nothing_new)
    counts = [
        Figure("one more: photos embedded anew", "photos", spent.pop("one more: photos"), 1),
        Figure("one more: model runs", "runs", spent.pop("one more: runs")),
        Figure("nothing new: photos embedded anew", "photos", spent.pop("nothing new: photos"), 0),
        Figure("nothing new: model runs", "runs", spent.pop("nothing new: runs"), 0),
    ]
    first = {f"first build: {name}": (built[name],) for name in ("index", "embed", "collect")}
    return [*counts, *timings(spent), *timings(first), Figure("first build: peak memory", "MiB", (peak,))]


def _build(root: Path, work: Path) -> dict[str, float]:
    """Run the stages from photos to embeddings; give their seconds, and how much was computed anew."""
    cache = work / "cache"
    photos = work / "inventory" / "photos.parquet"
    known = _entries(cache)
    runs = count()
    index = seconds(lambda: index_photos(root=root, output_dir=photos.parent, threads=THREADS))
    with heard(onnxruntime.InferenceSession, "run", lambda _: next(runs)):
        embedding = seconds(lambda: embed(root, work, threads=THREADS))
    collect = seconds(
        lambda: collect_embeddings(
            shards=(work / "shard.parquet",),
            photos=photos,
            pack=PACK,
            output_dir=work / "embeddings",
            det_sizes=RULES.det_sizes,
            min_score=RULES.min_score,
            keep_faces=RULES.keep_faces,
        )
    )
    computed = {"photos": _entries(cache) - known, "runs": next(runs)}
    return {"index": index, "embed": embedding, "collect": collect, **computed}


def _entries(cache: Path) -> int:
    """Count the photos whose faces are in the cache."""
    return sum(1 for _ in cache.rglob("*.arrays"))
