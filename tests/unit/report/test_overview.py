from __future__ import annotations

import pytest

from facebank.report.numbers import Numbers
from facebank.report.overview import _audit_state


@pytest.mark.parametrize(
    ("claimed", "mismatches", "unknown", "state"),
    [(0, 0, 0, "note"), (3, 0, 0, "good"), (3, 0, 1, "look"), (3, 1, 1, "bad")],
)
def test_an_audit_without_claims_is_not_good(claimed: int, mismatches: int, unknown: int, state: str) -> None:
    assert _audit_state(Numbers(claimed=claimed, mismatches=mismatches, unknown=unknown)) == state


@pytest.mark.parametrize("claimed", [0, 3])
def test_a_variant_out_of_step_is_a_problem(claimed: int) -> None:
    numbers = Numbers(claimed=claimed, mismatches=0, unknown=0, out_of_step=("a",))
    assert _audit_state(numbers) == "bad"
