"""``facebank why``: why a stage would be built again."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from facebank.artifacts.provenance import installed_versions
from facebank.config.load import load_config
from facebank.console.answers import answer, answer_json
from facebank.errors import CheckError
from facebank.plan.plan import Plan
from facebank.plan.preflight import preflight
from facebank.plan.registry import ARTIFACTS
from facebank.project import PROJECT
from facebank.reading.json_documents import read_json
from facebank.reading.limits import LARGEST_DOCUMENT
from facebank.versions.causes import causes
from facebank.versions.freshness import judge
from facebank.versions.wording import listed

if TYPE_CHECKING:
    from facebank.versions.freshness import Verdict

__all__ = ["why"]


def why(stage: str, *, configfile: Path = Path("config/config.yaml"), json: bool = False) -> None:
    """Say in one paragraph why a stage would be built again, or that it is fresh.

    First comes the reason that Snakemake gives, then the module, config key or file that changed.

    Parameters
    ----------
    stage
        A stage, or `stage/part` where a stage has several folders.
    configfile
        The config.
    json
        Print JSON and not text.

    Raises
    ------
    ConfigError
        If there is no such stage, or the config does not mean it.
    CheckError
        If Snakemake cannot plan the build.
    """
    plan = Plan(load_config(configfile))
    names = plan.named(stage)
    preflight(plan)
    policy = plan.config.staleness.runtime
    installed = installed_versions() if policy == "rebuild" else None
    verdicts = judge(plan, plan.contents_of_artifacts(), installed)
    plan.contents.save()
    reasons = _reasons_of_snakemake(configfile, ARTIFACTS[names[0]].stage)
    if json:
        answer_json(
            [
                {
                    "artifact": name,
                    "fresh": verdicts[name].fresh,
                    "snakemake": reasons.get(ARTIFACTS[name].rule),
                    "reasons": [asdict(reason) for reason in verdicts[name].reasons],
                    "causes": causes(plan, verdicts, name),
                }
                for name in names
            ]
        )
        return
    for name in names:
        said = reasons.get(ARTIFACTS[name].rule)
        engine = f"Snakemake runs {ARTIFACTS[name].rule}: {said}." if said else "Snakemake has nothing to do."
        paragraph = [engine, *causes(plan, verdicts, name), _built(verdicts[name])]
        answer(" ".join(filter(None, paragraph)))


def _reasons_of_snakemake(configfile: Path, stage: str) -> dict[str, str]:
    """Ask Snakemake what it would run for a stage: rule -> reason."""
    done = subprocess.run(  # noqa: S603
        [
            *(sys.executable, "-m", "snakemake", "--snakefile", str(PROJECT / "Snakefile")),
            *("--dry-run", "--printshellcmds", "--cores", "1", stage, "--configfile", str(configfile)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise CheckError("Snakemake cannot plan the build", found=" ".join(done.stderr.split())[-500:])
    pattern = r"^Reason: (.*)\nShell command: facebank ([a-z-]+)"
    found = re.findall(pattern, done.stdout + done.stderr, re.MULTILINE)
    return {rule.replace("-", "_"): _shortened(reason) for reason, rule in reversed(found)}


def _shortened(reason: str) -> str:
    """Count the files of each part of a reason beyond the first few."""
    parts = [part.partition(": ") for part in reason.split("; ")]
    return "; ".join(f"{label}{colon}{listed(files.split(', '))}" for label, colon, files in parts)


def _built(verdict: Verdict) -> str:
    """Say when a folder was built, where that is known."""
    try:
        run = read_json(verdict.marker.parent / "run.json", largest=LARGEST_DOCUMENT)
        return f"It was last built {run['started']} on {run['host']}."
    except (OSError, ValueError, KeyError, TypeError):
        return ""
