"""One face in one place of several variants, under one name or several."""

from __future__ import annotations

import numpy as np
import pytest

from facebank.audit.contradictions import without_contradictions
from facebank.audit.variant_audit import UNFIT_REASONS, AuditedVariant

NOBODY, BUT_HERE = "RESEMBLES_NOBODY", "NAMED_OTHERWISE"


def variant(claimed: str, face: float | None, reason: str = NOBODY, source: str = "a") -> AuditedVariant:
    """Give a variant of one slot, whose face lies at an angle in degrees."""
    verdict = "unknown" if reason else "confirmed"
    row = {"source": source, "slot": 0, "claimed": claimed, "verdict": verdict, "reason": reason}
    turned = None if face is None else np.array([np.cos(np.deg2rad(face)), np.sin(np.deg2rad(face))])
    return AuditedVariant([row], 0, [], [turned])


@pytest.mark.parametrize(
    ("variants", "expected"),
    [
        # The recorded person is still there, in all that claim others.
        ([("ada", 0), ("bob", 9), ("bob", 5)], [BUT_HERE] * 3),
        ([("ada", 0), ("ada", 9)], [NOBODY, NOBODY]),
        ([("ada", 0), ("bob", 90)], [NOBODY, NOBODY]),
        ([("ada", 0), ("bob", 30), ("cyd", 90)], [BUT_HERE, BUT_HERE, NOBODY]),
        # Who is confirmed is nobody else, and a mismatch says already whom it shows.
        ([("ada", 0, ""), ("bob", 0)], ["", NOBODY]),
        ([("ada", 0, "CLAIMED_NOT_IN_GALLERY"), ("bob", 0)], ["CLAIMED_NOT_IN_GALLERY", NOBODY]),
        ([("ada", 0, "AWAY_FOR_SOME_TIME"), ("bob", 0)], ["AWAY_FOR_SOME_TIME", NOBODY]),
        ([("ada", 0, "MARGIN_TOO_SMALL"), ("bob", 0, "FRAMES_DISAGREE")], [BUT_HERE, BUT_HERE]),
        ([("ada", None), ("bob", 0)], [NOBODY, NOBODY]),
        ([("ada", 0), ("bob", 0, NOBODY, "b")], [NOBODY, NOBODY]),
        ([], []),
    ],
)
def test_at_most_one_of_several_names_for_one_face_is_right(
    variants: list[tuple[str, float]], expected: list[str]
) -> None:
    judged = {f"v{number}": variant(*it) for number, it in enumerate(variants)}
    found = without_contradictions(judged, 0.8)
    assert [*found] == [*judged]
    assert [row["reason"] for it in found.values() for row in it.rows] == expected
    assert BUT_HERE in UNFIT_REASONS
