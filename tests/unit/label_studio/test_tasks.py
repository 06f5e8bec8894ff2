"""Who labelled a task."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from facebank.label_studio.tasks import annotator_of


@pytest.mark.parametrize(
    ("annotation", "name"),
    [
        ({}, "unknown_annotator"),
        ({"completed_by": True, "created_by": "eve"}, "eve"),
        ({"completed_by": 7}, "7"),
        ({"completed_by": {"email": " ", "username": "bob"}, "user": {"email": "ann"}}, "bob"),
        ({"completed_by": [1], "user": {"id": 3}}, "3"),
    ],
)
def test_the_first_name_that_is_not_blank_counts(annotation: dict[str, Any], name: str) -> None:
    expected = f"ann_{hashlib.sha256(name.encode()).hexdigest()[:12]}"
    assert annotator_of(annotation, None, None) == expected
