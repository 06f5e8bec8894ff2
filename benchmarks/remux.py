"""Videos made of another's packets, without encoding anything again: other bytes, more of them, or both."""

from __future__ import annotations

from typing import TYPE_CHECKING

import av

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["remux"]


def remux(file: Path, path: Path, *, times: int = 1, comment: str = "") -> None:
    """Play a video again and again, its packets later each time.

    Parameters
    ----------
    file : Path
        The video.
    path : Path
        The one to write.
    times : int
        How often it is played.
    comment : str
        What its container says; another comment makes a file that no cache knows.
    """
    with av.open(file) as source, av.open(path, "w") as container:
        container.metadata["comment"] = comment
        (video,) = source.streams.video
        stream = container.add_stream_from_template(video)
        for round_ in range(times):
            source.seek(0, stream=video)
            for packet in source.demux(video):
                if packet.size:
                    packet.pts += round_ * video.duration
                    packet.dts += round_ * video.duration
                    packet.stream = stream
                    container.mux(packet)
