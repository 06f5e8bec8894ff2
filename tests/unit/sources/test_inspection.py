"""What a video and the files beside it say, and where they do not agree."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from facebank.artifacts.digests import sha256_file
from facebank.errors import DataError
from facebank.media.containers import Span
from facebank.media.limits import VIDEO_LIMITS, VideoLimits
from facebank.media.videos import VideoFacts
from facebank.sources import inspection
from facebank.sources.discovery import Variant
from facebank.sources.inspection import (
    InspectedVariant,
    VideoRejected,
    content_digest,
    inspect_variant,
    inspect_variants,
    recorded_video,
    require_unchanged,
    span_of,
)

if TYPE_CHECKING:
    from pathlib import Path

FACTS = VideoFacts("h264", 64, 48, 0, 7, 7, False, Fraction(30), Fraction(1, 30))
EPISODE = Variant("e1", "e1", base=True, video="a.mp4", folder="", span=Span(1.0, 2.0), length=7, fps=30)
PLAIN = Variant("a", "a", base=True, video="a.mp4", folder="")
FOLDER = Variant("b__var00", "b", base=False, video="a.mp4", folder="b__var00")


@dataclass
class Probe:
    """Gives the same facts of any video, and notes of what."""

    facts: VideoFacts = FACTS
    video_limits: VideoLimits = VIDEO_LIMITS
    spans: list[Span | None] = field(default_factory=list)

    def probe(self, path: Path, *, span: Span | None) -> VideoFacts:
        assert path.name == "a.mp4"
        self.spans.append(span)
        return self.facts


def inspect(root: Path, variant: Variant, probe: Probe | None = None, **more: Any) -> InspectedVariant:
    """Inspect a variant whose video holds nine bytes."""
    (root / "a.mp4").write_bytes(b"the video")
    letters = {"A": "anna", "B": "bert"}
    return inspect_variant(root, variant, letters=letters, media=probe or Probe(), **more)  # type: ignore[arg-type]


def codes(inspected: InspectedVariant) -> list[str]:
    """Give the codes of the findings."""
    return [code for code, _ in inspected.findings]


def write(root: Path, name: str, document: object) -> None:
    """Write a JSON document."""
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(json.dumps(document))


@pytest.mark.parametrize(("length", "declared", "frames"), [(0, 0, 7), (0, 9, 9), (5, 9, 5), (5, 0, 5)])
def test_the_data_set_says_how_many_frames_there_are_or_the_header_or_the_packets(
    length: int, declared: int, frames: int
) -> None:
    facts = replace(FACTS, frames_declared=declared)
    assert InspectedVariant(replace(PLAIN, length=length), "", facts, (), ()).frames_declared == frames


@pytest.mark.parametrize(("limit", "refused"), [(9, False), (8, True)])
def test_a_video_may_have_as_many_bytes_as_the_limit(tmp_path: Path, limit: int, *, refused: bool) -> None:
    probe = Probe(video_limits=replace(VIDEO_LIMITS, max_bytes=limit))
    if not refused:
        assert inspect(tmp_path, PLAIN, probe).sha256 == sha256_file(tmp_path / "a.mp4")
        return
    with pytest.raises(VideoRejected) as caught:
        inspect(tmp_path, PLAIN, probe)
    assert (caught.value.row["reason"], caught.value.row["sha256"]) == ("TOO_MANY_BYTES", "")
    assert probe.spans == []


def test_a_video_that_cannot_be_read_is_rejected(tmp_path: Path) -> None:
    def failing(_path: Path) -> str:
        raise PermissionError(13, "Permission denied")

    with pytest.raises(VideoRejected) as caught:
        inspect(tmp_path, EPISODE, file_digest=failing)
    assert caught.value.row == {
        "file": "a.mp4#e1",
        "reason": "UNREADABLE",
        "sha256": "",
        "detail": "Permission denied",
        "remedy": "Restore the video; without it the variant is left out.",
    }


@pytest.mark.parametrize("variant", [PLAIN, EPISODE])
def test_what_is_wrong_with_a_video_is_said_of_it_by_name(tmp_path: Path, variant: Variant) -> None:
    class Refusing(Probe):
        def probe(self, path: Path, **_: object) -> VideoFacts:
            raise DataError(f"{path} holds no video", file=path)

    name = "a.mp4" if variant is PLAIN else "a.mp4#e1"
    for probe in (Refusing(), Probe(replace(FACTS, packets=6))):
        with pytest.raises(VideoRejected) as caught:
            inspect(tmp_path, variant, probe)
        row = caught.value.row
        assert row["file"] == name
        assert row["sha256"] == content_digest(sha256_file(tmp_path / "a.mp4"), variant.span)
        assert str(tmp_path) not in row["detail"]
    assert (row["reason"], row["detail"]) == ("TRUNCATED_VIDEO", "6 of 7 frames are in the file")


def test_there_is_no_video_or_nothing_in_it(tmp_path: Path) -> None:
    for reason in ("MISSING_VIDEO", "EMPTY"):
        with pytest.raises(VideoRejected) as caught:
            inspect_variant(tmp_path, PLAIN, letters={}, media=Probe())  # type: ignore[arg-type]
        assert caught.value.row["reason"] == reason
        (tmp_path / "a.mp4").touch()
    assert caught.value.row["sha256"] == sha256_file(tmp_path / "a.mp4")


def test_each_stretch_of_a_video_has_facts_of_its_own(tmp_path: Path) -> None:
    probe, stretches = Probe(), [Span(1.0, 2.0), Span(1.0, 3.0), Span(2.0, 3.0)]
    for _ in range(2):
        found = [
            inspect(tmp_path, replace(EPISODE, span=span), probe, cache=tmp_path / "cache")
            for span in stretches
        ]
    assert probe.spans == stretches
    assert len({it.sha256 for it in found}) == 3
    for it in found:
        require_unchanged(tmp_path, it.variant, it.sha256)
    (tmp_path / "a.mp4").write_bytes(b"another")
    for it in found:
        with pytest.raises(DataError, match="another one than was indexed"):
            require_unchanged(tmp_path, it.variant, it.sha256)


@pytest.mark.parametrize("span", [None, Span(1.0, 2.0)])
def test_a_recorded_video_is_the_one_that_was_indexed(tmp_path: Path, span: Span | None) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"the video")
    start, stop = (None, None) if span is None else (span.start_s, span.stop_s)
    row = {"video": "a.mp4", "start_s": start, "stop_s": stop}
    row["sha256"] = content_digest(sha256_file(path), span)
    assert span_of(row) == span
    assert recorded_video(tmp_path, row) == path
    for other in ({"stop_s": 9.0, "start_s": 1.0}, {"sha256": "ab" * 32}, {"video": "b.mp4"}):
        with pytest.raises(DataError, match="another one than was indexed"):
            recorded_video(tmp_path, row | other)


@pytest.mark.parametrize(
    ("facts", "found"),
    [
        ({}, []),
        ({"frames_declared": 0}, []),
        ({"frames_declared": 6}, ["CONTAINER_COUNT"]),
        ({"rotation": 90}, ["ROTATED"]),
        ({"video_streams": 2}, ["SEVERAL_STREAMS"]),
        ({"variable_frame_rate": True}, ["VARIABLE_FRAME_RATE"]),
        # Of an episode alone more is known.
        ({"packets": 8, "frames_declared": 8}, []),
        ({"frame_rate": Fraction(25)}, []),
    ],
)
def test_what_a_videos_own_facts_do_not_agree_with(
    tmp_path: Path, facts: dict[str, Any], found: list[str]
) -> None:
    before = (("NO_CLAIM", "said when it was found"),)
    variant = replace(PLAIN, findings=before)
    assert codes(inspect(tmp_path, variant, Probe(replace(FACTS, **facts)))) == ["NO_CLAIM", *found]


@pytest.mark.parametrize(
    ("packets", "rate", "found"),
    [
        (7, Fraction(30), []),
        (7, Fraction(0), []),
        (7, Fraction(30000, 1001), []),
        (7, Fraction(299, 10), ["FRAME_RATE"]),
        (7, Fraction(301, 10), ["FRAME_RATE"]),
        (6, Fraction(30), ["EPISODE_LENGTH"]),
        (8, Fraction(30), ["EPISODE_LENGTH"]),
    ],
)
def test_an_episode_is_as_long_and_as_fast_as_its_data_set_says(
    tmp_path: Path, packets: int, rate: Fraction, found: list[str]
) -> None:
    facts = replace(FACTS, packets=packets, frames_declared=packets, frame_rate=rate)
    assert codes(inspect(tmp_path, EPISODE, Probe(facts))) == found


@pytest.mark.parametrize(
    ("info", "augmentation", "found"),
    [
        ({}, {}, []),
        ({"total_frames": 7, "fps": 30}, {"n_frames": 7}, []),
        ({"total_frames": 6}, {}, ["FRAME_COUNT"]),
        ({"total_frames": 8}, {"n_frames": 6}, ["FRAME_COUNT", "FRAME_COUNT"]),
        ({"fps": 25}, {}, ["FRAME_RATE"]),
        ({"fps": "25"}, {}, []),
        ([], {}, ["UNREADABLE_METADATA"]),
        (None, {"new_layout_camera_lmr": "AZ"}, ["UNKNOWN_LETTER"]),
        (None, {"target_celeb": "carl"}, ["TARGET_NOT_CLAIMED"]),
        (None, [], ["UNREADABLE_METADATA"]),
        ({}, None, ["NO_AUGMENTATION"]),
    ],
)
def test_what_the_files_beside_a_video_do_not_agree_with(
    tmp_path: Path, info: object, augmentation: Any, found: list[str]
) -> None:
    if info is not None:
        write(tmp_path, "b__var00/meta/info.json", info)
    if isinstance(augmentation, dict):
        augmentation = {"new_layout_camera_lmr": "AB"} | augmentation
    if augmentation is not None:
        write(tmp_path, "b__var00/augmentation.json", augmentation)
    inspected = inspect(tmp_path, FOLDER, Probe(replace(FACTS, rotation=90)))
    # What the video itself is found with comes first.
    assert codes(inspected) == ["ROTATED", *found]
    assert [detail for code, detail in inspected.findings if code == "FRAME_COUNT"][:1] == (
        [f"meta/info.json says {info['total_frames']}, the video has 7"]  # type: ignore[index]
        if "FRAME_COUNT" in found
        else []
    )


def test_a_recording_need_not_claim_anybody(tmp_path: Path) -> None:
    assert inspect(tmp_path, replace(FOLDER, base=True)).findings == ()


def test_whom_a_variant_claims_and_whom_its_task_is_about(tmp_path: Path) -> None:
    document = {"new_layout_camera_lmr": "BA", "new_target_short": "anna"}
    write(tmp_path, "b__var00/augmentation.json", document)
    inspected = inspect(tmp_path, FOLDER)
    assert (inspected.claims, inspected.target, inspected.findings) == (("bert", "anna"), "anna", ())


def test_metadata_that_cannot_be_read_is_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(_path: Path) -> object:
        raise PermissionError(13, "Permission denied")

    write(tmp_path, "b__var00/augmentation.json", {})
    monkeypatch.setattr(inspection, "read_json", failing)
    assert inspect(tmp_path, FOLDER).findings == (
        ("UNREADABLE_METADATA", "augmentation.json: Permission denied"),
    )


@pytest.mark.parametrize(
    ("folders", "named", "claims"),
    [
        ((), "b", ("anna", "bert")),
        (("b__var00", "c", "b"), "c", ("bert", "anna")),
        (("b__var00", "b"), "b", ("bert", "anna")),
        (("b",), "c", ("bert", "anna")),
        (("b",), "../b", ("bert", "anna")),
        (("b",), "..", ("bert", "anna")),
        (("b", ".c"), ".c", ("bert", "anna")),
        (("b",), "", ("bert", "anna")),
    ],
)
def test_the_order_of_the_portraits_is_that_of_the_nearest_folder(
    tmp_path: Path, folders: tuple[str, ...], named: str, claims: tuple[str, ...]
) -> None:
    """The first of the folders has the second portrait at the left, all others the first one."""
    document = {"src_episode": named, "pid_to_celeb": {"0": "anna", "1": "bert"}}
    write(tmp_path, "b__var00/augmentation.json", document)
    for number, name in enumerate(folders):
        corners = {"0": [[100 if number else 300, 0]], "1": [[300 if number else 100, 0]]}
        write(tmp_path, f"{name}/portrait_corners.json", corners)
    inspected = inspect(tmp_path, FOLDER)
    assert inspected.claims == claims
    assert codes(inspected) == ([] if folders else ["PORTRAIT_ORDER_ASSUMED"])


@pytest.mark.parametrize(("same", "found"), [(True, []), (False, ["PORTRAIT_ORDER_ASSUMED"])])
def test_a_name_of_another_recording_tells_an_order_where_both_recordings_have_one(
    tmp_path: Path, *, same: bool, found: list[str]
) -> None:
    """The folder's name says `b`, its augmentation.json says `c`: one of them may be wrong."""
    document = {"src_episode": "c", "pid_to_celeb": {"0": "anna", "1": "bert"}}
    write(tmp_path, "b__var00/augmentation.json", document)
    write(tmp_path, "b/portrait_corners.json", {"0": [[300, 0]], "1": [[100, 0]]})
    left, right = (300, 100) if same else (100, 300)
    write(tmp_path, "c/portrait_corners.json", {"0": [[left, 9]], "1": [[right, 9]]})
    inspected = inspect(tmp_path, FOLDER)
    assert inspected.claims == (("bert", "anna") if same else ("anna", "bert"))
    assert codes(inspected) == found


@pytest.mark.parametrize("threads", [1, 3])
def test_variants_are_given_in_order_with_what_says_why_some_are_refused(
    tmp_path: Path, threads: int
) -> None:
    missing = replace(PLAIN, variant="c", video="c.mp4")
    slow_first = iter((0.05, 0, 0, 0))
    expected = [inspect(tmp_path, variant) for variant in (PLAIN, EPISODE)]

    def opened(variant: Variant) -> InspectedVariant:
        time.sleep(next(slow_first))
        # Not `inspect`, which writes the video: another thread may read it.
        return inspect_variant(tmp_path, variant, letters={}, media=Probe())  # type: ignore[arg-type]

    assert list(inspect_variants([], opened, threads=threads)) == []
    first, second, third, last = inspect_variants([PLAIN, missing, EPISODE, PLAIN], opened, threads=threads)
    assert isinstance(second, VideoRejected)
    assert (second.row["file"], second.row["reason"]) == ("c.mp4", "MISSING_VIDEO")
    assert first == last == expected[0]
    assert third == expected[1]
