"""The reference check: it passes with both packs and fails where something is wrong."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from facebank.errors import ModelError
from facebank.faces.detector import open_detector
from facebank.faces.reference import reference_check
from facebank.runtime.packs import load_pack
from portraits import LITE, TINY, detector, embedder

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("folder", [LITE, TINY])
def test_the_embedded_packs_pass(folder: Path) -> None:
    findings = reference_check(detector(), embedder(folder))
    assert findings.score > 0.99
    assert findings.overlap > 0.85
    assert findings.same_person > 0.85
    assert findings.other_person < 0.5


def test_a_wrong_contract_of_the_detector_is_noticed() -> None:
    pack = load_pack(TINY)
    blind = dataclasses.replace(pack, detector=dataclasses.replace(pack.detector, std=255.0))
    with pytest.raises(ModelError, match="does not find the face"):
        reference_check(open_detector(blind), embedder(TINY))
