"""CUDA for real, where there is one: ``pytest -m gpu tests/gpu`` in an environment with onnxruntime-gpu."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from facebank.errors import ModelError
from facebank.faces.detector import open_detector
from facebank.faces.embedder import open_embedder, unit
from facebank.runtime.packs import load_pack
from facebank.runtime.sessions import open_session, require_provider
from facebank.stages.check_models import examine
from portraits import LITE, TINY, detector, embedder, friends

pytestmark = pytest.mark.gpu


@pytest.fixture(autouse=True, scope="module")
def _cuda() -> None:
    try:
        require_provider("cuda")
    except ModelError as error:
        pytest.skip(str(error))


def test_the_session_is_where_it_should_be() -> None:
    session = open_session(TINY / "mobileface.onnx", device="cuda:0")
    options = session.get_provider_options()["CUDAExecutionProvider"]
    assert session.get_providers()[0] == "CUDAExecutionProvider"
    assert (options["device_id"], options["use_tf32"], options["cudnn_conv_algo_search"]) == (
        "0",
        "0",
        "HEURISTIC",
    )


def test_a_gpu_that_is_not_there_is_refused() -> None:
    with pytest.raises(ModelError, match="expected GPU 99"):
        open_session(TINY / "mobileface.onnx", device="cuda:99")


@pytest.mark.parametrize("folder", [LITE, TINY])
def test_the_packs_say_what_they_say_on_the_cpu(folder: Path) -> None:
    examine(load_pack(folder), device="cuda")


@pytest.mark.parametrize("folder", [LITE, TINY])
def test_two_runs_are_equal_and_near_the_cpu(folder: Path) -> None:
    pack = load_pack(folder)
    runs = []
    for _ in range(2):
        faces = open_detector(pack, device="cuda").detect([friends()], det_size=640, score_threshold=0.8)[0]
        runs.append((faces, open_embedder(pack, device="cuda").embed_faces(friends(), faces.landmarks)))
    (first, vectors), (second, again) = runs
    np.testing.assert_array_equal(first.boxes, second.boxes)
    np.testing.assert_array_equal(vectors, again)

    on_cpu = detector().detect([friends()], det_size=640, score_threshold=0.8)[0]
    np.testing.assert_allclose(first.boxes, on_cpu.boxes, atol=0.5)
    expected = unit(embedder(folder).embed_faces(friends(), on_cpu.landmarks))
    assert (unit(vectors) * expected).sum(axis=1).min() > 0.99


def test_a_photo_has_the_same_faces_whatever_came_before() -> None:
    """Sessions keep what they planned for a shape: the order of photos of many shapes must not show."""
    photos = [np.ascontiguousarray(friends()[: 886 - 50 * number]) for number in range(4)]
    finder = open_detector(load_pack(LITE), device="cuda")
    forth = [finder.detect([photo], det_size=640, score_threshold=0.8)[0] for photo in photos]
    back = [finder.detect([photo], det_size=640, score_threshold=0.8)[0] for photo in photos[::-1]][::-1]
    for one, other in zip(forth, back, strict=True):
        np.testing.assert_array_equal(one.boxes, other.boxes)
