"""Embedding 250 photos on CUDA, with an empty cache; nothing is measured where there is no CUDA.

``model`` is ``session.run`` on the very inputs that the stage gives, one after the other on one thread, and
``decode`` is Pillow on the same files with as many threads as the stage. ``CPU`` is the same stage on all
cores.
"""

from __future__ import annotations

import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import onnxruntime
from PIL import Image

from calls import recorded
from facebank.bank.extraction import ExtractionRules, extract_faces
from facebank.errors import ModelError
from facebank.faces.detector import open_detector
from facebank.faces.embedder import open_embedder
from facebank.media.images import read_photo
from facebank.runtime.packs import load_pack
from facebank.runtime.sessions import require_provider
from facebank.stages.embed_photos import embed_photos
from figures import Figure, in_turn, ratios, seconds, timings
from photos import PACK, bank, files_of, some_of

__all__ = ["measure"]

COUNT = 250
_RULES = ExtractionRules(det_sizes=(320, 640), min_score=0.5, keep_faces=4)


def measure(rounds: int) -> list[Figure]:
    """Measure with more and more threads beside the device."""
    try:
        require_provider("cuda")
    except ModelError:
        return []
    cores = os.cpu_count() or 1
    budgets = [threads for threads in (1, 4, 8, 16) if threads <= cores]
    with tempfile.TemporaryDirectory(dir=bank().parent) as folder:
        root = some_of(bank(), COUNT, Path(folder))
        spent = in_turn(
            rounds,
            partial(_bare, files_of(root), budgets),
            *(partial(_stage, f"CUDA, {threads} threads", root, "cuda", threads) for threads in budgets),
            partial(_stage, f"CPU, {cores} threads", root, "cpu", cores),
        )
    figures = timings(spent)
    for threads in budgets:
        bare = [sum(pair) for pair in zip(spent["model"], spent[f"decode, {threads} threads"], strict=True)]
        stage = spent[f"CUDA, {threads} threads"]
        figures.append(ratios(f"CUDA, {threads} threads / (model + decode)", stage, bare))
    return figures


def _stage(name: str, root: Path, device: str, threads: int) -> dict[str, float]:
    """Time the stage; a process opens its models once, so that is part of it."""
    with tempfile.TemporaryDirectory() as folder:
        work = partial(
            embed_photos,
            root=root,
            pack=PACK,
            output=Path(folder) / "shard.parquet",
            cache=Path(folder) / "cache",
            det_sizes=_RULES.det_sizes,
            device=device,
            threads=threads,
        )
        return {name: seconds(work)}


def _bare(files: list[Path], budgets: list[int]) -> dict[str, float]:
    """Time decoder and models with nothing around them."""
    spent = {}
    for threads in budgets:
        with ThreadPoolExecutor(threads) as pool:
            spent[f"decode, {threads} threads"] = seconds(lambda pool=pool: list(pool.map(_decode, files)))
    pack = load_pack(PACK)
    models = open_detector(pack, device="cuda"), open_embedder(pack, device="cuda")
    with recorded(onnxruntime.InferenceSession, "run") as runs:
        for file in files:
            extract_faces(read_photo(file).pixels, *models, _RULES)
    return spent | {"model": seconds(lambda: [run.again() for run in runs])}


def _decode(file: Path) -> None:
    """Decode a file with nothing around it."""
    with Image.open(file) as image:
        image.load()
