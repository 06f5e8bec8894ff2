from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from facebank.gallery.manifest import embedding_path, embedding_paths, failure_text, json_floats, set_order


@given(arrays(np.float32, st.integers(0, 9), elements=st.floats(-1, 1, width=32)))
def test_written_floats_read_back_as_the_same_float32(vector: np.ndarray) -> None:
    assert np.array_equal(np.array(json_floats(vector), dtype=np.float32), vector)


def test_written_floats_are_short() -> None:
    assert json_floats(np.array([0.1, -0.25], np.float32)) == [0.1, -0.25]


@pytest.mark.parametrize(
    ("reason", "text"), [("NO_FACE", "no face detected"), ("TOO_MANY_PIXELS", "too many pixels")]
)
def test_reasons_in_words(reason: str, text: str) -> None:
    assert failure_text(reason) == text


def test_sets_in_order() -> None:
    assert sorted(["b", "scraped", "a", "heldout"], key=set_order) == ["heldout", "scraped", "a", "b"]


def test_an_embedding_lies_beside_its_photo() -> None:
    assert embedding_path("scraped/ann/é 1.jpg") == "scraped/ann/é 1.jpg.arcface.npy"


def test_embeddings_of_photos_whose_names_are_alike_do_not_replace_each_other() -> None:
    photos = {"s/Ann/1.jpg": "a" * 64, "s/ann/1.JPG": "b" * 64, "s/ann/2.jpg": "c" * 64}
    faces = pd.DataFrame({"photo": [*photos], "sha256": [*photos.values()]})
    bank: Any = SimpleNamespace(faces=faces)
    assert embedding_paths(bank) == {
        "s/Ann/1.jpg": "s/Ann/aaaaaaaaaaaa-1.jpg.arcface.npy",
        "s/ann/1.JPG": "s/ann/bbbbbbbbbbbb-1.JPG.arcface.npy",
        "s/ann/2.jpg": "s/ann/2.jpg.arcface.npy",
    }
