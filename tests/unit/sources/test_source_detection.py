"""Whatever the variants of a source are: each is served by one set of labels, of its own frames."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facebank.errors import DataError
from facebank.media.videos import VideoFacts
from facebank.sources.detection import DetectionSettings
from facebank.sources.discovery import Variant
from facebank.sources.findings import with_defaults
from facebank.sources.fitting import FitLimits
from facebank.sources.inspection import InspectedVariant
from facebank.sources.mapping import episode_mapping
from facebank.sources.selection import usable_variants
from facebank.sources.serving import VideoFrames, served_variants
from facebank.sources.source_detection import SourceDetector

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

#: Where the only face of a video lies: those of the second one lie beside those of the first.
FACES = ((10.0, 10.0, 50.0, 60.0), (70.0, 10.0, 110.0, 60.0))


@dataclass(frozen=True)
class Video:
    """A variant as a test wants it: of these frames, with its face here or there, perhaps broken.

    Its decoder leaves out `lost` of its frames.
    """

    width: int
    rotation: int
    packets: int
    face: int
    broken: bool
    lost: int = 0

    @property
    def decoded(self) -> int:
        """How many frames its decoder gives."""
        return self.packets - self.lost


videos = st.builds(
    Video,
    width=st.sampled_from([320, 640]),
    rotation=st.sampled_from([0, 180]),
    packets=st.integers(2, 4),
    face=st.sampled_from([0, 0, 0, 1]),
    broken=st.sampled_from([False, False, False, True]),
    lost=st.sampled_from([0, 0, 0, 1]),
)
sources = st.lists(videos, min_size=1, max_size=6)


def inspected(variant: Variant, video: Video) -> InspectedVariant:
    """Give what the inventory knows of a video: not that it breaks off."""
    facts = VideoFacts(
        codec="h264",
        width=video.width,
        height=240,
        rotation=video.rotation,
        frame_rate=Fraction(30),
        time_base=Fraction(1, 30),
        packets=video.packets,
        frames_declared=video.packets,
        variable_frame_rate=False,
    )
    return InspectedVariant(variant, variant.variant, facts, (), ())


def seen(video: Video, key: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Give what is found in a video: all of it, or the faces of some frames."""
    if video.broken:
        raise DataError("The video breaks off", file="video", expected="more", found="less")
    if "frames" in key:
        return [{"frame": frame, "boxes": [FACES[video.face]]} for frame in key["frames"]]
    found = {"width": video.width, "height": 240, "pts": list(range(video.decoded))}
    return [{**found, "keyframes": [0], "faces": [1], "boxes": [FACES[video.face]]}]


def detected(
    named: Mapping[Variant, Video],
    limits: FitLimits | None,
    usable: Callable[[Sequence[Variant]], list[InspectedVariant]] | None = None,
) -> tuple[list[dict[str, Any]], Counter]:
    """Detect in the variants of a source; give the rows, and how often each was looked at in whole."""
    by_name = {variant.variant: video for variant, video in named.items()}
    whole: Counter[str] = Counter()

    def all_of(variants: Sequence[Variant]) -> list[InspectedVariant]:
        return [inspected(variant, named[variant]) for variant in variants]

    def made(
        _cache: Path, kind: str, content: str, key: Mapping[str, Any], *_: Callable[[], Any]
    ) -> Sequence[Mapping[str, Any]]:
        whole[content] += kind == "detections"
        return seen(by_name[content], key)

    detector = SourceDetector(
        root=Path("root"),
        detector=None,  # type: ignore[arg-type]  # what it would find is in `seen`
        settings=DetectionSettings(5, 640, 0.5),
        made_with={},
        found_by={},
        limits=limits,
        usable=usable or all_of,
        cache=Path("cache"),
        threads=1,
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("facebank.sources.source_detection.cached_rows", made)
        patch.setattr("facebank.sources.source_detection.require_unchanged", lambda *_: None)
        return detector.detect(list(named)), whole


def variants_of(source: Sequence[Video]) -> dict[Variant, Video]:
    """Name the videos: the last one is the recording itself, called as the source."""
    names = [*(f"a__var{number:02}" for number in range(len(source) - 1)), "a"]
    return {
        Variant(name, "a", base=name == "a", video=f"{name}.mp4", folder=""): video
        for name, video in zip(names, source, strict=True)
    }


def table(named: Mapping[Variant, Video]) -> list[dict[str, Any]]:
    """Give the rows of variants.parquet."""
    return [
        {
            "variant": variant.variant,
            "source": "a",
            "base": variant.base,
            "width": video.width,
            "height": 240,
            "rotation": video.rotation,
            "packets": video.packets,
        }
        for variant, video in named.items()
    ]


def told(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give the rows of videos.parquet."""
    return [{**row, "frames": len(row["pts"])} for row in rows]


@given(sources)
def test_each_variant_that_can_be_decoded_is_served_by_labels_of_its_own_frames(
    source: list[Video],
) -> None:
    named = variants_of(source)
    rows, whole = detected(named, FitLimits(3, 0.5, 1.5))
    good = [row for row in rows if not row["problem"]]
    assert len({row["variant"] for row in rows}) == len(rows)
    labels = {row["source"]: row for row in good}
    assert len(labels) == len(good)
    assert max(whole.values()) == 1
    known = {variant.variant: video for variant, video in named.items()}
    served = served_variants(table(named), told(good))
    for row in served:
        video = known[row["variant"]]
        if not row["labels"]:
            assert video.broken
            continue
        model = labels[row["labels"]]
        assert model["variant"] == row["labelled_on"]
        assert (len(model["pts"]), model["width"]) == (known[model["variant"]].decoded, video.width)
        assert model["variant"] == row["variant"] or len(model["pts"]) == video.packets
        assert VideoFrames.of_row(_row(table(named), row)) == VideoFrames.of_row(_row(table(named), model))
        # What is not served by its source's labels is served by nobody else's.
        assert (row["labels"] == "a") == (not row["reason"])
        assert row["labels"] == "a" or row["labelled_on"] == row["variant"]
    alone = Counter(row["labels"] for row in served if row["labels"] not in {"", "a"})
    assert set(alone.values()) <= {1}
    assert alone.keys() == labels.keys() - {"a"}


@given(sources)
def test_nobody_is_looked_at_alone_where_nobody_is_to_be(source: list[Video]) -> None:
    named = variants_of(source)
    rows, _ = detected(named, None)
    good = [row for row in rows if not row["problem"]]
    assert [row["source"] for row in good] == ["a"] * (not all(video.broken for video in source))
    model = good[0]["pts"] if good else []
    for row in served_variants(table(named), told(good)):
        frames = _row(table(named), row)["packets"]
        shared = row["labels"] == "a" and (frames == len(model) or row["variant"] == row["labelled_on"])
        assert not row["labels"] or shared
        assert bool(row["labels"]) == (not row["reason"])


@given(sources)
def test_the_mapping_leads_readers_of_file_names_to_labels_of_as_many_frames_or_none(
    source: list[Video],
) -> None:
    named = variants_of(source)
    rows, _ = detected(named, FitLimits(3, 0.5, 1.5))
    good = {row["source"]: row for row in rows if not row["problem"]}
    served = served_variants(table(named), told(list(good.values())))
    listed = [{**row, "labels": it["labels"]} for row, it in zip(table(named), served, strict=True)]
    frames = {variant.variant: video for variant, video in named.items()}
    for episode in episode_mapping(listed)["episodes"]:
        model = good.get(episode["source_episode"])
        video = frames[episode["variant_name"]]
        lost = video.lost if model is not None and model["variant"] == episode["variant_name"] else 0
        assert model is None or len(model["pts"]) == video.packets - lost


def test_the_rest_keeps_the_labels_of_the_source_where_one_is_longer() -> None:
    usual, longer = Video(640, 0, 2, 0, broken=False), Video(640, 0, 3, 0, broken=False)
    named = variants_of([usual, longer, usual, usual])
    rows, whole = detected(named, FitLimits(3, 0.5, 1.5))
    assert [(row["source"], row["variant"]) for row in rows] == [("a", "a__var00"), ("a__var01", "a__var01")]
    assert rows[0]["compared"] == ["a__var02", "a"]
    assert "compared" not in rows[1]
    assert +whole == {"a__var00": 1, "a__var01": 1}


def test_where_the_first_ones_decoder_leaves_a_frame_out_each_is_labelled_by_itself() -> None:
    lossy, whole_one = Video(640, 0, 3, 0, broken=False, lost=1), Video(640, 0, 3, 0, broken=False)
    named = variants_of([lossy, whole_one, whole_one])
    rows, _ = detected(named, FitLimits(3, 0.5, 1.5))
    assert [row["source"] for row in rows] == ["a", "a__var01", "a__itself"]
    served = served_variants(table(named), told(rows))
    assert [row["labels"] for row in served] == ["a", "a__var01", "a__itself"]
    assert [row["reason"] for row in served] == ["", "FRAMES_LEFT_OUT", "FRAMES_LEFT_OUT"]


def test_a_recording_that_is_longer_than_its_variants_does_not_take_their_labels_name() -> None:
    usual, longer = Video(640, 0, 2, 0, broken=False), Video(640, 0, 3, 0, broken=False)
    rows, _ = detected(variants_of([usual, usual, longer]), FitLimits(3, 0.5, 1.5))
    assert [(row["source"], row["variant"]) for row in rows] == [("a", "a__var00"), ("a__itself", "a")]


def test_one_whose_faces_are_elsewhere_has_all_labelled_by_themselves() -> None:
    usual, moved = Video(640, 0, 2, 0, broken=False), Video(640, 0, 2, 1, broken=False)
    longer = Video(640, 0, 3, 0, broken=False)
    rows, _ = detected(variants_of([usual, moved, longer, usual]), FitLimits(3, 0.5, 1.5))
    assert [row["source"] for row in rows] == ["a__var00", "a__var01", "a__var02", "a__itself"]


def test_where_the_representative_breaks_off_nobody_stands_in_whom_the_inventory_refuses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without the broken one, those of the other length are more: the inventory does not have them."""
    broken, usual = Video(640, 0, 2, 0, broken=True), Video(640, 0, 2, 0, broken=False)
    longer = Video(640, 0, 3, 0, broken=False)
    named = variants_of([broken, usual, longer, longer])
    monkeypatch.setattr(
        "facebank.sources.selection.inspect_variant",
        lambda _root, variant, **_: inspected(variant, named[variant]),
    )
    refusing = partial(
        usable_variants, severities=with_defaults({"length_differs": "error"}), letters={}, rejected=[]
    )
    rows, _ = detected(named, FitLimits(3, 0.5, 1.5), lambda variants: refusing(Path("root"), variants))
    listed = [item.variant.variant for item in refusing(Path("root"), list(named))]
    assert [row["variant"] for row in rows] == listed == ["a__var00", "a__var01"]
    assert [row["source"] for row in rows if not row["problem"]] == ["a"]


def _row(rows: Sequence[Mapping[str, Any]], named: Mapping[str, Any]) -> Mapping[str, Any]:
    """Find the row of the same variant."""
    return next(row for row in rows if row["variant"] == named["variant"])
