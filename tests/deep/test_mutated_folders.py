"""10,000 mutated photos in one bank, and 1,000 mutated videos in one folder of sources."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mutated_folders import Account, photos_and_faces, videos_and_detections

# The filter is that of facebank.media.images, which pytest replaces.
pytestmark = [pytest.mark.deep, pytest.mark.filterwarnings("ignore::UserWarning:PIL.*")]


@pytest.mark.parametrize(
    ("build", "count"), [(photos_and_faces, 10_000), (videos_and_detections, 1000)], ids=["photos", "videos"]
)
def test_the_build_ends_and_the_good_files_do_not_notice(
    tmp_path: Path, build: Callable[..., Account], count: int, record_property: Callable[[str, object], None]
) -> None:
    without, found = build(tmp_path / "good", 0), build(tmp_path / "bad", count)
    record_property(
        f"{count} mutated files", ", ".join(f"{reason} {number}" for reason, number in found.reasons.items())
    )
    assert set(found.listed) == found.files
    assert set(found.listed.values()) == {1}
    for name, rows in without.good.items():
        assert rows.num_rows > 0
        assert found.good[name].equals(rows)
