"""Whatever the variants of a source are: each is served by one set of labels, of its own frames."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facebank.artifacts.digests import sha256_file
from facebank.audit.mapping import episode_mapping
from facebank.errors import DataError
from facebank.faces.detections import Detections
from facebank.keyframes.detection import DetectionSettings
from facebank.keyframes.fitting import FitLimits
from facebank.keyframes.source_detection import SourceDetector
from facebank.media.containers import Span
from facebank.media.videos import VideoFacts
from facebank.sources.discovery import Variant
from facebank.sources.findings import with_defaults
from facebank.sources.inspection import InspectedVariant, content_digest
from facebank.sources.selection import usable_variants
from facebank.sources.serving import VideoFrames, served_variants

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

#: Where the only face of a video lies: those of the second one lie beside those of the first, those of the
#: third one are larger. What is no place of these is nowhere.
FACES = ((10.0, 10.0, 50.0, 60.0), (70.0, 10.0, 110.0, 60.0), (10.0, 10.0, 54.0, 65.0))
NOWHERE = len(FACES)


@dataclass(frozen=True)
class Video:
    """A variant as a test wants it: of these frames, with its face here or there, perhaps broken.

    Its decoder leaves out `lost` of its frames. It may claim `claims` people, and show another face in all of
    its frames, at the place of the second one.
    """

    width: int
    rotation: int
    packets: int
    face: int
    broken: bool
    lost: int = 0
    claims: int = 0
    another: bool = False

    @property
    def usable(self) -> bool:
        """Whether every frame of it can be labelled."""
        return not (self.broken or self.lost)


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
    return InspectedVariant(variant, variant.variant, facts, ("",) * video.claims, ())


def seen(video: Video, key: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Give what is found in a video: all of it, or the faces of some frames."""
    if video.broken:
        raise DataError("The video breaks off", file="video", expected="more", found="less")
    boxes = [*FACES[video.face : video.face + 1], *(FACES[1:2] if video.another else ())]
    if "frames" in key:
        return [{"frame": frame, "boxes": boxes} for frame in key["frames"]]
    found = {"width": video.width, "height": 240, "pts": list(range(video.packets - video.lost))}
    return [{**found, "keyframes": [0], "faces": [len(boxes)], "boxes": boxes}]


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
        patch.setattr("facebank.keyframes.source_detection.cached_rows", made)
        patch.setattr("facebank.keyframes.source_detection.require_unchanged", lambda *_: None)
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
    served = served_variants(table(named), good)
    for row in served:
        video = known[row["variant"]]
        if not row["labels"]:
            assert not video.usable
            continue
        model = labels[row["labels"]]
        assert model["variant"] == row["labelled_on"]
        assert (len(model["pts"]), model["width"]) == (video.packets, video.width)
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
    assert [row["source"] for row in good] == ["a"] * any(video.usable for video in source)
    model = good[0]["pts"] if good else []
    for row in served_variants(table(named), good):
        frames = _row(table(named), row)["packets"]
        assert not row["labels"] or (row["labels"] == "a" and frames == len(model))
        assert bool(row["labels"]) == (not row["reason"])


@given(sources)
def test_the_mapping_leads_readers_of_file_names_to_labels_of_as_many_frames_or_none(
    source: list[Video],
) -> None:
    named = variants_of(source)
    rows, _ = detected(named, FitLimits(3, 0.5, 1.5))
    good = {row["source"]: row for row in rows if not row["problem"]}
    served = served_variants(table(named), list(good.values()))
    listed = [{**row, "labels": it["labels"]} for row, it in zip(table(named), served, strict=True)]
    frames = {variant.variant: video for variant, video in named.items()}
    for episode in episode_mapping(listed)["episodes"]:
        model = good.get(episode["source_episode"])
        video = frames[episode["variant_name"]]
        assert model is None or len(model["pts"]) == video.packets


def test_the_rest_keeps_the_labels_of_the_source_where_one_is_longer() -> None:
    usual, longer = Video(640, 0, 2, 0, broken=False), Video(640, 0, 3, 0, broken=False)
    named = variants_of([usual, longer, usual, usual])
    rows, whole = detected(named, FitLimits(3, 0.5, 1.5))
    assert [(row["source"], row["variant"]) for row in rows] == [("a", "a__var00"), ("a__var01", "a__var01")]
    assert rows[0]["compared"] == ["a__var02", "a"]
    assert "compared" not in rows[1]
    assert +whole == {"a__var00": 1, "a__var01": 1}


@pytest.mark.parametrize("lost", [1, 2, -1])
def test_where_the_first_ones_decoder_leaves_frames_out_the_next_one_stands_in(lost: int) -> None:
    lossy, whole_one = Video(640, 0, 3, 0, broken=False, lost=lost), Video(640, 0, 3, 0, broken=False)
    rows, _ = detected(variants_of([lossy, whole_one, whole_one]), FitLimits(3, 0.5, 1.5))
    assert [(row["source"], row["variant"], row["reason"]) for row in rows] == [
        ("a", "a__var00", "FRAMES_LEFT_OUT"),
        ("a", "a__var01", ""),
    ]
    assert rows[0]["problem"] == f"3 frames, the decoder gives {3 - lost}"


@pytest.mark.parametrize("limits", [None, FitLimits(3, 0.5, 1.5)])
def test_a_video_whose_decoder_leaves_frames_out_has_no_labels(limits: FitLimits | None) -> None:
    (row,), _ = detected(variants_of([Video(640, 0, 3, 0, broken=False, lost=1)]), limits)
    assert (row["variant"], row["reason"]) == ("a", "FRAMES_LEFT_OUT")
    assert "pts" not in row


def test_a_recording_that_is_longer_than_its_variants_does_not_take_their_labels_name() -> None:
    usual, longer = Video(640, 0, 2, 0, broken=False), Video(640, 0, 3, 0, broken=False)
    rows, _ = detected(variants_of([usual, usual, longer]), FitLimits(3, 0.5, 1.5))
    assert [(row["source"], row["variant"]) for row in rows] == [("a", "a__var00"), ("a__itself", "a")]


def test_one_whose_faces_are_elsewhere_has_all_labelled_by_themselves() -> None:
    usual, moved = Video(640, 0, 2, 0, broken=False), Video(640, 0, 2, 1, broken=False)
    longer = Video(640, 0, 3, 0, broken=False)
    rows, _ = detected(variants_of([usual, moved, longer, usual]), FitLimits(3, 0.5, 1.5))
    assert [row["source"] for row in rows] == ["a__var00", "a__var01", "a__var02", "a__itself"]


@pytest.mark.parametrize(
    ("another", "claims", "alone"),
    [
        ("-+++", 2, True),
        ("-++-", 2, True),
        ("-+--", 2, False),
        ("-+", 2, False),
        ("++++", 2, False),
        ("+---", 2, False),
        # Who stands by is claimed by nobody.
        ("-+++", 1, False),
        ("-+++", 0, False),
    ],
)
def test_one_that_lacks_a_claimed_face_which_most_others_show_has_all_labelled_by_themselves(
    another: str, claims: int, alone: bool
) -> None:
    videos = [Video(640, 0, 2, 0, broken=False, claims=claims, another=sign == "+") for sign in another]
    rows, _ = detected(variants_of(videos), FitLimits(3, 0.5, 1.5))
    assert len(rows) == (len(videos) if alone else 1)
    assert (rows[0]["source"] == "a") is not alone
    assert all(row["compared"] for row in rows)


def test_where_the_representative_breaks_off_nobody_stands_in_whom_the_inventory_refuses() -> None:
    """Without the broken one, those of the other length are more: the inventory does not have them."""
    broken, usual = Video(640, 0, 2, 0, broken=True), Video(640, 0, 2, 0, broken=False)
    longer = Video(640, 0, 3, 0, broken=False)
    named = variants_of([broken, usual, longer, longer])

    def usable(variants: Sequence[Variant]) -> list[InspectedVariant]:
        opened = [inspected(variant, named[variant]) for variant in variants]
        return usable_variants(opened, [], severities=with_defaults({"length_differs": "error"}))

    rows, _ = detected(named, FitLimits(3, 0.5, 1.5), usable)
    listed = [item.variant.variant for item in usable(list(named))]
    assert [row["variant"] for row in rows] == listed == ["a__var00", "a__var01"]
    assert [row["source"] for row in rows if not row["problem"]] == ["a"]


def test_where_the_representative_breaks_off_the_one_that_serves_the_most_others_stands_in() -> None:
    broken, usual = Video(640, 0, 2, 0, broken=True), Video(640, 0, 2, 0, broken=False)
    longer = Video(640, 0, 3, 0, broken=False)
    rows, _ = detected(variants_of([broken, longer, usual, usual]), FitLimits(3, 0.5, 1.5))
    assert [(row["source"], row["variant"]) for row in rows] == [
        ("a", "a__var00"),
        ("a", "a__var02"),
        ("a__var01", "a__var01"),
    ]


def test_only_those_whose_faces_were_seen_count_as_compared() -> None:
    usual, larger = Video(640, 0, 2, 0, broken=False), Video(640, 0, 2, 2, broken=False)
    broken, bare = Video(640, 0, 2, 0, broken=True), Video(640, 0, 2, NOWHERE, broken=False)
    (row,), _ = detected(variants_of([usual, broken, bare, larger]), FitLimits(3, 0.5, 1.5))
    assert row["compared"] == ["a"]
    assert row["overlaps"] == pytest.approx([40 * 50 / (44 * 55)])
    assert row["size_ratios"] == pytest.approx([1.1])


@dataclass
class Eye:
    """Decodes and detects: every frame has the first face, and a video one in its first and last frame.

    Notes what it is asked for, and gives the video other content meanwhile where it is to.
    """

    replaced: str = ""
    broken: str = ""
    boxes: tuple[int, ...] = (1, 0, 1, 0, 1, 0, 1)
    whole: list[tuple[str, Span | None]] = field(default_factory=list)
    parts: list[tuple[str, Span | None, tuple[int, ...]]] = field(default_factory=list)
    asked: list[tuple[int, float]] = field(default_factory=list)

    def detect_video(
        self, path: Path, _detector: object, _settings: object, *, span: Span | None, media: object, **_: int
    ) -> dict[str, Any]:
        assert media is self
        self.whole.append((path.name, span))
        self._spoil(path)
        count = len(self.boxes)
        return {
            "width": 320,
            "height": 240,
            "pts": list(range(count)),
            "keyframes": list(range(count)),
            "faces": list(self.boxes),
            "boxes": [FACES[0]] * sum(self.boxes),
        }

    def read_frames(
        self, path: Path, wanted: Sequence[int], *, span: Span | None
    ) -> Iterator[SimpleNamespace]:
        self.parts.append((path.name, span, tuple(wanted)))
        for frame in wanted:
            yield SimpleNamespace(index=frame, pixels=np.zeros((240, 320, 3), np.uint8))
        self._spoil(path)

    def detect(self, images: Sequence[Any], *, det_size: int, score_threshold: float) -> list[Detections]:
        self.asked.append((det_size, score_threshold))
        ones = np.ones(1, np.float32)
        return [Detections(np.array(FACES[:1], np.float32), ones, np.zeros((1, 5, 2), np.float32))] * len(
            images
        )

    def _spoil(self, path: Path) -> None:
        if path.name == self.replaced:
            path.write_bytes(b"another one")
        if path.name == self.broken:
            raise DataError(f"{path} breaks off", file=path, expected="more", found="less")


def looked_at(root: Path, eye: Eye, *, span: Span | None = None, **changed: Any) -> list[dict[str, Any]]:
    """Detect in two variants of as many frames as the eye gives, with a cache."""
    items = []
    for name in ("a__var00", "a__var01"):
        path = root / f"{name}.mp4"
        if not path.exists():
            path.write_bytes(name.encode())
        variant = Variant(name, "a", base=False, video=path.name, folder="", span=span)
        video = Video(320, 0, len(eye.boxes), 0, broken=False)
        sha256 = content_digest(sha256_file(path), span)
        items.append(replace(inspected(variant, video), sha256=sha256))
    detector = SourceDetector(
        root=root,
        detector=eye,
        settings=changed.get("settings", DetectionSettings(5, 256, 0.25)),
        made_with={"model": changed.get("model", "m1")},
        found_by={"decoder": changed.get("decoder", "d1")},
        limits=FitLimits(3, 0.5, 1.5),
        usable=lambda _: items,
        cache=root / "cache",
        threads=1,
        media=eye,  # type: ignore[arg-type]  # decodes what it is asked for here
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("facebank.keyframes.source_detection.detect_video", eye.detect_video)
        return detector.detect([item.variant for item in items])


@pytest.mark.parametrize("span", [None, Span(1.0, 2.0)])
def test_each_looks_at_its_own_stretch_and_is_compared_where_most_faces_show(
    tmp_path: Path, span: Span | None
) -> None:
    eye = Eye()
    (row,) = looked_at(tmp_path, eye, span=span)
    assert eye.whole == [("a__var00.mp4", span)]
    assert eye.parts == [("a__var01.mp4", span, (0, 4, 6))]
    assert eye.asked == [(256, 0.25)] * 3
    assert row["compared"] == ["a__var01"]
    assert (row["overlaps"], row["frames_declared"]) == ([1.0] * 3, 7)


@pytest.mark.parametrize(
    ("changed", "times"), [({}, 1), ({"model": "another"}, 2), ({"decoder": "another"}, 2)]
)
def test_what_was_found_is_found_again_where_anything_it_is_made_with_is_another(
    tmp_path: Path, changed: dict[str, str], times: int
) -> None:
    eye = Eye()
    looked_at(tmp_path, eye)
    looked_at(tmp_path, eye, **changed)
    assert (len(eye.whole), len(eye.parts)) == (times, times)


def test_other_frames_are_compared_where_the_representative_is_another(tmp_path: Path) -> None:
    first, other = Eye(), Eye(boxes=(0, 1, 0, 1, 0, 1, 0))
    looked_at(tmp_path, first)
    (tmp_path / "a__var00.mp4").write_bytes(b"recorded again")
    (row,) = looked_at(tmp_path, other)
    assert other.parts == [("a__var01.mp4", None, (1, 3, 5))]
    assert row["overlaps"] == [1.0] * 3


@pytest.mark.parametrize("name", ["a__var00.mp4", "a__var01.mp4"])
@pytest.mark.parametrize("broken", ["", "a__var00.mp4", "a__var01.mp4"])
def test_one_that_is_replaced_while_it_is_looked_at_is_an_error_and_not_kept(
    tmp_path: Path, name: str, broken: str
) -> None:
    with pytest.raises(DataError, match="another one than was indexed"):
        looked_at(tmp_path, Eye(replaced=name, broken=broken if broken == name else ""))
    assert len(list(tmp_path.glob("cache/*/*/*.rows"))) == (name == "a__var01.mp4")


def test_what_breaks_off_is_named_as_tables_name_it(tmp_path: Path) -> None:
    rows = looked_at(tmp_path, Eye(broken="a__var00.mp4"))
    assert rows[0]["problem"].startswith("a__var00.mp4 breaks off")
    assert str(tmp_path) not in rows[0]["problem"]
    assert [(row["source"], row["variant"]) for row in rows] == [("a", "a__var00"), ("a", "a__var01")]
    (row,) = looked_at(tmp_path, Eye(broken="a__var01.mp4"))
    assert (row["compared"], row["overlaps"]) == ([], [])


def _row(rows: Sequence[Mapping[str, Any]], named: Mapping[str, Any]) -> Mapping[str, Any]:
    """Find the row of the same variant."""
    return next(row for row in rows if row["variant"] == named["variant"])
