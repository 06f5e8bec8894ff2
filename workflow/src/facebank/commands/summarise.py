"""``facebank summarise``: where the results are, and the main numbers."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from facebank.config.load import load_config
from facebank.plan.plan import Plan
from facebank.plan.registry import ARTIFACTS
from facebank.release.receipt import published_release
from facebank.report.folders import Folders
from facebank.report.numbers import gather_numbers
from facebank.report.wording import counted, number, percent, with_interval

if TYPE_CHECKING:
    from facebank.report.numbers import Numbers

__all__ = ["summarise"]


def summarise(*, configfile: Path = Path("config/config.yaml")) -> None:
    """Print where the release and the report are, and the main numbers.

    Parameters
    ----------
    configfile
        The config.

    Raises
    ------
    ConfigError
        If the config cannot be read.
    DataError
        If a finished stage cannot be read.
    """
    plan = Plan(load_config(configfile))
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in [*_places(plan), *_lines(gather_numbers(_built(plan)))]:
        table.add_row(Text(name), Text(value))
    Console(highlight=False, soft_wrap=True).print(table)


def _built(plan: Plan) -> Folders:
    """Give the version folders of the config that are finished."""
    known = {field.name for field in fields(Folders)}
    found = {}
    for name in ARTIFACTS:
        key, folder = name.replace("/", "_"), Path(plan.folder(name))
        if key in known and (folder / "provenance.json").is_file():
            found[key] = folder
    return Folders(**found)


def _places(plan: Plan) -> list[tuple[str, str]]:
    """Say where release and report are."""
    release = published_release(Path(plan.receipt), Path(plan.results) / "release")
    report = Path(plan.folder("report")) / "index.html"
    return [
        ("Release", "none yet" if release is None else str(release)),
        ("Report", str(report) if report.is_file() else "none yet"),
    ]


def _lines(numbers: Numbers) -> list[tuple[str, str]]:
    """Say the main numbers; those of stages that are not built are left out."""
    photos = (
        None
        if numbers.photos is None
        else (
            f"{number(numbers.photos)} used, {number(numbers.photos_rejected)} rejected,"
            f" {counted(numbers.files_ignored, 'other file')} ignored"
        )
    )
    identities = number(numbers.identities)
    if numbers.broken:
        identities += f", broken: {', '.join(numbers.broken)}"
    sources = (
        f"{number(numbers.sources)} with {counted(numbers.variants, 'variant')}" if numbers.sources else None
    )
    labels = (
        None
        if numbers.frames is None
        else (f"{counted(numbers.frames, 'frame')}, all slots in {percent(numbers.all_slots)}")
    )
    mismatches = (
        None
        if numbers.mismatches is None
        else (f"another person than claimed in {counted(numbers.mismatches, 'slot')} of variants")
    )
    shown = (
        ("Photos", photos),
        ("Identities", identities),
        ("Leave-one-out", with_interval(numbers.top1_hits, numbers.queries, numbers.top1_interval)),
        ("Sources", sources),
        ("Face labels", labels),
        ("Audit", mismatches),
        ("Gold skin IoU", number(numbers.gold_skin_iou)),
    )
    return [(name, value) for name, value in shown if value]
