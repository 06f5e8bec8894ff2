"""``facebank check``: what can be known before the first job."""

from __future__ import annotations

from pathlib import Path

from facebank.config.load import load_config
from facebank.console.answers import answer, answer_json
from facebank.plan.plan import Plan
from facebank.plan.preflight import (
    preflight,
    require_decided,
    require_device,
    require_packages,
    require_sources,
    require_writable,
)
from facebank.plan.remarks import remarks

__all__ = ["check"]


def check(*, configfile: Path = Path("config/config.yaml"), json: bool = False) -> None:
    """Check a config, its folders, the model pack, licences and the device before any job runs.

    Snakemake makes the same check and says the same sentence when it reads the workflow. A good config may
    still name people or folders that the bank does not have: they are told.

    Parameters
    ----------
    configfile
        The config.
    json
        Print JSON and not text.

    Raises
    ------
    FacebankError
        With the first thing that is wrong and what to do about it.
    """
    plan = Plan(load_config(configfile))
    preflight(plan)
    require_writable(plan)
    require_decided(plan)
    require_sources(plan)
    require_packages(plan)
    require_device(plan)
    said = remarks(plan)
    if json:
        answer_json({"config": str(configfile), "stages": plan.stages(), "remarks": said})
        return
    answer(f"{configfile}: good. It means the stages {', '.join(plan.stages())}.")
    for remark in said:
        answer(remark, "yellow")
