"""MOTChallenge: one sequence a video, one track a slot.

The format is that of Milan et al., "MOT16: A Benchmark for Multi-Object Tracking", 2016, section 3.3 and
table 5: frames count from 1, and so do pixels, so ``bb_left = x1 + 1`` and ``bb_top = y1 + 1`` of our
continuous coordinates from 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from facebank.artifacts.tables import write_tsv
from facebank.exports.folder import file_name, rounded, write_plain
from facebank.shown import shown
from facebank.tracks.interpolation import Status

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from facebank.exports.records import LabelledVideo

__all__ = ["TRACK_COLUMNS", "write_mot"]

#: Who a track is: the format itself knows numbers only.
TRACK_COLUMNS = ("track", "slot", "identity", "verdict", "excluded")
_CLASS = 1


def write_mot(folder: Path, videos: Sequence[LabelledVideo]) -> None:
    """Write ``<video>/gt/gt.txt``, ``gt/labels.txt``, ``gt/tracks.tsv`` and ``seqinfo.ini``.

    A line of gt.txt is ``frame, track, bb_left, bb_top, bb_width, bb_height, 1, 1, visibility``; the track
    is the slot's number plus one. Visibility is 0 for a held box, whose face is not seen, and 1 for the
    others. ``tracks.tsv`` names a track's identity, none where the audit excludes the slot.

    Parameters
    ----------
    folder : Path
        Where to write.
    videos : sequence of LabelledVideo
        The videos, all with labels.
    """
    for video in videos:
        sequence = folder / file_name(video.name)
        (sequence / "gt").mkdir(parents=True)
        lines = []
        for face in video.faces():
            x1, y1, x2, y2 = face.box
            box = (rounded(x1 + 1), rounded(y1 + 1), rounded(x2 - x1), rounded(y2 - y1))
            visible = int(face.status != Status.HELD)
            values = (face.frame + 1, face.slot + 1, *box, 1, _CLASS, visible)
            lines.append(",".join(map(str, values)) + "\n")
        write_plain(sequence / "gt" / "gt.txt", "".join(lines))
        write_plain(sequence / "gt" / "labels.txt", "face\n")
        write_tsv(
            sequence / "gt" / "tracks.tsv",
            TRACK_COLUMNS,
            [
                {
                    "track": slot + 1,
                    "slot": slot,
                    "identity": claim.identity,
                    "verdict": claim.verdict,
                    "excluded": "yes" if claim.excluded else "no",
                }
                for slot, claim in enumerate(video.claims)
            ],
        )
        write_plain(sequence / "seqinfo.ini", _sequence_info(video))


def _sequence_info(video: LabelledVideo) -> str:
    """Describe the sequence as the benchmark's tools read it."""
    rate = [] if video.fps is None else [f"frameRate={video.fps:g}"]
    lines = [
        "[Sequence]",
        f"name={shown(video.name)}",
        "imDir=img1",
        *rate,
        f"seqLength={video.labelled_frames}",
        f"imWidth={video.width}",
        f"imHeight={video.height}",
        "imExt=.jpg",
    ]
    return "\n".join(lines) + "\n"
