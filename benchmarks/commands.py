"""The workflow's own commands for a config, and what one of them takes in a process of its own."""

from __future__ import annotations

import multiprocessing
import os
import re
import shlex
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from importlib import import_module
from io import StringIO
from typing import TYPE_CHECKING, Any
from unittest import mock

from facebank.cli import COMMANDS, RULES, main
from facebank.project import PROJECT
from machine import peak_memory

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

__all__ = ["Spent", "commands_in", "run_command", "workflow_commands"]

#: How a dry run shows a job's command; its output goes to a log, which is none of the command's.
_COMMAND = re.compile(r"^Shell command: facebank (.*) > \S+ 2>&1$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Spent:
    """What a command took.

    Attributes
    ----------
    start : float
        Seconds until the work began: the interpreter and its imports.
    wall, processor : float
        Seconds of the work, by the clock and of processors.
    model : float
        Seconds within ``session.run``.
    memory : float
        Peak resident memory of the process in MiB.
    """

    start: float
    wall: float
    processor: float
    model: float
    memory: float


def workflow_commands(config: Path) -> list[list[str]]:
    """Ask Snakemake for the commands that build what a config means and of which nothing is built.

    Parameters
    ----------
    config : Path
        The config; its folder is the working directory.

    Returns
    -------
    list of list of str
        The words of each job's command behind ``facebank``, in the order in which they can run.
    """
    done = subprocess.run(
        [
            *(sys.executable, "-m", "snakemake", "--snakefile", str(PROJECT / "Snakefile")),
            *("--dry-run", "--printshellcmds", "--cores", "1", "--configfile", str(config)),
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=config.parent,
    )
    if done.returncode != 0:
        raise SystemExit(f"Snakemake cannot plan {config}: {done.stderr.strip()[-2000:]}")
    return commands_in(done.stdout)


def commands_in(text: str) -> list[list[str]]:
    """Find the commands in what a dry run prints, each once, the rules in their order."""
    found = {command: shlex.split(command) for command in _COMMAND.findall(text)}
    return sorted(found.values(), key=lambda words: RULES.index(words[0].replace("-", "_")))


def run_command(words: Sequence[str], folder: Path) -> Spent:
    """Run ``facebank`` with some words in a folder, in a new process.

    Parameters
    ----------
    words : sequence of str
        The subcommand and its arguments.
    folder : Path
        The working directory.

    Returns
    -------
    Spent
        What it took; the start does not count as work.
    """
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_run, list(words), folder, time.time()).result()


def _run(words: list[str], folder: Path, asked: float) -> Spent:
    """Import what a command needs, then time it."""
    os.chdir(folder)
    import_module(COMMANDS[words[0]].partition(":")[0])
    model = _Within()
    with ExitStack() as stack:
        # A command that has not imported the runtime runs no model, and shall not grow by it.
        if runtime := sys.modules.get("onnxruntime"):
            session = runtime.InferenceSession
            stack.enter_context(mock.patch.object(session, "run", model.timed(session.run)))
        said = StringIO()
        stack.enter_context(redirect_stdout(said))
        stack.enter_context(redirect_stderr(said))
        start, used, began = time.time() - asked, time.process_time(), time.perf_counter()
        code = main(words)
        wall, processor = time.perf_counter() - began, time.process_time() - used
    if code != 0:
        raise RuntimeError(f"facebank {shlex.join(words)} ended with {code}: {said.getvalue()[-2000:]}")
    return Spent(start, wall, processor, model.seconds, peak_memory())


class _Within:
    """Sums the seconds within calls."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def timed(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Give a function that does the same, and whose calls are timed."""

        def timed(*arguments: Any, **options: Any) -> Any:
            began = time.perf_counter()
            try:
                return function(*arguments, **options)
            finally:
                self.seconds += time.perf_counter() - began

        return timed
