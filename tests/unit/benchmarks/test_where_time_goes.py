"""Samples of a stage's stacks are counted by the part that the innermost known call belongs to."""

from __future__ import annotations

import pytest

from facebank.project import PROJECT
from where_time_goes import part_of, parts_in

_MAIN = "<module> (facebank/__main__.py:9);main (facebank/cli.py:160)"
_IMPORT = "_find_and_load (<frozen importlib._bootstrap>:1)"
_EMBED = "embed_photos (facebank/stages/embed_photos.py:80)"


@pytest.mark.parametrize(
    ("stack", "part"),
    [
        ("", "other Python and NumPy"),
        (_MAIN, "start and imports"),
        (f"{_MAIN};{_IMPORT};<module> (PIL/Image.py:3)", "start and imports"),
        (f"{_MAIN};{_EMBED};run (onnxruntime/capi/onnxruntime_inference_collection.py:2)", "models"),
        (f"{_MAIN};{_EMBED};_blob (facebank/faces/retinaface.py:90)", "faces: crops, boxes, pose"),
        (f"{_MAIN};{_EMBED};load (PIL/ImageFile.py:300);read (io.py:1)", "decoding"),
        ("worker (threading.py:1);unknown (numpy/x.py:2)", "other Python and NumPy"),
    ],
)  # fmt: skip
def test_the_innermost_known_call_decides(stack: str, part: str) -> None:
    assert part_of(stack) == part


@pytest.mark.parametrize(
    ("module", "part"),
    [
        ("media/videos.py", "decoding"),
        ("validation/plots.py", "pictures and plots"),
        ("scoring/overlays.py", "pictures and plots"),
        ("faces/boxes.py", "faces: crops, boxes, pose"),
        ("gold/masks.py", "masks"),
        ("label_studio/brush.py", "masks"),
        ("scoring/scores.py", "masks"),
        ("predictor/regions.py", "masks"),
        ("artifacts/tables.py", "tables, JSON and digests"),
    ],
)
def test_the_patterns_name_modules_that_are_there(module: str, part: str) -> None:
    assert (PROJECT / "workflow/src/facebank" / module).is_file()
    assert part_of(f"{_MAIN};work (facebank/{module}:3)") == part


@pytest.mark.parametrize(
    ("lines", "counts"),
    [
        ([], {}),
        ([f"{_MAIN} 3\n", "load (PIL/ImageFile.py:1) 2\n", f"{_MAIN};other (cyclopts/core.py:4) 1\n"],
         {"start and imports": 4, "decoding": 2}),
    ],
)  # fmt: skip
def test_counts_by_part(lines: list[str], counts: dict[str, int]) -> None:
    assert parts_in(lines) == counts
