"""``facebank export``: a release in the format of another tool."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 (the command line reads the annotations)
from typing import Literal

from facebank.artifacts.atomic import write_json
from facebank.console.answers import answer, answer_json
from facebank.errors import ConfigError, DataError
from facebank.exports.coco import write_coco
from facebank.exports.cvat import write_cvat
from facebank.exports.folder import export_folder
from facebank.exports.hub import write_hub
from facebank.exports.lerobot import write_lerobot
from facebank.exports.mot import write_mot
from facebank.exports.reading import read_export_data
from facebank.reading.believed import not_believed
from facebank.report.wording import counted

__all__ = ["export"]

_OF_VIDEOS = {"coco": write_coco, "cvat": write_cvat, "mot": write_mot}
_OF_RELEASES = {"lerobot": write_lerobot, "hf-parquet": write_hub}


def export(
    data: Path,
    *,
    to: Literal["coco", "cvat", "mot", "lerobot", "hf-parquet"],
    output_dir: Path,
    videos: Literal["representatives", "all"] | None = None,
    json: bool = False,
) -> None:
    """Write a release, or its face labels, in the format of another tool.

    A slot that the audit excludes is never exported under the name that its variant claims: it has no name.
    No photo and no frame is exported.

    Parameters
    ----------
    data
        A release's folder or the link `latest`; for coco, cvat and mot also a version folder of the stage
        face_labels.
    to
        coco: one annotations.json. cvat: one video XML 1.1 a video. mot: one MOTChallenge sequence a video.
        lerobot: one table an episode, to be joined by episode_index and frame_index. hf-parquet: tables and
        a card for the Hugging Face Hub.
    output_dir
        The folder to make. It must not be there yet.
    videos
        For coco, cvat and mot: the representatives, whose frames were looked at (unless given), or all
        variants of each source. The other formats hold a whole release.
    json
        Print JSON and not text.

    Raises
    ------
    ConfigError
        If the output is there already, or `videos` is given for a format that holds a whole release.
    DataError
        If there is no such release or version folder, it is damaged, or lacks what the format is made of.
    """
    if videos and to in _OF_RELEASES:
        raise ConfigError(
            f"{to} holds a whole release",
            expected="no --videos",
            found=f"--videos {videos}",
            remedy="Leave it out.",
        )
    with not_believed(data), export_folder(output_dir) as folder:
        read = read_export_data(data)
        if to in _OF_RELEASES:
            _OF_RELEASES[to](folder, read)
        else:
            chosen = read.chosen(videos or "representatives")
            if not chosen:
                raise DataError(
                    "There are no face labels to export", file=data, remedy="Build the target `face_labels`."
                )
            _OF_VIDEOS[to](folder, chosen)
            exported = {video.name for video in chosen}
            left_out = {video.name: video.problem for video in read.videos if video.problem}
            write_json(
                folder / "export.json",
                {"release": read.release, "format": to, "videos": sorted(exported), "left_out": left_out},
            )
        files = sum(path.is_file() for path in folder.rglob("*"))
    if json:
        answer_json({"release": read.release, "format": to, "folder": str(output_dir), "files": files})
    else:
        answer(f"{to}: {counted(files, 'file')} in {output_dir}")
