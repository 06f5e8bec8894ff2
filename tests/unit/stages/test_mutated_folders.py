"""In a folder full of damaged photos or videos every file is accounted for, and good ones do not notice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mutated_folders import Account, photos_and_faces, videos_and_detections

# As outside of tests, where this is the filter of facebank.media.images.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL.*")


def holds(account: Account, without: Account) -> None:
    assert set(account.listed) == account.files
    assert set(account.listed.values()) == {1}
    for name, rows in without.good.items():
        assert rows.num_rows > 0
        assert account.good[name].equals(rows)


@pytest.mark.parametrize(("build", "count"), [(photos_and_faces, 300), (videos_and_detections, 100)])
def test_each_file_is_accounted_for_with_and_without_isolation(
    tmp_path: Path, build: Callable[..., Account], count: int
) -> None:
    without = build(tmp_path / "good", 0)
    together, apart = build(tmp_path / "bad", count), build(tmp_path / "apart", count, "--isolate")
    holds(together, without)
    holds(apart, without)
    assert together == apart
    # Some are used, and others are not.
    assert len(together.reasons) > 1
