"""Which detector a pack's family and the wanted faces lead to."""

from __future__ import annotations

import pytest

from facebank.faces.detector import for_faces_from, open_detector
from facebank.faces.retinaface import RetinaFace
from facebank.faces.retinaface_cells import LARGE, RetinaFaceCells
from facebank.runtime.packs import load_pack
from portraits import TINY


@pytest.mark.parametrize(("least_side", "small_too"), [(0.0, True), (LARGE - 0.1, True), (LARGE, False)])
def test_small_faces_are_left_out_where_all_that_are_wanted_are_large(
    least_side: float, small_too: bool
) -> None:
    detector = open_detector(load_pack(TINY))
    assert isinstance(detector, RetinaFaceCells)
    chosen = detector if small_too else detector.for_large_faces
    assert for_faces_from(least_side, detector) is chosen


def test_a_detector_that_knows_no_shorter_way_is_taken_as_it_is() -> None:
    detector = RetinaFace(load_pack(TINY))
    assert for_faces_from(LARGE, detector) is detector
