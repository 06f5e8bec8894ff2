from __future__ import annotations

from typing import TYPE_CHECKING

from facebank.artifacts.digests import sha256_file
from facebank.comparison.sources import sources_changes
from facebank.report.album import Album
from unit.comparison.sides import changed, side
from unit.report.builds import SOURCE, VARIANTS_OF_SOURCE

if TYPE_CHECKING:
    from pathlib import Path

    from facebank.comparison.sources import SourcesChanges
    from facebank.report.folders import Folders
    from unit.comparison.sides import Row
    from unit.report.builds import Build


def with_digests(build: Build, folder: Path) -> Folders:
    """Give the build's inventory the digests that its videos have."""

    def edit(row: Row) -> Row:
        return row | {"sha256": sha256_file(build.sources_root / row["video"])}

    return changed(build.folders, folder, {("inventory_sources", "variants.parquet"): edit})


def changes(build: Build, a: Folders, b: Folders, tmp_path: Path) -> SourcesChanges:
    album = Album(tmp_path, "full", bank_root=build.bank_root, sources_root=build.sources_root)
    return sources_changes(side("a", a, tmp_path), side("b", b, tmp_path), album, build.sources_root)


def test_sources_are_as_themselves(build: Build, tmp_path: Path) -> None:
    found = changes(build, build.folders, build.folders, tmp_path)
    assert found.same
    assert found.equal == (SOURCE,)


def shifted(row: Row) -> Row:
    return row if row["x1"] is None else row | {"x1": row["x1"] + 2.0}


def test_frames_are_shown_of_the_very_video_alone(build: Build, tmp_path: Path) -> None:
    labels = {("face_labels", "slots.parquet"): shifted}
    known = with_digests(build, tmp_path / "known")
    (source,) = changes(build, known, changed(known, tmp_path / "b", labels), tmp_path).sources
    assert (source.labels.moved, source.labels.max_shift_px) == (20, 2.0)
    assert list(source.pictures) == list(source.labels.frames)
    # The inventory as the build has it names other bytes than those that lie there.
    (source,) = changes(
        build, build.folders, changed(build.folders, tmp_path / "c", labels), tmp_path
    ).sources
    assert source.pictures == {}


def test_verdicts_that_changed_are_shown_the_new_mismatch_first(build: Build, tmp_path: Path) -> None:
    def edit(row: Row) -> Row:
        if row["verdict"] == "mismatch":
            return row | {"verdict": "confirmed", "shown": row["claimed"], "excluded": False}
        wrong = (row["variant"], row["slot"]) == (VARIANTS_OF_SOURCE[0], 0)
        return row | {"verdict": "mismatch", "shown": "carl"} if wrong else row | {"similarity": 0.5}

    known = with_digests(build, tmp_path / "known")
    other = changed(known, tmp_path / "b", {("audit", "verdicts.parquet"): edit})
    found = changes(build, known, other, tmp_path)
    assert [(it.a["verdict"], it.b["verdict"]) for it in found.verdicts if it.a and it.b] == [
        ("confirmed", "mismatch"),
        ("mismatch", "confirmed"),
    ]
    assert found.verdicts[0].seen.crop is not None
    assert found.verdicts[0].seen.shown is not None


def test_variants_of_one_side_are_named(build: Build, tmp_path: Path) -> None:
    def edit(row: Row) -> Row | None:
        return None if row["variant"] == VARIANTS_OF_SOURCE[1] else row

    other = changed(build.folders, tmp_path / "b", {("inventory_sources", "variants.parquet"): edit})
    found = changes(build, build.folders, other, tmp_path)
    assert (found.added, found.removed) == ((), (VARIANTS_OF_SOURCE[1],))
