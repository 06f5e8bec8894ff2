"""What is said of the slots of one variant, from faces that are given."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from facebank.artifacts.digests import sha256_file
from facebank.audit.identification import IdentityLevels
from facebank.audit.known_people import KnownPeople
from facebank.audit.variant_audit import SourceBoxes, audit_variant
from facebank.audit.variant_faces import FrameFaces, SeenVariant

PEOPLE = KnownPeople(
    ("ada", "bob", "cyd"),
    np.eye(3, 4, dtype=np.float32),
    (True, True, True),
    IdentityLevels(similarity=0.5, proof=0.5, margin=0.1, comparisons=50),
)
#: Faces of 60 x 80 px, 200 px apart.
PLACES = np.array([[100, 100, 160, 180], [300, 100, 360, 180], [500, 100, 560, 180]], float)


def picture(*, exchanged: bool) -> np.ndarray:
    """Draw a frame in grey, an eighth of its size, perhaps with something else in the middle place."""
    grey = np.random.default_rng(5).integers(0, 255, (60, 80), np.uint8)
    if exchanged:
        grey[10:25, 35:48] = 128
    return grey


@dataclass
class Reader:
    """Gives the same faces in each frame, and counts how often it is asked."""

    boxes: np.ndarray
    people: tuple[int, ...]
    asked: list[list[int]] = field(default_factory=list)
    #: Frames in which the middle face is not found, and those in which something else is in its place.
    missed: tuple[int, ...] = ()
    gone: tuple[int, ...] = ()
    #: Frames in which it is found beside its place, by half its width.
    beside: tuple[int, ...] = ()
    by: int = 30

    def read(self, video: Path, sha256: str, wanted: list[int], **_: Any) -> SeenVariant:
        """Give the faces of the frames."""
        assert sha256_file(video) == sha256
        self.asked.append([*wanted])
        vectors = np.eye(4, dtype=np.float32)[[*self.people]]
        return SeenVariant([self.seen(frame, vectors) for frame in wanted], [])

    def seen(self, frame: int, vectors: np.ndarray) -> FrameFaces:
        """Give a frame's faces, and a picture that shows them."""
        here = np.array([True, frame not in self.missed, True])
        boxes = self.boxes + np.array([[0], [self.by * (frame in self.beside)], [0]]) * [1, 0, 1, 0]
        return FrameFaces(frame, boxes[here], vectors[here], picture(exchanged=frame in self.gone))


def audited(
    tmp_path: Path,
    reader: Reader,
    claims: list[str],
    seen: tuple[bool, ...],
    places: np.ndarray = PLACES,
    *,
    middle_from: int = 0,
) -> list[dict[str, Any]]:
    """Audit a variant whose labels have a detection in each frame of these slots, the middle one later."""
    (tmp_path / "a.mp4").write_bytes(b"video")
    facts = {"variant": "a__var01", "source": "a", "video": "a.mp4", "start_s": None, "stop_s": None}
    facts |= {"width": 640, "height": 480}
    labels = SourceBoxes(np.tile(places, (10, 1, 1)), np.tile(seen, (10, 1)))
    labels.seen[:middle_from, 1] = False
    return audit_variant(
        {**facts, "sha256": sha256_file(tmp_path / "a.mp4"), "claims": claims},
        labels,
        PEOPLE,
        reader,  # type: ignore[arg-type] - it reads as a FaceReader does
        root=tmp_path,
        frames=4,
    ).rows


ALL = (True, True, True)


@pytest.mark.parametrize(
    ("claims", "verdicts"),
    [
        ([], ["unclaimed", "unclaimed", "unclaimed"]),
        (["ada", "bob", "cyd"], ["confirmed", "confirmed", "confirmed"]),
        (["ada", "", "bob"], ["confirmed", "unclaimed", "mismatch"]),
        (["ada", "eve", "cyd"], ["confirmed", "unknown", "confirmed"]),
        (["ada", "bob"], ["unknown", "unknown", "unknown"]),
        (["ada"], ["unknown", "unknown", "unknown"]),
        (["ada", "bob", "cyd", "eve"], ["unknown", "unknown", "unknown"]),
    ],
)
def test_each_slot_is_held_against_its_own_claim(
    tmp_path: Path, claims: list[str], verdicts: list[str]
) -> None:
    # Whatever the order in which the detector gives them.
    rows = audited(tmp_path, Reader(PLACES[[2, 0, 1]], (2, 0, 1)), claims, ALL)
    assert [row["verdict"] for row in rows] == verdicts
    assert [row["shown"] for row in rows] == ["ada", "bob", "cyd"]
    assert [row["slot"] for row in rows] == [0, 1, 2]
    assert {row["similarity"] for row in rows} == {1.0}
    unfit = len(claims) not in {0, 3}
    assert {row["reason"] == "CLAIMS_DO_NOT_FIT_THE_SLOTS" for row in rows} == {unfit}


@pytest.mark.parametrize(
    ("claims", "people", "expected"),
    [
        # A stranger (3) is proof of nothing, unless the claimed person stands elsewhere.
        (
            ["ada", "bob", "cyd"],
            (0, 3, 2),
            [("confirmed", ""), ("unknown", "RESEMBLES_NOBODY"), ("confirmed", "")],
        ),
        (
            ["ada", "bob", "cyd"],
            (1, 3, 2),
            [("mismatch", ""), ("unknown", "SHOWN_ELSEWHERE"), ("confirmed", "")],
        ),
        (
            ["", "bob", "cyd"],
            (1, 3, 2),
            [("unclaimed", ""), ("unknown", "SHOWN_ELSEWHERE"), ("confirmed", "")],
        ),
        (
            ["eve", "bob", "cyd"],
            (1, 3, 2),
            [("unknown", "CLAIMED_NOT_IN_GALLERY"), ("unknown", "SHOWN_ELSEWHERE"), ("confirmed", "")],
        ),
        # Two copies of a portrait: one of them stands where it is claimed.
        (["ada", "bob", "cyd"], (1, 1, 2), [("mismatch", ""), ("confirmed", ""), ("confirmed", "")]),
        (
            ["bob", "bob", "cyd"],
            (1, 3, 2),
            [("confirmed", ""), ("unknown", "RESEMBLES_NOBODY"), ("confirmed", "")],
        ),
    ],
)
def test_who_is_shown_in_another_slot_is_not_in_one_that_proves_nothing(
    tmp_path: Path, claims: list[str], people: tuple[int, ...], expected: list[tuple[str, str]]
) -> None:
    rows = audited(tmp_path, Reader(PLACES, people), claims, ALL)
    assert [(row["verdict"], row["reason"]) for row in rows] == expected


def test_a_slot_whose_face_is_elsewhere_shows_nobody(tmp_path: Path) -> None:
    boxes = PLACES + np.array([[0, 0, 0, 0], [100, 0, 100, 0], [0, 0, 0, 0]])
    rows = audited(tmp_path, Reader(boxes, (0, 1, 2)), ["ada", "bob", "cyd"], ALL)
    assert [row["verdict"] for row in rows] == ["confirmed", "not_visible", "confirmed"]
    assert [row["frames"] for row in rows] == [4, 0, 4]
    nothing = ("iou", "size_ratio", "similarity", "claimed_similarity", "margin")
    assert [rows[1][name] for name in nothing] == [None] * 5


def test_overlap_and_size_are_those_of_the_variants_face_beside_the_label(tmp_path: Path) -> None:
    larger = PLACES + np.array([-6, -8, 6, 8])
    for row in audited(tmp_path, Reader(larger, (0, 1, 2)), ["ada", "bob", "cyd"], ALL):
        assert row["size_ratio"] == pytest.approx(1.2)
        assert row["iou"] == pytest.approx(1 / 1.44, abs=1e-4)


def test_a_slot_without_labels_has_no_faces_and_says_so(tmp_path: Path) -> None:
    reader = Reader(PLACES, (0, 1, 2))
    rows = audited(tmp_path, reader, ["ada", "cyd", "cyd"], (True, False, True))
    assert [(row["verdict"], row["reason"]) for row in rows] == [
        ("confirmed", ""),
        ("not_visible", "NOT_LABELLED"),
        ("confirmed", ""),
    ]
    assert len(reader.asked) == 1


def test_a_video_without_labels_is_not_looked_at(tmp_path: Path) -> None:
    reader = Reader(PLACES, (0, 1, 2))
    rows = audited(tmp_path, reader, ["ada", "bob", "cyd"], (False, False, False))
    assert {row["reason"] for row in rows} == {"NOT_LABELLED"}
    assert reader.asked == []


@pytest.mark.parametrize(
    ("missed", "gone", "claims", "expected"),
    [
        ((), (), ["ada", "bob", "cyd"], ("confirmed", "")),
        # The detector misses a face that is there.
        ((7, 9), (), ["ada", "bob", "cyd"], ("confirmed", "")),
        ((9,), (9,), ["ada", "bob", "cyd"], ("confirmed", "")),
        ((7, 9), (9,), ["ada", "bob", "cyd"], ("confirmed", "")),
        ((7, 9), (7, 9), ["ada", "bob", "cyd"], ("unknown", "AWAY_FOR_SOME_TIME")),
        ((7, 9), (7, 9), [], ("unclaimed", "AWAY_FOR_SOME_TIME")),
        ((7, 9), (7, 9), ["ada", "cyd", "bob"], ("mismatch", "")),
        ((7, 9), (7, 9), ["ada", "eve", "cyd"], ("unknown", "CLAIMED_NOT_IN_GALLERY")),
        ((1, 4, 7, 9), (7, 9), ["ada", "bob", "cyd"], ("not_visible", "")),
    ],
)
def test_a_face_that_is_away_in_two_frames_is_not_there_all_the_time(
    tmp_path: Path,
    missed: tuple[int, ...],
    gone: tuple[int, ...],
    claims: list[str],
    expected: tuple[str, str],
) -> None:
    reader = Reader(PLACES, (0, 1, 2), missed=missed, gone=gone)
    rows = audited(tmp_path, reader, claims, ALL)
    assert reader.asked == [[1, 4, 7, 9]]
    assert (rows[1]["verdict"], rows[1]["reason"]) == expected
    assert [row["frames"] for row in rows] == [4, 4 - len(missed), 4]


@pytest.mark.parametrize("gone", [(7, 9), ()], ids=["other pixels", "like pixels"])
def test_a_face_beside_its_place_is_away_from_it(tmp_path: Path, gone: tuple[int, ...]) -> None:
    reader = Reader(PLACES, (0, 1, 2), gone=gone, beside=(7, 9))
    rows = audited(tmp_path, reader, ["ada", "bob", "cyd"], ALL)
    assert (rows[1]["verdict"], rows[1]["reason"]) == ("unknown", "AWAY_FOR_SOME_TIME")


def test_a_face_that_trembles_about_the_least_overlap_stands_still(tmp_path: Path) -> None:
    places = PLACES + np.array([[0], [19], [0]]) * [1, 0, 1, 0]
    rows = audited(tmp_path, Reader(places, (0, 1, 2), beside=(7, 9), by=2), ["ada", "bob", "cyd"], ALL)
    assert rows[1]["iou"] == pytest.approx(0.5, abs=0.01)
    assert (rows[1]["verdict"], rows[1]["reason"]) == ("confirmed", "")


def test_a_face_is_not_away_where_it_is_not_labelled(tmp_path: Path) -> None:
    reader = Reader(PLACES, (0, 1, 2), missed=(1, 9), gone=(1, 9))
    rows = audited(tmp_path, reader, ["ada", "bob", "cyd"], ALL, middle_from=5)
    assert {1, 9} < {*reader.asked[0]}
    assert [(row["verdict"], row["reason"]) for row in rows] == [("confirmed", "")] * 3


@pytest.mark.parametrize(
    ("beside", "claims", "people", "expected"),
    [
        (31, ["ada", "bob", "cyd"], (3, 3, 3), ["RESEMBLES_NOBODY", "RESEMBLES_NOBODY", "RESEMBLES_NOBODY"]),
        (30, ["ada", "bob", "cyd"], (3, 3, 3), ["NO_ORDER", "NO_ORDER", "RESEMBLES_NOBODY"]),
        (0, ["ada", "bob", "cyd"], (3, 3, 3), ["NO_ORDER", "NO_ORDER", "RESEMBLES_NOBODY"]),
        (0, ["ada", "bob", "cyd"], (0, 1, 2), ["", "", ""]),
        (0, ["ada", "bob", "cyd"], (0, 3, 2), ["", "NO_ORDER", ""]),
        (0, ["ada", "eve", "cyd"], (0, 3, 2), ["", "CLAIMED_NOT_IN_GALLERY", ""]),
        (0, ["ada", "bob", "cyd"], (1, 0, 2), ["", "", ""]),
        (0, ["ada", "bob", "cyd"], (1, 3, 2), ["", "SHOWN_ELSEWHERE", ""]),
        (0, [], (3, 3, 3), ["", "", ""]),
    ],
)
def test_slots_above_each_other_have_no_order_and_need_proof(
    tmp_path: Path, beside: int, claims: list[str], people: tuple[int, ...], expected: list[str]
) -> None:
    places = PLACES.copy()
    places[1] = places[0] + [beside, 200, beside, 200]
    rows = audited(tmp_path, Reader(places, people), claims, ALL, places)
    assert [row["reason"] for row in rows] == expected


@pytest.mark.parametrize(("start", "reason"), [(100, "NO_ORDER"), (101, "RESEMBLES_NOBODY")])
def test_the_narrower_of_two_faces_tells_whether_they_lie_above_each_other(
    tmp_path: Path, start: int, reason: str
) -> None:
    places = PLACES.copy()
    places[1] = start, 300, start + 120, 460
    rows = audited(tmp_path, Reader(places, (3, 3, 3)), ["ada", "bob", "cyd"], ALL, places)
    assert [row["reason"] for row in rows] == [reason, reason, "RESEMBLES_NOBODY"]


def test_a_slot_without_labels_has_no_place_in_the_order(tmp_path: Path) -> None:
    places = PLACES[[0, 0, 2]]
    rows = audited(tmp_path, Reader(PLACES, (3, 3, 3)), ["ada", "bob", "cyd"], (True, False, True), places)
    assert [row["reason"] for row in rows] == ["RESEMBLES_NOBODY", "NOT_LABELLED", "RESEMBLES_NOBODY"]
