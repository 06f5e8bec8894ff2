"""A decoder that crashes, hangs or takes all memory costs its photo or video, and nothing else."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from multiprocessing import Pipe
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest
from PIL import Image

from clips import encode
from facebank.errors import ConfigError, DataError
from facebank.media.containers import VideoRefusedError
from facebank.media.images import PhotoRejected
from facebank.media.isolation import IsolatedReader, media_reader
from facebank.media.limits import PHOTO_LIMITS, VIDEO_LIMITS, PhotoLimits, ProcessLimits, VideoLimits
from facebank.media.readers import DIRECT, DirectReader
from facebank.media.videos import Span
from portraits import astronaut, encoded, shrunk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

HOSTILE = Path(__file__).parents[2] / "hostile"
#: Ended by a signal or by itself -> what is said of it.
ENDS = {
    "crash": ("DECODER_CRASHED", "SIGSEGV"),
    "abort": ("DECODER_CRASHED", "SIGABRT"),
    "leave": ("DECODER_CRASHED", "exit code 7"),
    "spin": ("TOO_SLOW", "0.5 s of processor time"),
    "eat": ("TOO_MUCH_MEMORY", "300 MB"),
    "kill": ("TOO_MUCH_MEMORY", "ended the decoder twice (SIGKILL)"),
}


@pytest.fixture(scope="module")
def isolated() -> Iterator[IsolatedReader]:
    reader = IsolatedReader(PHOTO_LIMITS, VIDEO_LIMITS, ProcessLimits())
    yield reader
    reader.close()


@pytest.fixture
def attacked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[IsolatedReader]:
    """Give a reader whose processes have hostile decoders and little time, on a machine that may be busy."""
    monkeypatch.setattr("facebank.media.isolation._WAITING", 200)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(HOSTILE), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setenv("HOSTILE_ONCE", str(tmp_path / "once"))
    reader = IsolatedReader(PHOTO_LIMITS, VIDEO_LIMITS, ProcessLimits(0.5, 300))
    yield reader
    reader.close()


def photo() -> bytes:
    return encoded(shrunk(astronaut(), 64), "PNG")


def lives(process: int) -> bool:
    # It may go while it is looked at.
    with suppress(FileNotFoundError, ProcessLookupError):
        return bool(Path(f"/proc/{process}/cmdline").read_bytes())
    return False


def greys(count: int, size: tuple[int, int] = (64, 96)) -> list[NDArray[np.uint8]]:
    noise = np.random.default_rng(0).integers(0, 60, (*size, 3), dtype=np.uint8)
    return [noise + np.uint8(40 + index) for index in range(count)]


@pytest.mark.parametrize("deed", ENDS)
def test_a_photo_whose_decoder_ends_is_rejected_and_the_next_is_decoded(
    attacked: IsolatedReader, deed: str
) -> None:
    with pytest.raises(PhotoRejected) as caught:
        attacked.photo(f"{deed} x".encode())
    reason, detail = ENDS[deed]
    assert caught.value.reason_code == reason
    assert detail in caught.value.detail
    np.testing.assert_array_equal(attacked.photo(photo()).pixels, DIRECT.photo(photo()).pixels)


@pytest.mark.parametrize(
    ("when", "deed"),
    [("", "crash"), ("later-", "crash"), ("later-", "spin"), ("later-", "eat"), ("", "kill")],
)
def test_a_video_whose_decoder_ends_is_refused_and_the_next_is_decoded(
    attacked: IsolatedReader, tmp_path: Path, when: str, deed: str
) -> None:
    bad, good = encode(tmp_path / f"{when}{deed}.mp4", greys(9)), encode(tmp_path / "good.mp4", greys(9))
    given = []
    with pytest.raises(VideoRefusedError) as caught:
        given += [frame.index for frame in attacked.frames(bad)]
    reason, detail = ENDS[deed]
    assert caught.value.reason_code == reason
    assert detail in str(caught.value)
    assert str(bad) in str(caught.value)
    if not when:
        with pytest.raises(VideoRefusedError, match="could not be decoded"):
            attacked.probe(bad)
    assert len(list(attacked.frames(good))) == 9


def test_a_decoder_that_sleeps_is_not_waited_for(
    attacked: IsolatedReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = time.monotonic()
    with monkeypatch.context() as patched:
        patched.setattr("facebank.media.isolation._WAITING", 2)
        with pytest.raises(PhotoRejected, match="TOO_SLOW: nothing came for 1 s"):
            attacked.photo(b"sleep x")
    assert time.monotonic() - start < 600
    assert attacked.photo(photo()).format == "PNG"


@pytest.mark.parametrize("name", ["kill-once", "later-kill-once"])
def test_a_process_that_was_ended_from_outside_once_costs_nothing(
    attacked: IsolatedReader, tmp_path: Path, name: str
) -> None:
    path = encode(tmp_path / f"{name}.mp4", greys(9))
    whole = [frame.pixels for frame in DIRECT.frames(path)]
    found = list(attacked.frames(path))
    assert (tmp_path / "once").exists()
    assert [frame.index for frame in found] == list(range(9))
    assert np.array_equal([frame.pixels for frame in found], whole)


def test_a_photo_whose_process_was_ended_from_outside_once_is_asked_again(attacked: IsolatedReader) -> None:
    with pytest.raises(PhotoRejected, match="UNREADABLE: no photo"):
        attacked.photo(b"kill-once x")


def test_a_photo_that_needs_more_memory_than_it_may_have_is_rejected() -> None:
    bomb = io.BytesIO()
    Image.new("1", (9000, 9000)).save(bomb, "PNG")
    reader = IsolatedReader(PHOTO_LIMITS, VIDEO_LIMITS, ProcessLimits(60, 100))
    with pytest.raises(PhotoRejected, match=r"TOO_MUCH_MEMORY: more than 100 MB"):
        reader.photo(bomb.getvalue())
    assert reader.photo(photo()).format == "PNG"
    reader.close()


@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "WEBP", "BMP"])
def test_wherever_memory_ends_no_photo_is_said_to_be_damaged(file_format: str) -> None:
    # Noise: nothing makes it small, so that the smallest limit ends while it is received.
    noise = np.random.default_rng(0).integers(0, 256, (1500, 1500, 3), dtype=np.uint8)
    data = encoded(noise, file_format)
    for limit in (1, 4, 9):
        with media_reader(isolate=True, process_limits=ProcessLimits(60, limit)) as reader:
            with pytest.raises(PhotoRejected) as caught:
                reader.photo(data)
            assert str(caught.value) == f"TOO_MUCH_MEMORY: more than {limit} MB"


def test_wherever_memory_ends_a_video_is_refused_and_never_cut(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.mp4", greys(9, (480, 640)))
    whole = [frame.pixels for frame in DIRECT.frames(path)]
    refused = []
    for limit in (1, 2, 3, 4, 6, 100):
        found: list[NDArray[np.uint8]] = []
        with media_reader(isolate=True, process_limits=ProcessLimits(60, limit)) as reader:
            try:
                found += [frame.pixels for frame in reader.frames(path)]
            except VideoRefusedError as refusal:
                refused.append((limit, refusal.reason_code, f"more than {limit} MB" in str(refusal)))
            else:
                assert len(found) == len(whole)
        assert np.array_equal(found, whole[: len(found)])
    assert refused
    assert refused == [(limit, "TOO_MUCH_MEMORY", True) for limit, _, _ in refused]
    assert refused[-1][0] < 100


def test_a_good_video_is_never_called_damaged_for_want_of_memory(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.mp4", greys(12, (480, 640)))
    whole = [frame.pixels for frame in DIRECT.frames(path)]
    for limit in (2, 20, 22, 24, 300):
        # What was given before a refusal stays, and has to be right.
        found: list[NDArray[np.uint8]] = []
        with media_reader(isolate=True, process_limits=ProcessLimits(60, limit)) as reader:
            try:
                found.extend(frame.pixels for frame in reader.frames(path))
            except VideoRefusedError as refusal:
                assert (refusal.reason_code, limit < 300) == ("TOO_MUCH_MEMORY", True)  # noqa: PT017 (it may be decoded, too)
            else:
                assert len(found) == len(whole)
        assert all(map(np.array_equal, found, whole))


@pytest.mark.parametrize("seconds", [1e-7, 1e-4, 2e-3, 60])
def test_a_good_file_is_never_called_damaged_for_want_of_time(tmp_path: Path, seconds: float) -> None:
    path = encode(tmp_path / "a.mp4", greys(9, (480, 640)))
    with media_reader(isolate=True, process_limits=ProcessLimits(seconds, 300)) as reader:
        found: list[NDArray[np.uint8]] = []
        try:
            found.extend(frame.pixels for frame in reader.frames(path))
        except VideoRefusedError as refusal:
            assert (refusal.reason_code, seconds < 60) == ("TOO_SLOW", True)  # noqa: PT017 (as above)
        else:
            assert len(found) == 9
        try:
            assert np.array_equal(reader.photo(photo()).pixels, DIRECT.photo(photo()).pixels)
        except PhotoRejected as rejection:
            assert (rejection.reason_code, seconds < 60) == ("TOO_SLOW", True)  # noqa: PT017 (as above)
    for one, frame in zip(found, DIRECT.frames(path), strict=False):
        assert np.array_equal(one, frame.pixels)


@pytest.mark.parametrize("deed", ["starve", "go-without"])
def test_what_did_not_fit_is_not_left_out(attacked: IsolatedReader, tmp_path: Path, deed: str) -> None:
    # Some containers end where a packet finds no memory, as if it were behind the last one.
    path = encode(tmp_path / f"later-{deed}.mp4", greys(9))
    with pytest.raises(VideoRefusedError) as caught:
        list(attacked.frames(path))
    assert caught.value.reason_code == "TOO_MUCH_MEMORY"


def test_nothing_is_left_of_a_reader_that_was_killed(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.mp4", greys(60, (480, 640)))
    code = (
        "import sys, time; from pathlib import Path\n"
        "from facebank.media.isolation import media_reader\n"
        "from facebank.media.limits import PROCESS_LIMITS\n"
        "with media_reader(isolate=True, process_limits=PROCESS_LIMITS) as reader:\n"
        "    shown = reader.frames(Path(sys.argv[1])); next(shown)\n"
        "    from multiprocessing import active_children\n"
        "    print(*(process.pid for process in active_children()), flush=True); time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, path], stdout=subprocess.PIPE, text=True) as asking:
        assert asking.stdout is not None
        decoding = int(asking.stdout.readline())
        if sys.platform == "linux":
            # What has no name goes with those who see it.
            seen = Path(f"/proc/{decoding}/maps").read_text(encoding="utf-8")
            assert ("/memfd:facebank" in seen, "/dev/shm" in seen) == (True, False)  # noqa: S108
        asking.kill()
    end = time.monotonic() + 60
    while lives(decoding):
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_process_has_no_threads_that_would_take_memory_later(
    isolated: IsolatedReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    for given in ("2", None):
        if given is None:
            monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
        else:
            monkeypatch.setenv("OPENBLAS_NUM_THREADS", given)
        isolated.close()
        isolated.photo(photo())
        (worker,) = isolated._idle
        assert len(list(Path(f"/proc/{worker._process.pid}/task").iterdir())) == 1
        assert os.environ.get("OPENBLAS_NUM_THREADS") == given


def test_limits_and_damage_are_said_as_without_a_process_of_its_own(tmp_path: Path) -> None:
    photo_limits, video_limits = PhotoLimits(50 * 50, 1000), VideoLimits(64 * 96 - 1, 5)
    encode(tmp_path / "large.mp4", greys(2))
    encode(tmp_path / "long.mp4", greys(9, (32, 32)))
    (tmp_path / "text.mp4").write_text("no video")
    photos = [b"", b"text", photo()[:900], photo() + bytes(1000), encoded(shrunk(astronaut(), 64), "WEBP")]
    videos = [tmp_path / name for name in ("large.mp4", "long.mp4", "text.mp4", "none.mp4")]
    with media_reader(
        isolate=True, photo_limits=photo_limits, video_limits=video_limits, process_limits=ProcessLimits()
    ) as isolated:
        direct = DirectReader(photo_limits, video_limits)
        for data in photos:
            with pytest.raises(PhotoRejected) as expected:
                direct.photo(data)
            with pytest.raises(PhotoRejected) as found:
                isolated.photo(data)
            assert vars(found.value) == vars(expected.value)
        for path in videos:
            with pytest.raises(DataError) as wanted:
                direct.probe(path)
            with pytest.raises(DataError) as got:
                isolated.probe(path)
            assert (type(got.value), str(got.value)) == (type(wanted.value), str(wanted.value))
            assert vars(got.value) == vars(wanted.value)


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "BMP"])
def test_photos_are_the_same(isolated: IsolatedReader, file_format: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    data = encoded(shrunk(astronaut(), 500), file_format, **({} if file_format == "BMP" else {"exif": exif}))
    found, expected = isolated.photo(data), DIRECT.photo(data)
    np.testing.assert_array_equal(found.pixels, expected.pixels)
    assert (found.orientation, found.format) == (expected.orientation, expected.format)


#: File, encoder, pixel format, and width and height.
STORED = [
    ("mp4", "libx264", "yuv420p", (96, 64)),
    ("mp4", "libx264", "yuv420p", (322, 178)),
    ("mp4", "libx264", "yuv422p", (98, 62)),
    ("mp4", "libx264", "yuv444p", (99, 61)),
    ("mp4", "libx264", "yuv420p10le", (98, 62)),
    ("mp4", "libsvtav1", "yuv420p", (99, 65)),
    ("avi", "mjpeg", "yuvj420p", (130, 66)),
    ("avi", "rawvideo", "bgr24", (99, 61)),
    ("mpg", "mpeg2video", "yuv420p", (96, 64)),
    ("mkv", "ffv1", "gray", (99, 61)),
    ("mov", "qtrle", "gray", (64, 48)),
]


@pytest.mark.parametrize("stored", STORED, ids=lambda stored: "-".join(map(str, stored)))
def test_frames_are_the_same(isolated: IsolatedReader, tmp_path: Path, stored: tuple[Any, ...]) -> None:
    suffix, codec, pixel_format, size = stored
    path = tmp_path / f"a.{suffix}"
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=30)
        (stream.width, stream.height), stream.pix_fmt = size, pixel_format
        for picture in greys(6, size[::-1]):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    found, expected = list(isolated.frames(path)), list(DIRECT.frames(path))
    assert len(found) == len(expected) > 0
    for one, other in zip(found, expected, strict=True):
        assert (one.index, one.pts, one.time_base, one.rotation) == (
            other.index,
            other.pts,
            other.time_base,
            other.rotation,
        )
        assert one.size == other.size
        np.testing.assert_array_equal(one.pixels, other.pixels)
        np.testing.assert_array_equal(one.thumbnail(24), other.thumbnail(24))
        np.testing.assert_array_equal(one.part((3, 5, 40, 41)), other.part((3, 5, 40, 41)))
    assert isolated.probe(path) == DIRECT.probe(path)


def test_wanted_frames_and_stretches_are_the_same(isolated: IsolatedReader, tmp_path: Path) -> None:
    path = encode(tmp_path / "a.mp4", greys(41), encoder={"g": "7"})
    span = Span(9.5 / 30, 30.5 / 30)
    assert not list(isolated.read_frames(path, []))
    for stretch in (None, span):
        found = list(isolated.read_frames(path, [7, 2, 2], span=stretch))
        expected = list(DIRECT.read_frames(path, [7, 2, 2], span=stretch))
        assert [(frame.index, frame.pts) for frame in found] == [
            (frame.index, frame.pts) for frame in expected
        ]
        assert np.array_equal([frame.pixels for frame in found], [frame.pixels for frame in expected])
        assert isolated.probe(path, span=stretch) == DIRECT.probe(path, span=stretch)
    with pytest.raises(DataError, match="shorter than its labels"):
        list(isolated.read_frames(path, [41]))


def test_frames_that_nobody_wants_any_more_are_not_waited_for(
    isolated: IsolatedReader, tmp_path: Path
) -> None:
    path = encode(tmp_path / "a.mp4", greys(60))
    shown = isolated.frames(path)
    assert next(shown).index == 0
    shown.close()
    assert len(list(isolated.frames(path))) == 60


def test_a_process_that_ends_while_nobody_asks_is_replaced(isolated: IsolatedReader) -> None:
    isolated.photo(photo())
    (worker,) = isolated._idle
    os.kill(worker._process.pid, signal.SIGKILL)
    worker._process.join()
    assert isolated.photo(photo()).format == "PNG"


@pytest.mark.parametrize(
    "answer", [b"", b"\xff", b"{}", b"3", b'{"written": "x"}', b'{"written": 0, "size": [1, 1]}']
)
def test_an_answer_that_makes_no_sense_is_a_crash(isolated: IsolatedReader, answer: bytes) -> None:
    isolated.photo(photo())
    (worker,) = isolated._idle
    here, there = Pipe()
    there.send_bytes(answer)
    line, worker.line.connection = worker.line.connection, here
    with pytest.raises(PhotoRejected, match="DECODER_CRASHED: what the decoder answered makes no sense"):
        isolated.photo(photo())
    line.close()
    there.close()
    assert isolated.photo(photo()).format == "PNG"


@pytest.mark.parametrize("limits", [(0, 1), (1, 0), (-1.0, 1)])
def test_a_process_needs_time_and_memory(limits: tuple[float, int]) -> None:
    with pytest.raises(ConfigError, match=r"media\.max_seconds"):
        ProcessLimits(*limits)
