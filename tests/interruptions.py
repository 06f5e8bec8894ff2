"""Kill builds at random moments, and see what they repeat."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from running import Outcome, content, snakemake, surroundings

#: A build is killed after so many jobs of it began, and at most so many seconds later.
_JOBS = 7
_SECONDS = 2.5


@dataclass(frozen=True)
class Kill:
    """One build that was killed.

    Attributes
    ----------
    moment : str
        After how many jobs and seconds it was killed, or that it was not.
    finished : frozenset of str
        The jobs that it finished, by what their rules say of them.
    repeated : frozenset of str
        Those that were finished before and ran again.
    cached : dict
        The cache's entries by then, and when each was written.
    """

    moment: str
    finished: frozenset[str]
    repeated: frozenset[str]
    cached: dict[Path, int]


def build_and_kill(folder: Path, seed: int, *, kills: int) -> tuple[list[Kill], Outcome]:
    """Build, killing each build's whole process group at a random moment, until one may end.

    Parameters
    ----------
    folder : Path
        A checkout with its inputs and ``c.yaml``.
    seed : int
        Decides the moments.
    kills : int
        How many builds are killed, at most: one may end before its moment comes.

    Returns
    -------
    kills : list of Kill
        What each killed build did.
    last : Outcome
        The build that was let be.
    """
    moments = random.Random(seed)  # noqa: S311 (no secret)
    done: list[Kill] = []
    finished: frozenset[str] = frozenset()
    for _ in range(kills):
        jobs, seconds = moments.randint(0, _JOBS), moments.uniform(0, _SECONDS)
        said = _killed(folder, jobs, seconds)
        if said is None:
            break
        ended = _finished(said)
        done.append(
            Kill(
                f"killed after {jobs} jobs and {seconds:.1f} s",
                ended,
                _started(said) & finished,
                written(folder),
            )
        )
        finished |= ended
    last = snakemake(folder, "--cores", "2", "--configfile", "c.yaml", checkout=folder)
    done.append(Kill("let be", _finished(last.text), _started(last.text) & finished, written(folder)))
    return done, last


def require_nothing_lost(kills: list[Kill], last: Outcome, folder: Path, complete: Path) -> None:
    """Insist on the bytes of a build that nobody killed, on no work done twice and nothing left behind."""
    assert last.code == 0, last.text
    assert content(folder / "results") == content(complete / "results")
    assert [kill.repeated for kill in kills] == [frozenset()] * len(kills)
    now = written(folder)
    assert all(kill.cached.items() <= now.items() for kill in kills)
    assert sorted((folder / "results").rglob(".partial.*")) == []


def written(folder: Path) -> dict[Path, int]:
    """Give when each entry of a build's cache was written, in ns."""
    entries = (folder / ".facebank" / "cache").glob("*/*/[!.]*")
    return {path: path.stat().st_mtime_ns for path in entries}


def rows(kills: list[Kill], seed: int) -> list[str]:
    """Say of each build what it did."""
    return [
        f"seed {seed}, build {number}: {kill.moment:<29} finished {len(kill.finished):>2},"
        f" repeated {len(kill.repeated)}, {len(kill.cached):>3} entries in the cache"
        for number, kill in enumerate(kills, start=1)
    ]


def _killed(folder: Path, jobs: int, seconds: float) -> str | None:
    """Start a build and kill its process group; give what it said, or None where it ended before."""
    log = folder / "killed.log"
    words = ["snakemake", "--cores", "2", "--configfile", "c.yaml"]
    with log.open("wb") as file:
        build = subprocess.Popen(
            words, cwd=folder, env=surroundings(), stdout=file, stderr=file, start_new_session=True
        )
    until = time.monotonic() + 250
    while len(_started(log.read_text(encoding="utf-8"))) < jobs and build.poll() is None:
        assert time.monotonic() < until, log.read_text(encoding="utf-8")
        time.sleep(0.05)
    try:
        build.wait(seconds)
    except subprocess.TimeoutExpired:
        os.killpg(build.pid, signal.SIGKILL)
        build.wait()
        return log.read_text(encoding="utf-8")
    return None


def _started(text: str) -> frozenset[str]:
    """List the jobs that began, by what their rules say of them."""
    return frozenset(_numbered(text).values()) - {""}


def _finished(text: str) -> frozenset[str]:
    """List the jobs that ended well."""
    numbered = _numbered(text)
    return frozenset(numbered[job] for job in re.findall(r"^Finished jobid: (\d+)", text, re.MULTILINE)) - {
        ""
    }


def _numbered(text: str) -> dict[str, str]:
    """Give what each job's rule says of it, by the job's number in this build; the targets say nothing."""
    said = dict(re.findall(r"^Job (\d+): (.+)$", text, re.MULTILINE))
    return {**dict.fromkeys(re.findall(r"^Finished jobid: (\d+)", text, re.MULTILINE), ""), **said}
