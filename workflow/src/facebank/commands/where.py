"""``facebank where``: the artifact folder that a config means."""

from __future__ import annotations

import json
from pathlib import Path

from facebank.config.load import load_config
from facebank.errors import DataError
from facebank.plan.plan import Plan

__all__ = ["where"]


def where(stage: str, *, configfile: Path = Path("config/config.yaml")) -> None:
    """Print the artifact folder that a config means.

    Parameters
    ----------
    stage
        A stage, or `stage/part` where a stage has several folders: `inventory` alone is `inventory/photos`
        (`inventory/sources` without a bank), `gold` alone is `gold/evaluation`.
    configfile
        The config.

    Raises
    ------
    ConfigError
        If there is no such stage, or the config does not mean it.
    DataError
        If a release is asked for that is not published yet: its name is its content's.
    """
    plan = Plan(load_config(configfile))
    name = plan.named(stage)[0]
    print(_release(plan) if name == "release" else plan.folder(name))  # noqa: T201 (the command's answer)


def _release(plan: Plan) -> str:
    """Give the folder of the release that this config published."""
    try:
        receipt = json.loads(Path(plan.receipt).read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(
            "This config has published no release yet",
            file=plan.receipt,
            remedy="Build the target `release`.",
        ) from error
    return f"{plan.results}/release/{receipt['release']}"
