"""``facebank summarise``: where the results are, and the main numbers."""

from __future__ import annotations

from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING

from facebank.config.load import load_config
from facebank.console.answers import answer_json, answer_rows
from facebank.plan.plan import Plan
from facebank.plan.registry import ARTIFACTS
from facebank.plan.settings import setting
from facebank.release.receipt import published_release
from facebank.report.folders import Folders
from facebank.report.limits import Limits, Measure, measure
from facebank.report.numbers import audited, gather_numbers
from facebank.report.wording import counted, number, percent, with_interval

if TYPE_CHECKING:
    from facebank.report.numbers import Numbers

__all__ = ["summarise"]


def summarise(*, configfile: Path = Path("config/config.yaml"), json: bool = False) -> None:
    """Print where the release and the report are, the main numbers, and the limits that are broken.

    Parameters
    ----------
    configfile
        The config.
    json
        Print JSON and not text.

    Raises
    ------
    ConfigError
        If the config cannot be read.
    DataError
        If a finished stage cannot be read.
    """
    plan = Plan(load_config(configfile))
    built = _built(plan)
    numbers, limits = gather_numbers(built), _limits(plan, built)
    release, report = _places(plan)
    if json:
        answer_json(
            {
                "release": None if release is None else str(release),
                "report": None if report is None else str(report),
                "limits": {it.key: {**it.document(), "holds": it.holds} for it in limits},
                **asdict(numbers),
            }
        )
        return
    broken = [it for it in limits if not it.holds]
    none = "none: a limit is broken" if broken else "none yet"
    answer_rows(
        [
            ("Release", none if release is None else str(release)),
            ("Report", "none yet" if report is None else str(report)),
            *(("Broken limit", _complaint(it)) for it in broken),
            *_lines(numbers),
        ],
        ("bold",),
    )


def _built(plan: Plan) -> Folders:
    """Give the version folders of the config that are finished."""
    known = {field.name for field in fields(Folders)}
    found = {}
    for name in ARTIFACTS:
        key, folder = name.replace("/", "_"), Path(plan.folder(name))
        if key in known and (folder / "provenance.json").is_file():
            found[key] = folder
    return Folders(**found)


def _places(plan: Plan) -> tuple[Path | None, Path | None]:
    """Give the release and the report's first page, where they are there."""
    report = Path(plan.folder("report")) / "index.html"
    release = published_release(Path(plan.receipt), Path(plan.results) / "release")
    return release, report if report.is_file() else None


def _limits(plan: Plan, built: Folders) -> list[Measure]:
    """Measure the limits that are set, once all that they are about is built."""
    needed = {name.replace("/", "_") for name in plan.upstream("limits")}
    if needed - built.present().keys():
        return []
    names = plan.argument_names("limits")
    limits = Limits(**{argument: setting(plan.config, key) for key, argument in names.items()})
    return measure(limits, built)


def _complaint(broken: Measure) -> str:
    """Say by how much a limit is broken, and by what first."""
    said = f"{broken.key} is {broken.limit:g}, found {broken.found:.6g}"
    if not broken.culprits:
        return said
    more = f" and {len(broken.culprits) - 1} more" if len(broken.culprits) > 1 else ""
    return f"{said}: {broken.culprits[0]}{more}"


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
    if numbers.same_person:
        identities += f", the same person under several names: {', '.join(numbers.same_person)}"
    if numbers.accused:
        identities += f"; outliers and intruders in the centroids: {number(numbers.accused)}"
    if numbers.unjudged:
        identities += f"; no photo could be judged: {numbers.unjudged}"
    sources = (
        f"{number(numbers.sources)} with {counted(numbers.variants, 'variant')},"
        f" {number(numbers.videos_rejected)} rejected"
        if numbers.sources
        else None
    )
    labels = (
        None
        if numbers.frames is None
        else (f"{counted(numbers.frames, 'frame')}, all slots in {percent(numbers.all_slots)}")
    )
    if numbers.unplaced:
        rest = len(numbers.unplaced) - 1
        labels = f"{labels}; no boxes in {numbers.unplaced[0]}" + (f" and {rest} more" if rest else "")
    shown = (
        ("Photos", photos),
        ("Identities", identities),
        ("Leave-one-out", with_interval(numbers.top1_hits, numbers.queries, numbers.top1_interval)),
        ("Sources", sources),
        ("Face labels", labels),
        ("Audit", None if numbers.mismatches is None else audited(numbers)),
        ("Gold skin IoU", number(numbers.gold_skin_iou)),
    )
    return [(name, value) for name, value in shown if value]
