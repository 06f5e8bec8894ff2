from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from facebank.artifacts.atomic import write_json
from facebank.artifacts.tables import write_table
from facebank.errors import CheckError
from facebank.release.array_checks import require_arrays
from facebank.sources.schemas import VERDICTS
from facebank.supervision.layout import ARRAYS, FOLDER
from facebank.tracks.interpolation import Status
from label_scenes import label_document
from supervised import CENTROIDS, labelled, source, track, variant, write_release

BOX = [100.0, 100, 160, 180]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    sources = [
        source(name, track([Status.DETECTED, Status.HIDDEN, Status.INTERPOLATED], [BOX] * 3))
        for name in ("ep01", "ep02")
    ]
    name = "ep01__var00"
    write_release(
        folder,
        labelled(*sources),
        variants=[variant(name, ("ada",), 3)],
        verdicts=[(name, 0, "mismatch", True)],
    )
    for each in sources:
        document = label_document(each, "placeholder") | {"video_sha256": "0" * 64}
        write_json(folder / "face_labels" / f"{each.source}.face_labels.json", document, indent=None)
    celebs = {
        slug: {"photos": {}, "centroid": vector, "n_photos": 0, "n_failed": 0}
        for slug, vector in CENTROIDS.items()
    }
    head = {"bank_root": "arcface_embeddings", "buffalo_l_det_size": 640, "schema_version": 1}
    more = {"model_pack": "lite", "embedding_dim": 2, "celebs": celebs, "failed": []}
    write_json(folder / "celeb_embeddings.json", head | more)
    verdict = {"variant": name, "source": "ep01", "slot": 0, "verdict": "mismatch", "excluded": True}
    write_table(folder / "audit" / "verdicts.parquet", [verdict], VERDICTS)
    return folder


@pytest.fixture
def release(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "r"))


def test_a_release_without_arrays_has_nothing_to_check(tmp_path: Path) -> None:
    assert require_arrays(tmp_path) == 0


def test_frames_of_arrays_that_agree_are_counted(release: Path) -> None:
    assert require_arrays(release) == 6


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("centroids", (1, 0)),
        ("identity_status", (3,)),
        ("boxes", (5, 0, 3)),
        ("boxes", (1, 0, 0)),
        ("confidence", (4, 0)),
        ("status", (1, 0)),
        ("source_sizes", (1, 0)),
        ("source_offsets", (1,)),
        ("excluded", (0, 0)),
    ],
)
def test_an_array_that_says_something_else_is_found(release: Path, name: str, place: tuple[int, ...]) -> None:
    path = release / FOLDER / f"{name}.npy"
    array = np.load(path)
    array[place] = not array[place] if name in ("excluded", "identity_status") else array[place] + 1
    array = array.astype(ARRAYS[name][0])
    np.save(path, array)
    with pytest.raises(CheckError, match=r"(contradicts itself|cannot be used).*supervision"):
        require_arrays(release)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda release: (release / "face_labels" / "ep02.face_labels.json").unlink(),
        lambda release: (release / "audit" / "verdicts.parquet").unlink(),
        lambda release: (release / "celeb_embeddings.json").unlink(),
        lambda release: (release / FOLDER / "boxes.npy").unlink(),
        lambda release: _rename(release / "celeb_embeddings.json"),
    ],
)
def test_documents_that_say_something_else_are_found(release: Path, spoil: Callable[[Path], object]) -> None:
    spoil(release)
    with pytest.raises(CheckError, match="supervision"):
        require_arrays(release)


def _rename(path: Path) -> None:
    document = json.loads(path.read_text())
    document["celebs"]["zoe"] = document["celebs"].pop("dora")
    write_json(path, document)
