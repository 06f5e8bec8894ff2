"""Let Snakemake run again what must not be believed, whatever it remembers.

From within a workflow there is no documented way to say so. What ``--forcerun`` fills serves, and is held
against what Snakemake then does: another Snakemake must refuse, and not build on what is stale.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from facebank.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["MAJOR", "force", "require_forced"]

#: The Snakemake whose ways are known.
MAJOR = 9

_REMEDY = "Install the Snakemake of requirements/cpu.lock, or remove the files that are named."


def force(dag: Any, files: Collection[str], *, version: str) -> None:
    """Mark files so that the jobs that make them run.

    Parameters
    ----------
    dag : snakemake.dag.DAG
        The jobs; they exist, and which of them have to run is not yet decided.
    files : collection of str
        Finished files that must not be believed, as the rules name them.
    version : str
        Snakemake's.

    Raises
    ------
    ConfigError
        If there are such files and this Snakemake may not heed the marks.
    """
    if not files:
        return
    marked = getattr(dag, "forcefiles", None)
    if version.partition(".")[0] == str(MAJOR) and isinstance(marked, set):
        marked.update(files)
        if set(files) <= dag.forcefiles:
            return
    raise _unheeded(files, f"Snakemake {version}")


def require_forced(dag: Any, files: Collection[str]) -> None:
    """Insist that the jobs of marked files are going to run, and that nothing reads one that stays.

    Parameters
    ----------
    dag : snakemake.dag.DAG
        The jobs; which of them have to run is decided.
    files : collection of str
        What was given to `force`; files that the targets do not need have no job.

    Raises
    ------
    ConfigError
        Naming a file whose job is not going to run, or one that is read though its rule was left out.
    """
    made: set[str] = set()
    read: set[str] = set()
    for job in dag.jobs:
        outputs = set(map(str, job.output))
        made |= outputs
        if dag.needrun(job):
            read.update(map(str, job.input))
        elif left := outputs.intersection(files):
            raise _unheeded(left, "a plan without their jobs")
    if left_out := (read - made).intersection(files):
        raise ConfigError(
            "What this build would read is stale, and the rule that makes it was left out",
            file=min(left_out),
            remedy="Build without --allowed-rules: name a stage, or a rule after --until.",
        )


def _unheeded(files: Collection[str], found: str) -> ConfigError:
    """Say that what is stale would be believed."""
    return ConfigError(
        "Snakemake does not run again what is stale",
        file=min(files),
        expected=f"Snakemake {MAJOR}, as it was tested",
        found=found,
        remedy=_REMEDY,
    )
