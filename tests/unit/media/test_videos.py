"""Videos: what is decoded is what was written, and what cannot be decoded is named."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest
from av.stream import Disposition

from clips import Clip, encode, set_matrix
from facebank.errors import DataError
from facebank.media.frames import Frame
from facebank.media.videos import Span, frames, probe, read_frames

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray


def greys(count: int, size: tuple[int, int] = (64, 96)) -> list[NDArray[np.uint8]]:
    """Give pictures of rising brightness, the left half darker."""
    pictures = [np.full((*size, 3), 40 + index, np.uint8) for index in range(count)]
    for picture in pictures:
        picture[:, : size[1] // 2] //= 2
    return pictures


@pytest.mark.parametrize("count", [1, 2, 131, 135, 136])
def test_every_frame_is_decoded_once_and_in_order(tmp_path: Path, count: int) -> None:
    found = list(frames(encode(tmp_path / "a.mp4", greys(count))))
    assert [frame.index for frame in found] == list(range(count))
    assert [frame.time_s for frame in found] == pytest.approx([index / 30 for index in range(count)])
    brightness = [frame.pixels[:, 60:].mean() for frame in found]
    assert brightness == pytest.approx([40 + index for index in range(count)], abs=3)


@pytest.mark.parametrize("codec", ["libx264", "libx265", "mpeg4", "libsvtav1"])
def test_codecs_are_read(tmp_path: Path, codec: str) -> None:
    path = encode(tmp_path / "a.mp4", greys(7, (128, 192)), codec=codec)
    assert sum(1 for _ in frames(path)) == 7
    assert probe(path).packets == 7


def test_a_frame_stays_whole_while_others_are_decoded(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.mp4", greys(40))
    kept = list(frames(path))
    assert np.array_equal([frame.pixels for frame in kept], [frame.pixels for frame in frames(path)])


def test_probe_tells_the_facts(tmp_path: Path) -> None:
    facts = probe(encode(tmp_path / "a.mp4", greys(11)))
    assert (facts.codec, facts.width, facts.height, facts.rotation) == ("h264", 96, 64, 0)
    assert (facts.frames_declared, facts.packets, facts.frame_rate) == (11, 11, Fraction(30))


@pytest.mark.parametrize(
    ("others", "streams"), [((), 1), (("libx264",), 2), (("mjpeg",), 1), (("libx264", "mjpeg", "libx264"), 3)]
)
def test_other_streams_count_but_for_covers(tmp_path: Path, others: tuple[str, ...], streams: int) -> None:
    path = tmp_path / "a.mp4"
    with av.open(path, "w") as container:
        for codec in ("libx264", *others):
            stream = container.add_stream(codec, rate=30)
            stream.width, stream.height = 64 + 16 * len(container.streams), 64
            stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
            stream.disposition = Disposition.attached_pic if codec == "mjpeg" else Disposition.default
        for stream in container.streams.video:
            picture = np.zeros((stream.height, stream.width, 3), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture)))
            container.mux(stream.encode(None))
    facts = probe(path)
    assert (facts.video_streams, facts.width, facts.packets) == (streams, 80, 1)


def test_frames_that_the_container_cuts_off_are_not_counted(tmp_path: Path) -> None:
    """As a recording that was trimmed without being encoded again."""
    whole = encode(tmp_path / "a.mp4", greys(20))
    with av.open(whole) as source, av.open(tmp_path / "b.mp4", "w") as trimmed:
        stream = trimmed.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size:
                cut = round(Fraction(7, 30) / packet.time_base)
                packet.pts, packet.dts, packet.stream = packet.pts - cut, packet.dts - cut, stream
                trimmed.mux(packet)
    facts = probe(tmp_path / "b.mp4")
    assert len(list(frames(tmp_path / "b.mp4"))) == facts.packets == facts.frames_declared == 13


@pytest.mark.parametrize("frames_kept", [1, 7, 12])
def test_frames_that_the_container_cuts_off_at_the_end_are_none_that_are_missing(
    tmp_path: Path, frames_kept: int
) -> None:
    """As a phone trims a recording: only its edit list is written anew."""
    content = bytearray(encode(tmp_path / "a.mp4", greys(20), encoder={"g": "4"}).read_bytes())
    duration = content.index(b"elst") + 12
    content[duration : duration + 4] = round(frames_kept * 1000 / 30).to_bytes(4, "big")
    (tmp_path / "b.mp4").write_bytes(content)
    facts = probe(tmp_path / "b.mp4")
    shown = [frame.index for frame in frames(tmp_path / "b.mp4")]
    assert len(shown) == facts.packets == facts.frames_declared == frames_kept


def test_variable_frame_rate_keeps_each_frames_own_time(tmp_path: Path) -> None:
    pts = [0, 1, 2, 9, 10, 40]
    path = encode(tmp_path / "a.mp4", greys(6), pts=pts)
    assert [frame.time_s for frame in frames(path)] == pytest.approx([tick / 30 for tick in pts])


@pytest.mark.parametrize(
    ("matrix", "turns"),
    [((0, 1, -1, 0), -1), ((-1, 0, 0, -1), 2), ((0, -1, 1, 0), 1)],
    ids=["clockwise", "half", "counter-clockwise"],
)
def test_rotation_in_the_container_is_applied(tmp_path: Path, matrix: tuple[int, ...], turns: int) -> None:
    path = encode(tmp_path / "a.mp4", greys(2))
    (stored, _) = (frame.pixels for frame in frames(path))
    set_matrix(path, matrix)
    first = next(frames(path))
    assert np.array_equal(first.pixels, np.rot90(stored, turns))
    facts = probe(path)
    assert (facts.height, facts.width) == first.pixels.shape[:2] == first.size[::-1]
    assert first.thumbnail(24).shape == ((24, 16) if turns % 2 else (16, 24))
    small = np.rot90(first.thumbnail(24), -turns)
    assert small[:, 3].mean() + 10 < small[:, 20].mean()


def test_thumbnails_average(tmp_path: Path) -> None:
    (frame,) = frames(encode(tmp_path / "a.mp4", greys(1)))
    thumbnail = frame.thumbnail(48)
    assert thumbnail.shape == (32, 48)
    assert thumbnail.dtype == np.uint8
    assert thumbnail[:, 30:].mean() > thumbnail[:, :18].mean()


@pytest.mark.parametrize("side", [1, 2, 3, 8, 12])
def test_a_thumbnail_is_the_mean_of_areas(tmp_path: Path, side: int) -> None:
    noise = np.random.default_rng(0).integers(70, 180, (48, 96, 1), dtype=np.uint8).repeat(3, axis=2)
    (frame,) = frames(encode(tmp_path / "a.mp4", [noise]))
    grey = frame.decoded.to_ndarray(format="gray").reshape(48 // side, side, 96 // side, side)
    # Each halving rounds.
    np.testing.assert_allclose(frame.thumbnail(96 // side), grey.mean(axis=(1, 3)), atol=2.5)


@pytest.mark.parametrize("size", [(8, 80 * 256), (8, 80 * 258), (16384, 264)])
def test_a_thumbnail_of_a_very_long_bright_picture_is_bright(size: tuple[int, int]) -> None:
    decoded = av.VideoFrame.from_ndarray(
        np.full((size[1] * 3 // 2, size[0]), 250, np.uint8), format="yuv420p"
    )
    frame = Frame(0, 0, Fraction(1, 30), 0, decoded)
    assert frame.thumbnail(80).min() == 255


@pytest.mark.parametrize(
    ("start", "stop", "ticks"),
    [(9.5, 12.5, range(10, 13)), (-0.5, 1.5, range(2)), (-2.5, -0.5, range(-2, 0)), (3, 5, range(3, 5))],
)
def test_a_stretch_begins_at_its_start_and_ends_before_its_stop(
    start: float, stop: float, ticks: range
) -> None:
    assert Span(start / 32, stop / 32).ticks(Fraction(1, 32)) == ticks


@pytest.mark.parametrize("wanted", [[], [0], [6], [2, 5, 5, 3]])
def test_only_wanted_frames_are_given(tmp_path: Path, wanted: list[int]) -> None:
    path = encode(tmp_path / "a.mp4", greys(7))
    every = [frame.pixels for frame in frames(path)]
    found = list(read_frames(path, wanted))
    assert [frame.index for frame in found] == sorted(set(wanted))
    assert all(np.array_equal(frame.pixels, every[frame.index]) for frame in found)


def test_a_frame_beyond_the_end_is_an_error(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.mp4", greys(7))
    with pytest.raises(
        DataError, match=r"shorter than its labels: .*a\.mp4; expected at least 8 frames, found 7"
    ):
        list(read_frames(path, [7]))


@pytest.mark.parametrize("content", [b"", b"no video at all", None], ids=["empty", "text", "cut"])
def test_what_is_no_whole_video_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = encode(tmp_path / "a.mp4", greys(30))
    path.write_bytes(path.read_bytes()[:1500] if content is None else content)
    with pytest.raises(DataError, match=r"(Cannot read the|holds no) video: .*a\.mp4"):
        probe(path)


#: Encoders; in an open group pictures that are shown before its keyframe rest on the group before.
ENCODERS = {
    "h264": ("libx264", {}),
    "h264, open": ("libx264", {"x264-params": "open-gop=1:keyint=12:bframes=3"}),
    "hevc": ("libx265", {"x265-params": "open-gop=0:keyint=12:log-level=none"}),
    "hevc, open": ("libx265", {"x265-params": "open-gop=1:keyint=12:log-level=none"}),
    "mpeg4": ("mpeg4", {"g": "12", "bf": "2"}),
    "av1": ("libsvtav1", {"g": "12"}),
}
DAMAGED = range(28, 56)


@cache
def portrait_clip() -> tuple[NDArray[np.uint8], ...]:
    """Give 60 small pictures of a portrait that is covered for some time."""
    pictures = Clip(("left", "centre", "right"), 60, {0: range(28, 40)}).pictures()
    return tuple(picture[140:300, 50:210] for picture in pictures)


def damaged(video: Path, damage: Callable[[bytearray], None]) -> Iterator[Path]:
    """Write a video anew, one packet after the other damaged."""
    with av.open(str(video)) as container:
        places = [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size]
    content, other = video.read_bytes(), video.with_name("damaged.mp4")
    for start, size in [places[place] for place in DAMAGED]:
        packet = bytearray(content[start : start + size])
        damage(packet)
        other.write_bytes(content[:start] + packet + content[start + size :])
        yield other


def without_a_half(packet: bytearray) -> None:
    """Put zeros in the place of a half: a decoder makes up the rest of the picture, if it may."""
    packet[len(packet) // 2 :] = bytes(len(packet) - len(packet) // 2)


def with_another_bit(packet: bytearray) -> None:
    """Turn a bit behind the header."""
    rng = np.random.default_rng(len(packet))
    packet[rng.integers(min(8, len(packet) - 1), len(packet))] ^= 1 << rng.integers(8)


def shown(video: Path, stretch: Span | None) -> list[bytes] | None:
    """Give the pictures of a video or of a stretch; None where it is refused."""
    try:
        return [frame.pixels.tobytes() for frame in frames(video, span=stretch)]
    except DataError as error:
        assert str(error).startswith(("Cannot read the video", "The video is damaged"))  # noqa: PT017
        return None


@pytest.mark.parametrize("stretch", [None, Span(29.5 / 30, 55.5 / 30)], ids=["whole", "stretch"])
@pytest.mark.parametrize("encoder", ENCODERS)
def test_hardly_a_picture_is_made_up_for_half_of_one(
    tmp_path: Path, encoder: str, stretch: Span | None
) -> None:
    codec, options = ENCODERS[encoder]
    video = encode(tmp_path / "a.mp4", portrait_clip(), codec=codec, encoder=options)
    good = shown(video, stretch)
    found = [shown(other, stretch) for other in damaged(video, without_a_half)]
    assert good is not None
    # HEVC takes some halves for a whole.
    assert sum(pictures not in (None, good) for pictures in found) <= (2 if "hevc" in encoder else 0)
    assert found.count(None) >= len(DAMAGED) - 4


@pytest.mark.parametrize("crf", ["22", "32"])
@pytest.mark.parametrize("encoder", ["h264", "h264, open"])
def test_a_stretch_ends_with_no_picture_that_was_made_from_damage_behind_it(
    tmp_path: Path, encoder: str, crf: str
) -> None:
    codec, options = ENCODERS[encoder]
    given = {"crf": crf, "bf": "3", "g": "12", **options}
    video = encode(tmp_path / "a.mp4", portrait_clip(), codec=codec, encoder=given)
    stretch = Span(29.5 / 30, 55.5 / 30)
    good = shown(video, stretch)
    for other in damaged(video, without_a_half):
        if shown(other, None) is None:
            assert shown(other, stretch) in (None, good)


@pytest.mark.parametrize("stretch", [None, Span(29.5 / 30, 55.5 / 30)], ids=["whole", "stretch"])
@pytest.mark.parametrize("encoder", ["h264", "h264, open", "mpeg4"])
def test_most_turned_bits_are_noticed(tmp_path: Path, encoder: str, stretch: Span | None) -> None:
    codec, options = ENCODERS[encoder]
    video = encode(tmp_path / "a.mp4", portrait_clip(), codec=codec, encoder=options)
    good = shown(video, stretch)
    found = [shown(other, stretch) for other in damaged(video, with_another_bit)]
    assert good is not None
    assert sum(pictures not in (None, good) for pictures in found) <= 8


def test_a_whole_video_without_times_is_to_be_converted(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.mpg", greys(9))
    with pytest.raises(DataError, match=r"A frame of the video has no time.* Convert it, to MP4 say"):
        list(frames(path))


def test_a_missing_video_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gone\.mp4"):
        list(frames(tmp_path / "gone.mp4"))


def between(first: int, stop: int) -> Span:
    """Give the stretch of the frames from `first` to before `stop`, at 30 a second."""
    return Span((first - 0.5) / 30, (stop - 0.5) / 30)


@pytest.mark.parametrize("codec", ["libx264", "libx265", "mpeg4", "libsvtav1"])
@pytest.mark.parametrize("gop", ["7", "250"])
def test_a_stretch_holds_its_own_frames_and_no_neighbour(tmp_path: Path, codec: str, gop: str) -> None:
    pictures = greys(41, (128, 192))
    path = encode(tmp_path / "a.mp4", pictures, codec=codec, encoder={"g": gop})
    whole = [frame.pixels for frame in frames(path)]
    for first, stop in ((0, 0), (0, 41), (0, 1), (40, 41), (6, 8), (7, 14), (13, 30), (30, 99)):
        found = list(frames(path, span=between(first, stop)))
        assert [frame.index for frame in found] == list(range(len(range(41)[first:stop])))
        assert [frame.pts for frame in found] == [frame.pts for frame in frames(path)][first:stop]
        assert np.array_equal([frame.pixels for frame in found], whole[first:stop])


@pytest.mark.parametrize("encoder", ["h264, open", "hevc, open"])
def test_a_stretch_of_open_groups_is_whole(tmp_path: Path, encoder: str) -> None:
    codec, options = ENCODERS[encoder]
    video = encode(tmp_path / "a.mp4", portrait_clip(), codec=codec, encoder=options)
    whole = [frame.pixels for frame in frames(video)]
    for first in range(0, 60, 3):
        found = [frame.pixels for frame in frames(video, span=between(first, first + 9))]
        assert np.array_equal(found, whole[first : first + 9])


def test_a_stretch_is_whole_though_its_keyframes_are_not(tmp_path: Path) -> None:
    pictures = [np.full((64, 96, 3), 4 * index, np.uint8) for index in range(60)]
    refreshed = {"x264-params": "intra-refresh=1:keyint=10:bframes=0"}
    video = encode(tmp_path / "a.mp4", pictures, encoder=refreshed)
    with av.open(video) as container:
        assert sum(packet.is_keyframe for packet in container.demux(video=0)) > 3
    for start in range(60):
        stretch = Span((start - 0.5) / 30, (start + 4.5) / 30)
        assert [frame.pts for frame in frames(video, span=stretch)] == [
            frame.pts for frame in list(frames(video))[start : start + 5]
        ]


def test_a_stretch_is_told_by_times_where_frames_do_not_follow_at_one_rate(tmp_path: Path) -> None:
    pts = [0, 1, 2, 9, 10, 30, 31]
    path = encode(tmp_path / "a.mp4", greys(7), pts=pts, encoder={"g": "3"})
    found = list(frames(path, span=between(2, 30)))
    assert [round(frame.time_s * 30) for frame in found] == [2, 9, 10]
    assert probe(path).variable_frame_rate
    assert not probe(path, span=between(0, 3)).variable_frame_rate


def test_facts_of_a_stretch(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.mp4", greys(41), encoder={"g": "7", "bf": "3"})
    facts = probe(path, span=between(13, 30))
    assert (facts.packets, facts.frames_declared, facts.variable_frame_rate) == (17, 0, False)
    with pytest.raises(DataError, match=r"no frame of 2\.983 s to 3\.283 s"):
        probe(path, span=between(90, 99))


def test_frames_are_wanted_by_their_number_in_the_stretch(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.mp4", greys(41), encoder={"g": "7"})
    (found,) = read_frames(path, [3], span=between(13, 30))
    assert found.pixels[:, 60:].mean() == pytest.approx(40 + 16, abs=2)
    with pytest.raises(DataError, match="shorter than its labels"):
        list(read_frames(path, [17], span=between(13, 30)))
