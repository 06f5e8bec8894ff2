"""The embedder: real faces of real people, batch by batch the same."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from insightface.model_zoo import get_model

from facebank.errors import DataError, ModelError
from facebank.faces.alignment import align
from facebank.faces.embedder import open_embedder, unit
from facebank.runtime.packs import load_pack
from portraits import LITE, TINY, astronaut, detector, embedder, friends, hanks, hopper

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


def crops(size: int) -> list[NDArray[np.uint8]]:
    """Align the nine faces of the sample photos."""
    photos = (astronaut(), hopper(), hanks(), friends())
    found = [detector().detect([photo], det_size=640, score_threshold=0.8)[0] for photo in photos]
    return [
        align(photo, landmarks, size)
        for photo, faces in zip(photos, found, strict=True)
        for landmarks in faces.landmarks
    ]


@pytest.mark.parametrize("folder", [LITE, TINY])
def test_an_embedding_does_not_depend_on_its_batch(folder: Path) -> None:
    model = embedder(folder)
    faces = crops(model.input_size)
    together = model.embed(faces)
    assert (together.shape, together.dtype) == ((9, model.dimension), np.float32)
    np.testing.assert_array_equal(together, np.concatenate([model.embed([face]) for face in faces]))
    np.testing.assert_array_equal(together[:3], model.embed(faces * 2)[9:12])
    np.testing.assert_array_equal(together, open_embedder(load_pack(folder), threads=2).embed(faces))


@pytest.mark.parametrize("folder", [LITE, TINY])
def test_it_is_what_insightface_computes(folder: Path) -> None:
    model = embedder(folder)
    faces = crops(model.input_size)[:2]
    own = get_model(str(load_pack(folder).file("embedder").path), providers=["CPUExecutionProvider"])
    expected = own.get_feat([np.ascontiguousarray(face[:, :, ::-1]) for face in faces])
    np.testing.assert_array_equal(model.embed(faces), expected)


@pytest.mark.parametrize("folder", [LITE, TINY])
def test_a_person_is_nearest_to_their_own_mirrored_picture(folder: Path) -> None:
    model = embedder(folder)
    faces = crops(model.input_size)
    plain = unit(model.embed(faces))
    mirrored = unit(model.embed([np.ascontiguousarray(face[:, ::-1]) for face in faces]))
    assert (plain @ mirrored.T).argmax(axis=1).tolist() == list(range(9))


def test_swapped_channels_give_another_vector() -> None:
    model = embedder(TINY)
    face = crops(112)[0]
    swapped = np.ascontiguousarray(face[:, :, ::-1])
    right, wrong = unit(model.embed([face, swapped]))
    assert right @ wrong < 0.99


def test_an_embedder_that_takes_bgr_gets_bgr() -> None:
    pack = load_pack(TINY)
    swapping = dataclasses.replace(pack, embedder=dataclasses.replace(pack.embedder, colour="bgr"))
    face = crops(112)[0]
    swapped = np.ascontiguousarray(face[:, :, ::-1])
    np.testing.assert_array_equal(open_embedder(swapping).embed([swapped]), embedder(TINY).embed([face]))


def test_faces_of_an_image_are_aligned_first() -> None:
    model = embedder(TINY)
    landmarks = detector().detect([friends()], det_size=640, score_threshold=0.8)[0].landmarks
    aligned = [align(friends(), points, 112) for points in landmarks]
    np.testing.assert_array_equal(model.embed_faces(friends(), landmarks), model.embed(aligned))
    assert model.embed_faces(friends(), landmarks[:0]).shape == (0, 256)


def test_a_crop_of_another_size_is_refused() -> None:
    with pytest.raises(DataError, match=r"expected \(112, 112, 3\), found \(224, 224, 3\)"):
        embedder(TINY).embed([np.zeros((224, 224, 3), np.uint8)])


@pytest.mark.parametrize("change", [{"dimension": 512}, {"input_size": 224}, {"mean": 127.5}, {"std": 127.5}])
def test_a_model_that_differs_from_its_contract_is_refused(change: dict[str, float]) -> None:
    pack = load_pack(TINY)
    contract = dataclasses.replace(pack.embedder, **change)  # type: ignore[arg-type]
    with pytest.raises(ModelError, match="differs from its contract"):
        open_embedder(dataclasses.replace(pack, embedder=contract))


@given(
    hnp.arrays(
        np.float32,
        st.tuples(st.integers(0, 5), st.integers(1, 9)),
        elements=st.integers(-9, 9).filter(bool).map(float),
    )
)
def test_unit_rows_have_length_one_and_keep_their_direction(rows: NDArray[np.float32]) -> None:
    scaled = unit(rows)
    assert scaled.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(scaled, axis=1), 1, rtol=1e-6)
    np.testing.assert_array_equal(np.sign(scaled), np.sign(rows))


@pytest.mark.parametrize("row", [[0, 0], [np.nan, 1], [np.inf, 1]])
def test_a_row_without_a_length_is_an_error(row: list[float]) -> None:
    with pytest.raises(DataError, match="in row 1"):
        unit(np.array([[1, 2], row]))
