from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from facebank.gallery.faces import Faces
from facebank.gallery.policies import FacePolicy, choose_faces
from gallery_banks import people


def faces(
    boxes: list[tuple[int, int, int, int]],
    photo_rows: list[int],
    embeddings: np.ndarray | None = None,
    identities: np.ndarray | None = None,
    size: tuple[int, int] = (100, 100),
) -> Faces:
    count = len(boxes)
    photo_rows = np.array(photo_rows, dtype=np.int64)
    return Faces(
        table=pd.DataFrame({"photo": photo_rows}),
        embeddings=np.ones((count, 1), np.float32) if embeddings is None else embeddings,
        boxes=np.array(boxes, dtype=np.float64).reshape(count, 4),
        sizes=np.tile(np.array(size, dtype=np.float64), (count, 1)),
        faces_found=np.bincount(photo_rows, minlength=1)[photo_rows],
        photo_rows=photo_rows,
        identities=np.zeros(count, np.int64) if identities is None else identities,
        slugs=("a", "b"),
    )


CENTRE, CORNER, TINY = (40, 40, 60, 60), (0, 0, 25, 25), (45, 45, 50, 50)


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("largest", [1, 3, 4]),
        ("largest_central", [0, 3, 4]),
        ("only_one", [4]),
        ("closest_to_centroid", [1, 3, 4]),
    ],
)
def test_each_policy(policy: FacePolicy, expected: list[int]) -> None:
    bank = faces([CENTRE, CORNER, TINY, CENTRE, CORNER], [0, 0, 1, 1, 2])
    if policy == "closest_to_centroid":
        bank.embeddings[:] = np.array([[0.2], [0.9], [0.1], [0.3], [1.0]])
    assert choose_faces(bank, policy, np.arange(3)).tolist() == expected


@pytest.mark.parametrize("policy", ["largest", "largest_central", "only_one", "closest_to_centroid"])
def test_no_faces(policy: FacePolicy) -> None:
    empty = faces([], [], embeddings=np.empty((0, 4), np.float32))
    assert choose_faces(empty, policy, np.empty(0, np.int64)).tolist() == []


def test_equals_go_to_the_first() -> None:
    assert choose_faces(faces([CENTRE, CENTRE], [0, 0]), "largest", np.arange(1)).tolist() == [0]


def test_the_person_is_found_beside_a_larger_stranger() -> None:
    embeddings = people([4, 1], alike=0.85, strangers=0.4)
    boxes, photos = [CENTRE, CENTRE, CENTRE, TINY, CENTRE], [0, 1, 2, 3, 3]
    bank = faces(boxes, photos, embeddings)
    assert choose_faces(bank, "largest", np.arange(4)).tolist() == [0, 1, 2, 4]
    assert choose_faces(bank, "closest_to_centroid", np.arange(4)).tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(("beside", "chosen"), [(10, 1), (11, 0), (-10, 1), (-11, 0)])
def test_central_is_who_is_larger_by_twice_the_squared_distance(beside: int, chosen: int) -> None:
    larger = (37 + beside, 37, 63 + beside, 61)
    for boxes in ([CENTRE, larger], [(40, 40, 60, 60), (37, 37 + beside, 61, 63 + beside)]):
        assert choose_faces(faces(boxes, [0, 0]), "largest_central", np.arange(1)).tolist() == [chosen]


def test_who_is_always_beside_the_person_does_not_become_the_person() -> None:
    embeddings = people([4, 6], alike=0.85, strangers=0.4)[[0, 1, 4, 5, 2, 6, 7, 3, 8, 9]]
    bank = faces([CENTRE] * 10, [0, 1, 1, 1, 2, 2, 2, 3, 3, 3], embeddings)
    assert choose_faces(bank, "closest_to_centroid", np.arange(4)).tolist() == [0, 1, 4, 7]


def test_without_single_faces_the_largest_stands_for_the_person() -> None:
    embeddings = people([2, 1], alike=0.85, strangers=0.4)[[0, 2]]
    bank = faces([TINY, CENTRE], [0, 0], embeddings)
    assert choose_faces(bank, "closest_to_centroid", np.arange(1)).tolist() == [1]


def test_a_copy_with_one_face_does_not_vouch() -> None:
    embeddings = people([1, 1], alike=0.85, strangers=0.4)[[0, 1, 0]]
    # Photo 1 is a copy of photo 0 in which only the stranger's face was found.
    bank = faces([TINY, CENTRE, TINY], [0, 0, 1], embeddings)
    assert choose_faces(bank, "closest_to_centroid", np.array([0, 1])).tolist() == [0, 2]
    assert choose_faces(bank, "closest_to_centroid", np.array([0, 0])).tolist() == [1, 2]
