"""``facebank where``: the artifact folder that a config means."""

from __future__ import annotations

from pathlib import Path

from facebank.config.load import load_config
from facebank.console.answers import answer, answer_json
from facebank.errors import DataError
from facebank.plan.plan import Plan
from facebank.release.receipt import published_release

__all__ = ["where"]


def where(stage: str, *, configfile: Path = Path("config/config.yaml"), json: bool = False) -> None:
    """Print the artifact folder that a config means.

    Parameters
    ----------
    stage
        A stage, or `stage/part` where a stage has several folders: `inventory` alone is `inventory/photos`
        (`inventory/sources` without a bank), `gold` alone is `gold/evaluation`.
    configfile
        The config.
    json
        Print JSON and not text.

    Raises
    ------
    ConfigError
        If there is no such stage, or the config does not mean it.
    DataError
        If a release is asked for that is not published yet: its name is its content's.
    """
    plan = Plan(load_config(configfile))
    name = plan.named(stage)[0]
    folder = _release(plan) if name == "release" else plan.folder(name)
    if json:
        answer_json({"artifact": name, "folder": folder, "exists": Path(folder).is_dir()})
    else:
        answer(folder)


def _release(plan: Plan) -> str:
    """Give the folder of the release that this config published."""
    found = published_release(Path(plan.receipt), Path(plan.results) / "release")
    if found is None:
        raise DataError(
            "This config has published no release yet",
            file=plan.receipt,
            remedy="Build the target `release`.",
        )
    return str(found)
