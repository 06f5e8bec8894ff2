"""``facebank init``: a config for folders that nobody has described yet."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facebank.artifacts.atomic import write_text
from facebank.config.load import parse_config
from facebank.console.answers import answer
from facebank.console.commands import build_command
from facebank.errors import ConfigError
from facebank.plan.plan import Plan
from facebank.plan.preflight import preflight
from facebank.proposal.bank import Layout, propose_bank
from facebank.proposal.shards import propose_shards, usable_cores
from facebank.proposal.slots import most_faces
from facebank.proposal.sources import propose_sources
from facebank.proposal.text import config_text
from facebank.report.wording import counted
from facebank.shown import yaml_text
from facebank.sources.discovery import CAMERA, PATTERN

if TYPE_CHECKING:
    from facebank.proposal.bank import BankProposal
    from facebank.proposal.sources import SourcesProposal

__all__ = ["init"]


def init(
    *,
    bank: Path | None = None,
    videos: Path | None = None,
    output: Path = Path("config.yaml"),
    layout: Layout | None = None,
    camera: str | None = None,
    pattern: str | None = None,
) -> None:
    """Look at a folder of photos and a folder of videos, and write a config for them.

    What the folders do not show is asked, never guessed: the command fails with the question and the option
    that answers it. Nothing is written into the folders, and an existing config is never replaced.

    Parameters
    ----------
    bank
        The photos: `<person>/<photo>`, or `<set>/<person>/<photo>`.
    videos
        Plain videos, folders of variants, or a LeRobot v3 data set.
    output
        The config to write.
    layout
        How the photos lie, where it does not show.
    camera
        The camera that sees the faces, where there are several.
    pattern
        Regular expression of a variant's name, with a group `source`, where the names have another form.

    Raises
    ------
    ConfigError
        If the config is there already, no folder is given, or a question is open.
    DataError
        If a folder is missing or holds no photo or video.
    ModelError
        If the model pack cannot be used.
    """
    if bank is None and videos is None:
        raise ConfigError("There is nothing to look at", remedy="Give --bank, --videos or both.")
    if output.exists():
        raise ConfigError(
            "There is a config already", file=output, remedy="Name another with --output, or remove it."
        )
    values: dict[str, Any] = {"results": "results", "models": {"pack": "lite"}}
    remarks: dict[str, list[str]] = {
        "models.pack": ["lite is for a first look; see resources/models/README.md for its limits."]
    }
    counts: dict[str, tuple[int, int]] = {}
    photos = None if bank is None else propose_bank(bank, layout)
    if photos is not None:
        counts["photos"] = (photos.photos, photos.photos)
        _add_bank(values, remarks, str(bank), photos)
    if videos is not None:
        identities = () if photos is None else photos.identities
        sources = propose_sources(videos, identities, camera=camera, pattern=pattern)
        counts["sources"] = (sources.sources, len(sources.variants))
        _add_sources(values, remarks, videos, sources)
    values["shards"] = propose_shards(counts, usable_cores())
    values["report"] = {"title": f"facebank: {(bank or videos or Path()).resolve().name}"}
    values["release"] = {"date": dt.datetime.now(dt.UTC).date().isoformat()}
    preflight(Plan(parse_config(values, file=output)))
    write_text(output, config_text(values, remarks))
    told = [sentence for key in remarks if key != "models.pack" for sentence in remarks[key]]
    for line in (f"wrote {output}", *told, f"Next: {build_command(output)}"):
        answer(line)


def _add_bank(values: dict[str, Any], remarks: dict[str, list[str]], root: str, photos: BankProposal) -> None:
    """Write down what the photos show."""
    values["bank"] = {"root": root, "sets": photos.sets}
    if not photos.sets:
        where = "one folder a person"
    else:
        where = f"in {counted(len(photos.sets), 'set')} ({', '.join(photos.sets)})"
    remarks["bank.root"] = [
        f"Found {counted(photos.photos, 'photo')} of {counted(len(photos.identities), 'person')}, {where}."
    ]
    if photos.remarks:
        remarks["bank.sets"] = list(photos.remarks)


def _add_sources(
    values: dict[str, Any], remarks: dict[str, list[str]], root: Path, found: SourcesProposal
) -> None:
    """Write down what the videos show."""
    section: dict[str, Any] = {"root": str(root)}
    section |= {"pattern": found.pattern} if found.pattern != PATTERN else {}
    section |= {"camera": found.camera} if found.camera != CAMERA else {}
    counts = f"Found {counted(len(found.variants), 'video')} of {counted(found.sources, 'source')}."
    remarks["sources.root"] = [counts, *found.remarks]
    if found.letters.known or found.letters.open:
        section["letters"] = found.letters.known
        remarks["sources.letters"] = [
            f"Whose is {letter}? Add {yaml_text(letter)}: and one of {', '.join(people) or 'the identities'}."
            for letter, people in found.letters.open.items()
        ]
        if found.letters.known:
            said = ", ".join(f"{letter} is {person}" for letter, person in found.letters.known.items())
            remarks["sources.letters"].append(f"By the augmentations' lists of persons, {said}.")
    values["sources"] = section
    slots, why = found.slots, "as many persons as every augmentation places"
    if slots is None:
        seen = most_faces(root, found.variants, values["models"]["pack"])
        slots, why = (
            max(1, seen.faces),
            (
                f"the most faces seen at once in {counted(seen.frames, 'frame')} of"
                f" {counted(seen.videos, 'video')}; raise it if more can be in the picture"
            ),
        )
    values["face_labels"] = {"slots": slots}
    remarks["face_labels.slots"] = [f"{counted(slots, 'slot')}: {why}."]
