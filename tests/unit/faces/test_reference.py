"""The reference check: it passes with both packs and fails where something is wrong."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from facebank.errors import ModelError
from facebank.faces.detector import open_detector
from facebank.faces.embedder import open_embedder
from facebank.faces.reference import reference_check
from facebank.runtime.packs import load_pack
from portraits import LITE, TINY, detector, embedder

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


@pytest.mark.parametrize("folder", [LITE, TINY])
def test_the_embedded_packs_pass(folder: Path) -> None:
    findings = reference_check(detector(), embedder(folder), load_pack(folder).reference)
    assert findings.score > 0.99
    assert findings.overlap > 0.85
    assert findings.same_person > 0.85
    assert findings.other_person < 0.5


@pytest.mark.parametrize("folder", [LITE, TINY])
@pytest.mark.parametrize(
    ("role", "change"),
    [
        ("detector", {"colour": "rgb"}),
        ("detector", {"mean": (127.5, 127.5, 127.5)}),
        ("detector", {"std": 2.0}),
        ("embedder", {"colour": "bgr"}),
    ],
)
def test_what_a_pack_expects_tells_a_wrong_contract(
    folder: Path, role: str, change: dict[str, object]
) -> None:
    pack = load_pack(folder)
    wrong = dataclasses.replace(pack, **{role: dataclasses.replace(getattr(pack, role), **change)})
    models = open_detector(wrong), open_embedder(wrong)
    # These models still tell people apart: nothing but the expectation shows it.
    reference_check(*models)
    with pytest.raises(ModelError, match=r"otherwise than their pack\.yaml says.*expected .* found "):
        reference_check(*models, pack.reference)


def test_models_see_the_world_without_alignment_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    def whole(image: NDArray[np.uint8], _: object, size: int) -> NDArray[np.uint8]:
        return np.asarray(cv2.resize(image, (size, size)))

    monkeypatch.setattr("facebank.faces.embedder.align", whole)
    with pytest.raises(ModelError, match="same_person"):
        reference_check(detector(), embedder(TINY), load_pack(TINY).reference)


def test_a_wrong_contract_of_the_detector_is_noticed() -> None:
    pack = load_pack(TINY)
    blind = dataclasses.replace(pack, detector=dataclasses.replace(pack.detector, std=255.0))
    with pytest.raises(ModelError, match="does not find the face"):
        reference_check(open_detector(blind), embedder(TINY))
