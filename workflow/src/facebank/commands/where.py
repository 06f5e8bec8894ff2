"""``facebank where``: the artifact folder that a config means."""

from __future__ import annotations

import json
from pathlib import Path

from facebank.config.load import load_config
from facebank.errors import ConfigError, DataError
from facebank.plan.plan import Plan
from facebank.plan.registry import ARTIFACTS, STAGES, artifacts_of

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
    names = [artifact.name for artifact in artifacts_of(stage)] or [stage]
    if names[0] not in ARTIFACTS:
        known = dict.fromkeys((*STAGES, *ARTIFACTS))
        raise ConfigError(f"There is no stage '{stage}'", expected=f"one of {', '.join(known)}")
    meant = [name for name in names if plan.means(name)]
    if not meant:
        plan.target(ARTIFACTS[names[0]].stage)
        raise ConfigError(f"The config does not mean '{stage}'")
    print(_release(plan) if meant[0] == "release" else plan.folder(meant[0]))  # noqa: T201 (the command's answer)


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
