"""Embedding a bank of 1,000 photos with an empty cache, against the bare models and the bare decoder.

Strict: ``model`` is the sum of ``session.run`` on the very inputs that the stage gives the models, call by
call, and ``decode`` is Pillow on the same files. ``inputs and model`` is wider: it also resizes for the
detector and turns pixels into the models' planes, but neither cuts out faces nor reads the detector's
outputs. Models and decoder have as many threads as the stage: a model within one call, and once more (``side
by side``) as the stage uses them, each call on one thread. Inputs exist for a few photos at a time, so that
no side works out of gigabytes of memory.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import onnxruntime
from PIL import Image

from calls import Call, recorded
from facebank.bank.extraction import ExtractionRules, extract_faces
from facebank.faces.embedder import Embedder
from facebank.faces.retinaface import RetinaFace
from facebank.media.images import read_photo
from facebank.runtime.packs import load_pack
from facebank.stages.embed_photos import embed_photos
from figures import Figure, clocks, in_turn, ratios, timings
from photos import PACK, bank, files_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["embed", "measure"]

#: At most this much more than the bare model and the bare decoder.
TARGET = 1.15
#: The stage's own defaults.
RULES = ExtractionRules(det_sizes=(320, 640), min_score=0.5, keep_faces=4)
#: Calls whose inputs exist at the same time.
_CALLS = 150
#: No detector is as sure as this, so its outputs are gated and not decoded.
_UNREACHABLE = 2.0
#: Marks processor time.
_PROCESSOR = ", processor time"


def measure(rounds: int) -> list[Figure]:
    """Measure with one thread and with two."""
    work = _Work.of(bank())
    return [figure for threads in (1, 2) for figure in _measure(rounds, work, threads)]


def embed(root: Path, work: Path, *, threads: int, det_sizes: tuple[int, ...] = RULES.det_sizes) -> None:
    """Run the stage on all photos of a bank; shard and cache go into the folder `work`."""
    embed_photos(
        root=root,
        pack=PACK,
        output=work / "shard.parquet",
        cache=work / "cache",
        det_sizes=det_sizes,
        min_score=RULES.min_score,
        keep_faces=RULES.keep_faces,
        threads=threads,
    )


def _measure(rounds: int, work: _Work, threads: int) -> list[Figure]:
    """Measure stage and bare parts in turn."""
    models = _Models.open(threads)
    singles = _Models.open(1) if threads > 1 else None

    def stage_pass() -> dict[str, float]:
        with tempfile.TemporaryDirectory() as folder:
            return _clocked("stage", partial(embed, work.root, Path(folder), threads=threads))

    def bare_pass() -> dict[str, float]:
        with ThreadPoolExecutor(threads) as pool:
            spent = Counter(_clocked("decode", lambda: list(pool.map(_decode, work.files))))
            for calls in work.portions():
                spent.update(_bare(models, singles, calls, pool))
        return dict(spent)

    spent = in_turn(rounds, stage_pass, bare_pass)

    def ratio(part: str, clock: str = "", *, at_most: float | None = None) -> Figure:
        bare = [sum(pair) for pair in zip(spent[part + clock], spent["decode" + clock], strict=True)]
        return ratios(f"stage / ({part} + decode){clock}", spent["stage" + clock], bare, at_most=at_most)

    figures = timings({name: values for name, values in spent.items() if not name.endswith(_PROCESSOR)})
    figures += [ratio("model", at_most=TARGET), ratio("inputs and model")]
    # On several threads ONNX Runtime waits for work in a loop, so only one thread's processor time tells.
    figures.append(ratio("model", _PROCESSOR) if threads == 1 else ratio("model, side by side"))
    return [replace(it, name=f"{threads} thread{'s' * (threads > 1)}: {it.name}") for it in figures]


def _clocked(name: str, work: Callable[[], object]) -> dict[str, float]:
    """Give wall and processor time of a call by name."""
    wall, processor = clocks(work)
    return {name: wall, name + _PROCESSOR: processor}


@dataclass(frozen=True, slots=True)
class _Models:
    """The pack's models on sessions of some threads."""

    detector: RetinaFace
    embedder: Embedder

    @classmethod
    def open(cls, threads: int) -> _Models:
        """Open the models."""
        pack = load_pack(PACK)
        return cls(RetinaFace(pack, threads=threads), Embedder(pack, threads=threads))

    def feed(self, call: Call) -> object:
        """Make the inputs of a call, and run the model on them."""
        if isinstance(call.owner, Embedder):
            return call.again(self.embedder)
        return call.again(self.detector, score_threshold=_UNREACHABLE)

    def sessions(self) -> tuple[onnxruntime.InferenceSession, onnxruntime.InferenceSession]:
        """Give the bare sessions."""
        return self.detector._session, self.embedder._model.session  # noqa: SLF001 - they are what is measured


@dataclass(frozen=True, slots=True)
class _Work:
    """The bank, its photos, and what the stage asks of detector and embedder for them."""

    root: Path
    files: Sequence[Path]
    calls: Sequence[Call]

    @classmethod
    def of(cls, root: Path) -> _Work:
        """Extract the faces of all photos, and record the calls on the way."""
        files, models = files_of(root), _Models.open(2)
        calls: list[Call] = []
        with recorded(RetinaFace, "detect") as looks, recorded(Embedder, "embed") as crops:
            for file in files:
                extract_faces(read_photo(file).pixels, models.detector, models.embedder, RULES)
                calls += [*looks, *crops]
                looks.clear()
                crops.clear()
        return cls(root, files, calls)

    def portions(self) -> Iterator[Sequence[Call]]:
        """Give the calls, some at a time."""
        for start in range(0, len(self.calls), _CALLS):
            yield self.calls[start : start + _CALLS]


def _bare(
    models: _Models, singles: _Models | None, calls: Sequence[Call], pool: ThreadPoolExecutor
) -> dict[str, float]:
    """Time inputs and model, the model alone, and its calls side by side on models of one thread."""
    with recorded(onnxruntime.InferenceSession, "run") as runs:
        inputs = _clocked("inputs and model", lambda: [models.feed(call) for call in calls])
    spent = {**inputs, **_clocked("model", lambda: [run.again() for run in runs])}
    if singles is not None:
        single = dict(zip(map(id, models.sessions()), singles.sessions(), strict=True))
        spent |= _clocked(
            "model, side by side",
            lambda: list(pool.map(lambda run: run.again(single[id(run.owner)]), runs)),
        )
    return spent


def _decode(file: Path) -> None:
    """Decode a file with nothing around it."""
    with Image.open(file) as image:
        image.load()
