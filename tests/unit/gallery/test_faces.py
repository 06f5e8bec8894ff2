from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from facebank.artifacts.tables import write_table
from facebank.bank.schemas import faces_schema
from facebank.errors import DataError
from facebank.gallery.faces import matrix_of, read_faces
from gallery_banks import people, texture, write_inputs


@pytest.fixture
def folder(tmp_path: Path) -> tuple[Path, np.ndarray]:
    photos = {"scraped/bo/2.png": texture(2), "heldout/al/é 1.png": texture(1)}
    embeddings = people([2, 1], alike=0.8, strangers=0.3, dimension=5)
    faces = [
        ("scraped/bo/2.png", (10, 20, 40, 60), embeddings[0]),
        ("heldout/al/é 1.png", (0, 0, 9, 9), embeddings[1]),
        ("scraped/bo/2.png", (1, 2, 3, 4), embeddings[2]),
    ]
    return write_inputs(tmp_path / "bank", photos, faces, tmp_path)[1], embeddings


def test_faces_as_arrays(folder: tuple[Path, np.ndarray]) -> None:
    path, embeddings = folder
    faces = read_faces(path)
    assert faces.table["photo"].tolist() == ["heldout/al/é 1.png", "scraped/bo/2.png", "scraped/bo/2.png"]
    np.testing.assert_array_equal(faces.embeddings, embeddings[[1, 0, 2]])
    assert faces.slugs == ("al", "bo")
    assert faces.identities.tolist() == [0, 1, 1]
    assert faces.photo_rows.tolist() == [0, 1, 1]
    assert faces.faces_found.tolist() == [1, 2, 2]
    assert faces.areas.tolist() == [81, 1200, 4]
    assert faces.sizes.tolist() == [[96, 72]] * 3
    assert faces.of_photos()["photo"].tolist() == ["heldout/al/é 1.png", "scraped/bo/2.png"]


def test_a_missing_table(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="Cannot read the table"):
        read_faces(tmp_path)


def test_no_faces_at_all(tmp_path: Path) -> None:
    write_table(tmp_path / "faces.parquet", [], faces_schema(4))
    with pytest.raises(DataError, match="has no face"):
        read_faces(tmp_path)


def test_missing_columns(tmp_path: Path) -> None:
    table = pa.table({"photo": ["a"]})
    write_table(tmp_path / "faces.parquet", table, table.schema)
    with pytest.raises(DataError, match="identity"):
        read_faces(tmp_path)


@pytest.mark.parametrize("value", [0.0, 2.0, np.nan])
def test_an_embedding_without_direction(tmp_path: Path, value: float) -> None:
    embedding = np.array([value, 0, 0], np.float32)
    faces = [("scraped/bo/2.png", (0, 0, 9, 9), embedding)]
    _, path = write_inputs(tmp_path / "bank", {"scraped/bo/2.png": texture(2)}, faces, tmp_path)
    with pytest.raises(DataError, match=r"not of length 1.*scraped/bo/2\.png"):
        read_faces(path)


def test_a_matrix_survives_chunks() -> None:
    kind = pa.list_(pa.float32(), 2)
    column = pa.chunked_array([pa.array([[1, 2]], kind), pa.array([[3, 4], [5, 6]], kind)])
    assert matrix_of(pa.table({"e": column}), "e").tolist() == [[1, 2], [3, 4], [5, 6]]
    assert matrix_of(pa.table({"e": column}).slice(1, 1), "e").tolist() == [[3, 4]]
