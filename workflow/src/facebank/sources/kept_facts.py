"""What videos say of themselves, kept by their content: the inventory and every shard ask for it."""

from __future__ import annotations

from dataclasses import asdict
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
import pyarrow as pa

from facebank.artifacts.code import code_digest
from facebank.media.videos import VideoFacts
from facebank.sources.cache import cached_rows

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from facebank.media.limits import VideoLimits

__all__ = ["kept_facts"]

#: Who asks for facts and has them kept, and who gives them, in this process or in one of its own.
_MADE_BY = ("facebank.sources.inspection", "facebank.media.isolation")

_COLUMNS: dict[str, pa.DataType] = {
    "codec": pa.string(),
    "width": pa.int64(),
    "height": pa.int64(),
    "rotation": pa.int64(),
    "frames_declared": pa.int64(),
    "packets": pa.int64(),
    "video_streams": pa.int64(),
    "variable_frame_rate": pa.bool_(),
    "frame_rate_num": pa.int64(),
    "frame_rate_den": pa.int64(),
    "time_base_num": pa.int64(),
    "time_base_den": pa.int64(),
}


def kept_facts(
    cache: Path | None, content: str, limits: VideoLimits, probe: Callable[[], VideoFacts]
) -> VideoFacts:
    """Give a video's facts from the cache, or probe it and keep them.

    Parameters
    ----------
    cache : Path or None
        The cache's root; None: nothing is kept.
    content : str
        SHA-256 of what is probed.
    limits : VideoLimits
        What the video may ask for. One that asks for more has no facts, and nothing of it is kept.
    probe : callable
        Gives the facts; what it raises is raised.

    Returns
    -------
    VideoFacts
    """
    if cache is None:
        return probe()
    code = [code_digest(module) for module in _MADE_BY]
    key = {"limits": asdict(limits), "code": code, "pyav": av.__version__}
    (row,) = cached_rows(cache, "video_facts", content, key, pa.schema(_COLUMNS), lambda: [_row(probe())])
    return _facts(row)


def _row(facts: VideoFacts) -> dict[str, Any]:
    """Give facts as a row of the cache."""
    rate, base = facts.frame_rate, facts.time_base
    return {
        **asdict(facts),
        "frame_rate_num": rate.numerator,
        "frame_rate_den": rate.denominator,
        "time_base_num": base.numerator,
        "time_base_den": base.denominator,
    }


def _facts(row: dict[str, Any]) -> VideoFacts:
    """Take facts from a row of the cache."""
    plain = {name: value for name, value in row.items() if not name.endswith(("_num", "_den"))}
    return VideoFacts(
        **plain,
        frame_rate=Fraction(row["frame_rate_num"], row["frame_rate_den"]),
        time_base=Fraction(row["time_base_num"], row["time_base_den"]),
    )
