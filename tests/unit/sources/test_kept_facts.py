"""Facts of videos in the cache."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from facebank.artifacts.code import code_digest, import_closure
from facebank.errors import DataError
from facebank.media.limits import VIDEO_LIMITS
from facebank.media.videos import VideoFacts
from facebank.sources.kept_facts import kept_facts

if TYPE_CHECKING:
    from pathlib import Path

FACTS = VideoFacts("h264", 640, 480, 90, 0, 538, True, Fraction(30000, 1001), Fraction(1, 15360))


def never() -> VideoFacts:
    """Open no video."""
    raise AssertionError


def refused() -> VideoFacts:
    """Refuse a video."""
    raise DataError("too large")


def test_without_a_cache_every_video_is_opened() -> None:
    assert kept_facts(None, "a" * 64, VIDEO_LIMITS, lambda: FACTS) is FACTS
    with pytest.raises(DataError, match="too large"):
        kept_facts(None, "a" * 64, VIDEO_LIMITS, refused)


@pytest.mark.parametrize("facts", [FACTS, replace(FACTS, codec="av1", rotation=0, frame_rate=Fraction(0))])
def test_a_video_is_opened_once(tmp_path: Path, facts: VideoFacts) -> None:
    assert kept_facts(tmp_path, "a" * 64, VIDEO_LIMITS, lambda: facts) == facts
    assert kept_facts(tmp_path, "a" * 64, VIDEO_LIMITS, never) == facts


def test_another_video_and_other_limits_are_asked_anew(tmp_path: Path) -> None:
    kept_facts(tmp_path, "a" * 64, VIDEO_LIMITS, lambda: FACTS)
    other = replace(FACTS, packets=5)
    assert kept_facts(tmp_path, "b" * 64, VIDEO_LIMITS, lambda: other) == other
    with pytest.raises(DataError, match="too large"):
        kept_facts(tmp_path, "a" * 64, replace(VIDEO_LIMITS, max_pixels=5), refused)


@pytest.mark.parametrize(("name", "value"), [("av.__version__", "0"), ("code_digest", "{} 0".format)])
def test_another_library_and_other_code_are_asked_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: object
) -> None:
    kept_facts(tmp_path, "a" * 64, VIDEO_LIMITS, lambda: FACTS)
    monkeypatch.setattr(f"facebank.sources.kept_facts.{name}", value)
    with pytest.raises(DataError, match="too large"):
        kept_facts(tmp_path, "a" * 64, VIDEO_LIMITS, refused)


def test_all_code_that_facts_pass_through_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: set[str] = set()

    def recorded(module: str) -> str:
        asked.update(import_closure(module))
        return code_digest(module)

    monkeypatch.setattr("facebank.sources.kept_facts.code_digest", recorded)
    kept_facts(tmp_path, "a" * 64, VIDEO_LIMITS, lambda: FACTS)
    kept = {"sources.inspection", "sources.kept_facts", "sources.cache"}
    given = {"media.videos", "media.readers", "media.isolation", "media.worker", "media.passing"}
    assert {f"facebank.{name}" for name in kept | given} <= asked


def test_a_damaged_entry_is_not_believed(tmp_path: Path) -> None:
    kept_facts(tmp_path, "a" * 64, VIDEO_LIMITS, lambda: FACTS)
    (entry,) = tmp_path.glob("video_facts/*/*")
    entry.write_bytes(entry.read_bytes()[:-1] + b"x")
    other = replace(FACTS, packets=5)
    assert kept_facts(tmp_path, "a" * 64, VIDEO_LIMITS, lambda: other) == other
