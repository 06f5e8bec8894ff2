"""Which videos a folder of sources holds, and which source each is a variant of."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from facebank.artifacts.file_names import APPLE_DOUBLE, folded_name
from facebank.errors import ConfigError, DataError
from facebank.sources.serving import ITSELF

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from facebank.media.containers import Span
    from facebank.sources.findings import Finding

__all__ = ["CAMERA", "PATTERN", "PORTRAIT_CORNERS", "Discovery", "Variant", "discover"]

#: Names of variants: ``<source>__t3_NNNN_vNN`` and ``<source>__varNN``.
PATTERN = r"^(?P<source>.+?)__(?:t3_(?P<tuple>\d+)_v(?P<variant>\d+)|var(?P<var>\d+))$"

#: The camera that sees all slots.
CAMERA = "observation.images.camera1"

#: Says where portraits lie: in the folder of a variant, or of the recording that it is of.
PORTRAIT_CORNERS = "portrait_corners.json"

VIDEO_SUFFIXES = frozenset({".avi", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".webm"})

#: What a folder has that holds an episode or a data set.
_INFO = Path("meta") / "info.json"

#: Digits of an episode's number, so that names sort as numbers do.
_EPISODE_DIGITS = 6

#: File systems allow 255 bytes, and labels are called as their source with ``.face_labels.json`` behind.
_LONGEST_NAME = 255 - len(".face_labels.json")

_RENAME = "Rename it, or change sources.pattern, if it is a variant."


@dataclass(frozen=True, slots=True)
class Variant:
    """One video of a source.

    Attributes
    ----------
    variant : str
        Name of its folder, or of the video without suffix.
    source : str
        The recorded episode that it shows.
    base : bool
        Whether it is the recording itself and no augmentation of it.
    video : str
        The video, relative to the root, with ``/``.
    folder : str
        The variant's folder relative to the root, "" for a plain video and for an episode of a data set.
    span : Span or None
        The stretch of the video that is the variant; None for all of it.
    length, fps : int and float
        Frames, and frames a second, that the data set promises for an episode; 0 for others.
    findings : tuple of (str, str)
        What is wrong with it before its video is opened: code and detail.
    """

    variant: str
    source: str
    base: bool
    video: str
    folder: str
    span: Span | None = None
    length: int = 0
    fps: float = 0.0
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Discovery:
    """What was found under a root.

    Attributes
    ----------
    variants : tuple of Variant
        Sorted by source, augmentations before the recording itself, then by name.
    rejected, ignored : tuple of dict
        Rows of ``rejected.tsv`` and ``ignored.tsv``: what should have been a variant, and what is none.
    files : tuple of str
        Metadata of a data set that was read, relative to the root.
    without_video : tuple of Variant
        Those of the rejected whose folder says that it is an episode, by name: a data set that is merged from
        the folders counts them. They have no video of the camera, or several.
    """

    variants: tuple[Variant, ...]
    rejected: tuple[dict[str, str], ...]
    ignored: tuple[dict[str, str], ...]
    files: tuple[str, ...] = ()
    without_video: tuple[Variant, ...] = ()


def discover(root: Path, *, pattern: str = PATTERN, camera: str = CAMERA) -> Discovery:
    """Find the variants under a folder.

    A folder with ``meta/info.json`` is a LeRobot v3 data set: each of its episodes is a source of its own, a
    stretch of one of its videos. Any other folder holds, also side by side, a folder a variant with
    ``videos/<camera>/<chunk>/<file>``, and video files. The pattern says which source a name belongs to. A
    plain video of another name is a source of its own. A folder of another name is a recording itself, when
    it has ``meta/info.json`` and either ``reference.json`` or variants.

    Parameters
    ----------
    root : Path
        The folder.
    pattern : str
        Regular expression of a variant's whole name with a group ``source``.
    camera : str
        Folder of the camera's videos in a variant.

    Returns
    -------
    Discovery
        Videos are found, not opened.

    Raises
    ------
    ConfigError
        If the pattern is no regular expression or has no group ``source``.
    DataError
        If the root is no folder, or a data set of another version or without this camera.
    """
    names = _compiled(pattern)
    if not root.is_dir():
        raise DataError(
            "There is no such folder of sources", file=root, remedy="Check sources.root in the config."
        )
    if (root / _INFO).is_file():
        return _discover_episodes(root, camera)
    entries = sorted(root.iterdir(), key=lambda path: path.name)
    matched = {path: _source(names, _name(path)) for path in entries if not path.name.startswith(".")}
    augmented = {source for source in matched.values() if source is not None}
    found: dict[str, Variant] = {}
    bare: list[Variant] = []
    rejected: list[dict[str, str]] = []
    ignored = [
        _row(path.name, "NAME_HIDDEN", "it begins with a dot", _RENAME)
        for path in entries
        if _is_hidden_variant(path, names)
    ]
    for path, source in matched.items():
        base = source is None and _is_recording(path, augmented)
        if path.is_dir() and source is None and not base:
            ignored.append(_row(path.name, "NAME_NOT_MATCHED", "its name is no variant's", _RENAME))
        elif path.is_file() and path.suffix.lower() not in VIDEO_SUFFIXES:
            ignored.append(_row(path.name, "NOT_A_VIDEO", "neither a folder nor a video", "Nothing."))
        elif (problem := _unusable(path.name, source or _name(path))) is not None:
            rejected.append(problem)
        elif _name(path) in found:
            detail = f"called as {found[_name(path)].video} is"
            rejected.append(_row(path.name, "NAME_TWICE", detail, "Rename one of them."))
        else:
            videos = list(_videos(path, camera))
            variant = Variant(
                variant=_name(path),
                source=source or _name(path),
                base=base,
                video=videos[0].relative_to(root).as_posix() if len(videos) == 1 else "",
                folder=path.name if path.is_dir() else "",
            )
            if variant.video:
                found[variant.variant] = variant
                continue
            rejected.append(_without_one_video(path.name, len(videos), camera))
            if (path / _INFO).is_file():
                bare.append(variant)
    variants = sorted(found.values(), key=lambda variant: (variant.source, variant.base, variant.variant))
    return Discovery(
        tuple(_with_alike(variants)),
        tuple(rejected),
        tuple(ignored),
        without_video=tuple(variant for variant in bare if variant.variant not in found),
    )


def _with_alike(variants: Iterable[Variant]) -> Iterator[Variant]:
    """Find variants of sources whose labels would be one file with others' on some file systems.

    The first source keeps the name. Variants that are labelled by themselves are told apart where they are.
    """
    named: dict[str, str] = {}
    for variant in variants:
        first = named.setdefault(folded_name(variant.source), variant.source)
        if first == variant.source:
            yield variant
        else:
            names = f"{variant.source!a} and the source {first!a}"
            detail = f"{names} are one name where case or accents do not count: rename one"
            yield replace(variant, findings=(("NAME_ALIKE", detail),))


def _discover_episodes(root: Path, camera: str) -> Discovery:
    """List the episodes of a data set, and the camera's videos that none of them lies in."""
    # Reading tables takes a library that a folder of videos has no need to load.
    from facebank.sources.lerobot import read_episodes

    episodes, files = read_episodes(root, camera)
    digits = max(_EPISODE_DIGITS, len(str(max(episode.index for episode in episodes))))
    named = {f"episode_{episode.index:0{digits}}": episode for episode in episodes}
    used = {episode.video for episode in episodes}
    unused = [video.relative_to(root).as_posix() for video in _videos(root, camera)]
    return Discovery(
        variants=tuple(
            Variant(
                variant=name,
                source=name,
                base=True,
                video=episode.video,
                folder="",
                span=episode.span,
                length=episode.length,
                fps=episode.fps,
                findings=episode.findings,
            )
            for name, episode in sorted(named.items())
        ),
        rejected=(),
        ignored=tuple(
            _row(video, "NO_EPISODE", "no episode lies in it", "Nothing, or restore meta/episodes.")
            for video in unused
            if video not in used
        ),
        files=tuple(files),
    )


def _compiled(pattern: str) -> re.Pattern[str]:
    """Compile a variant pattern."""
    try:
        names = re.compile(pattern)
    except re.error as error:
        raise ConfigError(f"The pattern {pattern!r} is no regular expression: {error}") from error
    if "source" not in names.groupindex:
        raise ConfigError(
            f"The pattern {pattern!r} does not say what a source is",
            expected="a group (?P<source>...)",
            remedy="Change sources.pattern in the config.",
        )
    return names


def _name(path: Path) -> str:
    """Give the name that the pattern is about."""
    return path.stem if path.is_file() and path.suffix.lower() in VIDEO_SUFFIXES else path.name


def _source(names: re.Pattern[str], name: str) -> str | None:
    """Give the source of a variant's name, or None."""
    match = names.fullmatch(name)
    return match["source"] if match else None


def _is_hidden_variant(path: Path, names: re.Pattern[str]) -> bool:
    """Tell whether systems hide what is called as a variant is; nothing else that they hide is meant."""
    return (
        path.name.startswith(".")
        and not path.name.startswith(APPLE_DOUBLE)
        and _source(names, _name(path)) is not None
    )


def _unusable(name: str, source: str) -> dict[str, str] | None:
    """Give the row of a name that no table or no file of labels can have, None for others."""
    raw = os.fsencode(name)
    printable = raw.decode("utf-8", "backslashreplace")
    if printable != name:
        return _row(printable, "NAME_NOT_UNICODE", "bytes that are no UTF-8", "Rename it.")
    if len(raw) > _LONGEST_NAME or len(os.fsencode(f"{source}{ITSELF}")) > _LONGEST_NAME:
        return _row(name, "NAME_TOO_LONG", f"more than {_LONGEST_NAME} bytes", "Rename it.")
    if any(letter in name for letter in "\t\n\r"):
        return _row(name, "NAME_OF_SEVERAL_CELLS", "a tab or the end of a line in it", "Rename it.")
    return None


def _is_recording(path: Path, augmented: set[str]) -> bool:
    """Tell whether a folder that is no variant is a recording itself."""
    return (path / _INFO).is_file() and (path.name in augmented or (path / "reference.json").is_file())


def _videos(path: Path, camera: str) -> Iterator[Path]:
    """Give the camera's videos of a variant's folder, or the plain video itself."""
    if path.is_file():
        yield path
    else:
        # Not by pathlib: a folder of many thousand variants is listed whenever a build starts.
        found = (Path(place, name) for place, _, names in os.walk(path / "videos" / camera) for name in names)
        yield from sorted(
            video
            for video in found
            if video.suffix.lower() in VIDEO_SUFFIXES
            and not video.name.startswith(APPLE_DOUBLE)
            and video.is_file()
        )


def _without_one_video(name: str, count: int, camera: str) -> dict[str, str]:
    """Give the row of a folder that has no video of the camera, or several."""
    if not count:
        return _row(
            name, "NO_VIDEO", f"nothing under videos/{camera}", "Restore it, or check sources.camera."
        )
    return _row(
        name, "SEVERAL_VIDEOS", f"{count} under videos/{camera}", "Give each episode a folder of its own."
    )


def _row(name: str, reason: str, detail: str, remedy: str) -> dict[str, str]:
    """Give a row of rejected.tsv or ignored.tsv; a folder has no digest."""
    return {"file": name, "reason": reason, "sha256": "", "detail": detail, "remedy": remedy}
