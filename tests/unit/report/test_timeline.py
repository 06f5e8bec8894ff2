from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from facebank.report.timeline import STATUSES, Run, strip_of


def test_no_frames_make_no_runs() -> None:
    strip = strip_of(0, [])
    assert (strip.runs, strip.frames, strip.boxed) == ((), 0, 0)


def test_runs_and_shares() -> None:
    strip = strip_of(2, ["detected", "interpolated", "interpolated", "hidden"])
    assert strip.runs == (Run("detected", 0, 0), Run("interpolated", 1, 2), Run("hidden", 3, 3))
    assert strip.shares == {"detected": 0.25, "interpolated": 0.5, "held": 0, "hidden": 0.25, "missing": 0}
    assert strip.boxed == 0.75
    assert strip.path("interpolated") == "M1 0h2v1h-2z"
    assert strip.path("missing") == ""


@given(st.lists(st.sampled_from(STATUSES)))
def test_runs_say_the_same_as_the_frames(statuses: list[str]) -> None:
    strip = strip_of(0, statuses)
    assert [run.status for run in strip.runs for _ in range(run.length)] == statuses
    assert all(a.status != b.status for a, b in zip(strip.runs, strip.runs[1:], strict=False))
