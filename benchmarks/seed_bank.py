"""A bank of 200 photos and its recall, against the first version's way: one photo at a time, one thread.

``detector at 320`` asks of ours what the reference does; ``as configured`` looks at 320 and at 640 pixels and
finds more faces. Ours also describes every face, keeps four of them, and hashes and caches. Both open their
models anew.
"""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from embed_bank import RULES, embed
from facebank.faces.embedder import Embedder
from facebank.faces.retinaface import RetinaFace
from facebank.runtime.packs import load_pack
from facebank.runtime.threads import limit_threads
from figures import Figure, in_turn, ratios, seconds, timings
from galleries import random_bank
from leave_one_out import IDENTITIES, PHOTOS, run
from photos import PACK, bank, files_of, some_of
from reference.seed_bank import embed_every, match_every

if TYPE_CHECKING:
    from galleries import RandomBank

__all__ = ["measure"]

COUNT, SIZE = 200, 320


def measure(rounds: int) -> list[Figure]:
    """Measure embedding, then matching."""
    limit_threads(1)
    gallery = random_bank(PHOTOS, IDENTITIES)
    with tempfile.TemporaryDirectory() as folder:
        root = some_of(bank(), COUNT, Path(folder) / "bank")
        spent = in_turn(
            rounds,
            partial(_reference, root),
            partial(_ours, root, "embed_photos, detector at 320", (SIZE,)),
            partial(_ours, root, "embed_photos, as configured", RULES.det_sizes),
            lambda: {"reference: matching": seconds(lambda: _match_every(gallery))},
            lambda: {"leave_one_out": seconds(lambda: run(gallery))},
        )
    ours, reference = spent["embed_photos, detector at 320"], spent["reference"]
    return [
        *timings(spent),
        ratios("embed_photos / reference", ours, reference),
        ratios("leave_one_out / reference", spent["leave_one_out"], spent["reference: matching"]),
    ]


def _reference(root: Path) -> dict[str, float]:
    """Time the reference's way to the embeddings."""

    def work() -> None:
        pack = load_pack(PACK)
        detector, embedder = RetinaFace(pack)._session, Embedder(pack)._model.session  # noqa: SLF001 - it has none
        with tempfile.TemporaryDirectory() as folder:
            embed_every(files_of(root), detector, embedder, Path(folder), det_size=SIZE)

    return {"reference": seconds(work)}


def _ours(root: Path, name: str, det_sizes: tuple[int, ...]) -> dict[str, float]:
    """Time the stage."""
    with tempfile.TemporaryDirectory() as work:
        return {name: seconds(lambda: embed(root, Path(work), threads=1, det_sizes=det_sizes))}


def _match_every(gallery: RandomBank) -> None:
    """Match every photo in the reference's way."""
    match_every(gallery.embeddings, gallery.identities)
