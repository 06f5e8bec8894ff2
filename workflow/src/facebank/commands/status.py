"""``facebank status``: how each stage stands."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from facebank.artifacts.provenance import installed_versions
from facebank.config.load import load_config
from facebank.console.answers import answer, answer_json, answer_rows
from facebank.console.commands import build_command
from facebank.console.durations import duration
from facebank.plan.plan import Plan
from facebank.plan.preflight import preflight
from facebank.versions.freshness import judge
from facebank.versions.standing import build_at_work, standing_of
from facebank.versions.wording import word

if TYPE_CHECKING:
    from facebank.versions.standing import Standing

__all__ = ["status"]


def status(*, configfile: Path = Path("config/config.yaml"), json: bool = False) -> None:
    """Show each stage: fresh, stale and why, running, or missing, and how long its last build took.

    Parameters
    ----------
    configfile
        The config.
    json
        Print JSON and not text.

    Raises
    ------
    FacebankError
        If the config, its folders or the model pack cannot be used.
    """
    plan = Plan(load_config(configfile))
    preflight(plan)
    policy = plan.config.staleness.runtime
    installed = installed_versions() if policy == "rebuild" else None
    verdicts = judge(plan, plan.contents_of_artifacts(), installed)
    plan.contents.save()
    build = build_at_work(Path(plan.results))
    standings = [standing_of(plan, verdict, build) for verdict in verdicts.values()]
    if json:
        answer_json(
            {
                "build": None if build is None else build.holder,
                "stages": [
                    {**asdict(it), "reasons": [asdict(reason) for reason in it.reasons]} for it in standings
                ],
            }
        )
        return
    answer_rows([_row(it) for it in standings], ("bold",))
    if build is not None:
        answer(f"A build is at work: {build.holder}.")
    unfinished = [it for it in standings if it.state in ("stale", "missing")]
    if not unfinished:
        answer("Everything is fresh." if build is None else "The build goes on.")
    elif build is None:
        answer(f"Build the rest with: {build_command(configfile)}")


def _row(standing: Standing) -> tuple[str, str, str, str]:
    """Say one stage's state."""
    # What was never built has nothing more to say.
    why = "; ".join(word(reason) for reason in standing.reasons) if standing.state == "stale" else ""
    took = "" if standing.seconds is None else duration(standing.seconds)
    return standing.artifact, standing.state, took, why
