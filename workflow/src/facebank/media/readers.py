"""Who decodes the photos and videos of users: this process, or one of its own for them.

Both give the same pixels. Stages take a `MediaReader` and do not ask which.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from facebank.media import videos
from facebank.media.images import decode_photo
from facebank.media.limits import PHOTO_LIMITS, VIDEO_LIMITS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from facebank.media.containers import Span
    from facebank.media.frames import Frame
    from facebank.media.images import Photo
    from facebank.media.limits import PhotoLimits, VideoLimits
    from facebank.media.videos import VideoFacts

__all__ = ["DIRECT", "DirectReader", "MediaReader"]


class MediaReader(Protocol):
    """Decodes photos and videos, within limits."""

    @property
    def photo_limits(self) -> PhotoLimits:
        """What a photo may ask for."""

    @property
    def video_limits(self) -> VideoLimits:
        """What a video may ask for."""

    def photo(self, data: bytes) -> Photo:
        """Decode a photo, see `facebank.media.images.decode_photo`."""

    def probe(self, path: Path, *, span: Span | None = None) -> VideoFacts:
        """Read a video's facts, see `facebank.media.videos.probe`."""

    def frames(self, path: Path, *, span: Span | None = None) -> Iterator[Frame]:
        """Decode a video, see `facebank.media.videos.frames`."""

    def read_frames(
        self, path: Path, wanted: Collection[int], *, span: Span | None = None
    ) -> Iterator[Frame]:
        """Decode some frames of a video, see `facebank.media.videos.read_frames`."""


@dataclass(frozen=True, slots=True)
class DirectReader:
    """Decodes in this process: the fastest, and a decoder that crashes takes it along.

    Attributes
    ----------
    photo_limits : PhotoLimits
        What a photo may ask for.
    video_limits : VideoLimits
        What a video may ask for.
    """

    photo_limits: PhotoLimits = PHOTO_LIMITS
    video_limits: VideoLimits = VIDEO_LIMITS

    def photo(self, data: bytes) -> Photo:
        """Decode a photo."""
        return decode_photo(data, limits=self.photo_limits)

    def probe(self, path: Path, *, span: Span | None = None) -> VideoFacts:
        """Read a video's facts."""
        return videos.probe(path, span=span, limits=self.video_limits)

    def frames(self, path: Path, *, span: Span | None = None) -> Iterator[Frame]:
        """Decode a video."""
        return videos.frames(path, span=span, limits=self.video_limits)

    def read_frames(
        self, path: Path, wanted: Collection[int], *, span: Span | None = None
    ) -> Iterator[Frame]:
        """Decode some frames of a video."""
        return videos.read_frames(path, wanted, span=span, limits=self.video_limits)


#: Decodes in this process within the usual limits.
DIRECT = DirectReader()
