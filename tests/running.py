"""Run the workflow and the command line as a user does, and read what they made."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from facebank.plan.registry import STAGES
from warm import run_warm

PROJECT = Path(__file__).parents[1]
#: What a checkout is, apart from tests, docs and whatever was built.
PARTS = ("Snakefile", "workflow", "config", "profiles", "envs", "resources/models", "requirements")


def _without_network() -> tuple[str, ...]:
    """Find the words that run a command without a network: as root, or as the root of a namespace."""
    for words in (("unshare", "--net"), ("unshare", "--map-root-user", "--net")):
        if shutil.which("unshare") is None:
            break
        if subprocess.run([*words, "true"], capture_output=True, check=False).returncode == 0:
            return words
    return ()


#: What stands before a command that shall have no network, not even its own; empty where none may do that.
NO_NETWORK = _without_network()


@dataclass(frozen=True)
class Outcome:
    """What one run of a command gave."""

    code: int
    text: str

    @property
    def nothing_to_do(self) -> bool:
        """Whether Snakemake found all outputs fresh."""
        return "Nothing to be done" in self.text

    @property
    def rules(self) -> set[str]:
        """The rules that ran, or would run, without the targets."""
        return set(self.jobs)

    @property
    def jobs(self) -> dict[str, int]:
        """The rules that ran, or would run, without the targets, and the number of jobs of each."""
        table = self.text.partition("Job stats:\n")[2].partition("\ntotal")[0]
        found = re.findall(r"^(\w+) +(\d+)$", table, re.MULTILINE)
        return {rule: int(count) for rule, count in found if rule not in {"all", *STAGES}}


def surroundings(**environment: str) -> dict[str, str]:
    """Give the variables of a command: the project's environment; bytecode is kept as Python does."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    package = str(PROJECT / "workflow" / "src")
    given = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**given, "PATH": path, "PYTHONPATH": package, **environment}


def run(arguments: list[str], folder: Path, timeout_s: float = 280, **environment: str) -> Outcome:
    """Run a command of the project's environment and keep all that it prints."""
    done = subprocess.run(
        arguments,
        cwd=folder,
        env=surroundings(**environment),
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    return Outcome(done.returncode, done.stdout + done.stderr)


def snakemake(
    folder: Path, *arguments: str, checkout: Path = PROJECT, timeout_s: float = 280, **environment: str
) -> Outcome:
    """Run the workflow of a checkout in a working directory, with more variables in a Python of its own."""
    words = ["--snakefile", str(checkout / "Snakefile"), *arguments]
    if environment:
        return run(["snakemake", *words], folder, timeout_s, **environment)
    return Outcome(*run_warm("snakemake", words, folder, surroundings(), timeout_s))


def facebank(folder: Path, *arguments: str) -> Outcome:
    """Run the command line."""
    return Outcome(*run_warm("facebank", list(arguments), folder, surroundings(), timeout_s=280))


def content(folder: Path) -> dict[str, bytes]:
    """Read every artifact below a folder: all but what says when and where it was made."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and path.name != "run.json"
        and not {".logs", ".shards"} & set(path.relative_to(folder).parts)
    }
