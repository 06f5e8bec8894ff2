"""Labels of adaptive keyframes are those of a detection in every frame, with fewer looks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from clips import HIDDEN, PACK, Clip, encode
from facebank.stages.collect_detections import collect_detections
from facebank.stages.detect_keyframes import detect_keyframes
from facebank.stages.index_sources import index_sources
from facebank.stages.interpolate_labels import interpolate_labels

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

PEOPLE, COUNT = ("centre", "left", "tall"), 66


def pictures(*, moving: bool) -> Iterator[NDArray[np.uint8]]:
    """Draw the clip; a moving camera is pushed in frame 40 and stays displaced."""
    for index, picture in enumerate(Clip(PEOPLE, COUNT, {0: HIDDEN[0], 2: HIDDEN[2]}).pictures()):
        since = index - 40
        swing = 2 + 8 * np.exp(-since / 6) * np.sin(since / 2) if moving and since >= 0 else 0
        yield np.roll(picture, round(swing), axis=1)


def labelled(base: Path, options: dict[str, Any]) -> dict[str, Any]:
    """Run the stages; give slots and keyframes as tables."""
    out = base / "-".join(map(str, options.values()))
    detect_keyframes(
        root=base / "root", pack=PACK, output=out / "shard.parquet", cache=base / "cache", **options
    )
    collect_detections(
        shards=(out / "shard.parquet",),
        variants=base / "S" / "variants.parquet",
        pack=PACK,
        output_dir=out / "D",
        **options,
    )
    interpolate_labels(detections=out / "D", variants=base / "S" / "variants.parquet", output_dir=out / "L")
    slots = pq.read_table(out / "L" / "slots.parquet").to_pandas()
    return {
        "boxes": slots[["x1", "y1", "x2", "y2"]].to_numpy().reshape(COUNT, 3, 4),
        "slots": slots,
        "faces": pq.read_table(out / "D" / "detections.parquet").to_pandas(),
        "frames": pq.read_table(out / "D" / "frames.parquet").to_pandas(),
    }


@pytest.mark.parametrize(
    ("moving", "options"),
    [(False, ()), (False, ("crf", "34")), (True, ())],
    ids=["still", "coarse", "moving"],
)
def test_boxes_are_those_of_a_detection_in_every_frame(
    tmp_path: Path,
    record_property: Callable[[str, object], None],
    *,
    moving: bool,
    options: tuple[str, ...],
) -> None:
    settings = {options[0]: options[1]} if options else None
    encode(tmp_path / "root" / "a.mp4", pictures(moving=moving), encoder=settings)
    index_sources(root=tmp_path / "root", output_dir=tmp_path / "S")
    every = labelled(tmp_path, {"keyframes": "fixed", "stride": 1})
    adaptive = labelled(tmp_path, {"keyframes": "adaptive", "stride": 5})
    visible = np.isfinite(every["boxes"][..., 0])
    assert visible.sum() > 2 * COUNT
    apart = np.abs(every["boxes"] - adaptive["boxes"]).max(axis=2)
    worst = np.unravel_index(np.nanargmax(np.where(visible, apart, np.nan)), apart.shape)
    told = f"{apart[worst]:.2f} px in frame {worst[0]}, slot {worst[1]}; mean {apart[visible].mean():.3f} px"
    record_property("worst box", told)
    assert apart[visible].mean() <= 0.5, told
    assert (apart[visible] <= 2).mean() >= 0.99, told
    assert not np.isfinite(adaptive["boxes"][..., 0][~visible]).any()
    honest(adaptive)
    looked = (adaptive["frames"]["basis"].isin(["frame", "windows"])).sum()
    assert looked < (COUNT if moving else COUNT / 3)


def honest(found: dict[str, Any]) -> None:
    """Insist that what is called detected was seen, and that the rest says what it rests on."""
    seen = {row.frame for row in found["faces"].itertuples() if row.detected_at == row.frame}
    basis = dict(zip(found["frames"]["frame"], found["frames"]["basis"], strict=True))
    assert all(basis[frame] in {"frame", "windows"} for frame in seen)
    assert {frame for frame, how in basis.items() if how} == {
        *found["frames"]["frame"][found["frames"]["keyframe"]]
    }
    for row in found["slots"].itertuples():
        if row.status == "detected":
            assert row.frame in seen
        if row.status == "interpolated":
            assert {row.keyframe_before, row.keyframe_after} <= seen
            assert row.keyframe_before < row.frame < row.keyframe_after
    carried = found["faces"][found["faces"].detected_at != found["faces"].frame]
    assert (carried.detected_at < carried.frame).all()
    assert set(carried.detected_at) <= seen
