"""Ask an index of advisories about the locked packages: ``python requirements/audit.py``.

A known vulnerability ends with 1, unless `advisories.yaml` accepts it: by package and id, with a reason, and
until a day. An acceptance that has expired, or that no advisory answers to, ends with 1 too. Where no index
answers, that is said in a sentence, and nothing fails: a check must pass without a network, but must not call
packages safe that nobody was asked about.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Accepted", "Unreachable", "ask", "read_accepted", "verdict"]

_HERE = Path(__file__).resolve().parent
#: Between them, all that anybody installs; retinaface-pytorch.lock has a build of torch that no index knows.
_LOCKS = ("gpu.lock", "dev.lock", "browser.lock")
#: Known vulnerabilities that do no harm here.
_ACCEPTED = _HERE / "advisories.yaml"
#: The shortest of them tells at once whether anybody answers.
_PROBE = ("browser.lock",)
#: The services of pip-audit, in the order in which they are asked.
_SERVICES = ("pypi", "osv")
#: How long one request, and all of them, may take, in seconds.
_REQUEST_S, _ALL_S = 5, 180
_NO_ANSWER = re.compile(
    r"(requests|urllib3)\.exceptions\.\w+|pip_audit\.\S*(ConnectionError|ServiceError)"
    r"|Could not connect|Tip: your network"
)


class Unreachable(Exception):  # noqa: N818 (it says what it is)
    """No index answered; the text says which, and how."""


def ask(service: str, locks: Iterable[str | Path], *options: str) -> tuple[str, str]:
    """Run pip-audit on locks without resolving or installing, and give what it wrote to both streams."""
    asked = [sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes", "--format=json"]
    asked += ["--progress-spinner=off", f"--timeout={_REQUEST_S}", f"--vulnerability-service={service}"]
    asked += [*options, *(f"--requirement={_HERE / lock}" for lock in locks)]
    try:
        done = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=_ALL_S)  # noqa: S603
    except subprocess.TimeoutExpired:
        return "", f"requests.exceptions.Timeout: no answer within {_ALL_S} s"
    return done.stdout, done.stderr


@dataclass(frozen=True, slots=True)
class Accepted:
    """An advisory that is accepted for a while.

    Attributes
    ----------
    package : str
        Whose advisory it is.
    id : str
        Its id, or one of its aliases.
    reason : str
        Why it does no harm here.
    until : datetime.date
        The last day on which it is accepted.
    """

    package: str
    id: str
    reason: str
    until: dt.date


def read_accepted(path: Path) -> list[Accepted]:
    """Read the accepted advisories.

    Raises
    ------
    ValueError
        If an entry lacks a package, an id, a reason or a day, or has anything else.
    """
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise ValueError(f"{path.name} cannot be read: {error}") from error
    entries = document.get("accepted") if isinstance(document, dict) and len(document) == 1 else None
    if not isinstance(entries, list):
        raise ValueError(f"{path.name}: expected one list, `accepted`")  # noqa: TRY004 - the file is wrong
    return [_accepted(path, number, entry) for number, entry in enumerate(entries, 1)]


def _accepted(path: Path, number: int, entry: Any) -> Accepted:
    """Read one entry."""
    words = ("package", "id", "reason")
    if (
        not isinstance(entry, dict)
        or set(entry) != {*words, "until"}
        or not all(isinstance(entry[word], str) and entry[word].strip() for word in words)
        or type(entry["until"]) is not dt.date
    ):
        raise ValueError(
            f"{path.name}: entry {number} needs a package, an id, a reason and until (YYYY-MM-DD): {entry}"
        )
    return Accepted(**entry)


def verdict(
    stdout: str, stderr: str, accepted: Sequence[Accepted] = (), today: dt.date = dt.date.min
) -> tuple[int, list[str]]:
    """Give the exit code and the sentences that an audit means.

    Parameters
    ----------
    stdout : str
        pip-audit's report as JSON: each dependency with its ``vulns``, or with a ``skip_reason``.
    stderr : str
        What else it said.
    accepted : sequence of Accepted
        Advisories that do not count until their day.
    today : datetime.date
        The day of the audit.

    Raises
    ------
    Unreachable
        If no index answered, or the one that did knows none of the packages: a mirror may have no advisories,
        and pip-audit then finds nothing and is content.
    RuntimeError
        If pip-audit failed for another reason.
    """
    try:
        packages = json.loads(stdout)["dependencies"]
    except (ValueError, KeyError, TypeError):
        said = (stderr.strip().splitlines() or ["nothing"])[-1]
        if _NO_ANSWER.search(stderr):
            raise Unreachable("gives no answer") from None
        raise RuntimeError(f"pip-audit failed: {said}") from None
    audited = [it for it in packages if "skip_reason" not in it]
    if not audited:
        raise Unreachable(f"knows none of {len(packages)} packages")
    found, faults = _judged(audited, accepted, today)
    skipped = sorted({it["name"] for it in packages} - {it["name"] for it in audited})
    if skipped:
        found.append(f"Not known to the index and not audited: {', '.join(skipped)}.")
    if not any(it["vulns"] for it in audited):
        found.append(f"No vulnerability is known of {len(audited)} locked packages.")
    return int(faults > 0), found


def _judged(
    audited: Sequence[dict[str, Any]], accepted: Sequence[Accepted], today: dt.date
) -> tuple[list[str], int]:
    """Give a sentence for each advisory and each needless acceptance, and how many of them are faults."""
    met: set[Accepted] = set()
    found, faults = [], 0
    for package in audited:
        for advisory in package["vulns"]:
            names = {advisory["id"], *advisory.get("aliases", ())}
            entries = [it for it in accepted if it.package == package["name"] and it.id in names]
            met.update(entries)
            said = f"{package['name']} {package['version']} has the vulnerability {advisory['id']}"
            held = [it for it in entries if today <= it.until]
            if held:
                found.append(f"{said}: accepted until {held[0].until}, {held[0].reason}.")
                continue
            faults += 1
            fixes = " or ".join(advisory["fix_versions"])
            remedy = f"go to {fixes}, then `make lock`." if fixes else "no fix yet."
            expired = f" Its acceptance ended on {entries[0].until}." if entries else ""
            found.append(f"{said}: {remedy}{expired}")
    for it in accepted:
        if it not in met:
            faults += 1
            found.append(
                f"No locked package has the advisory {it.id} of {it.package}, which advisories.yaml accepts:"
                " take the entry out."
            )
    return found, faults


def main() -> int:
    """Ask one service after the other until one answers."""
    try:
        accepted = read_accepted(_ACCEPTED)
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    today = dt.datetime.now(tz=dt.UTC).date()
    silent = []
    for service in _SERVICES:
        try:
            verdict(*ask(service, _PROBE))
            code, said = verdict(*ask(service, _LOCKS), accepted, today)
        except Unreachable as error:
            silent.append(f"{service} {error}")
            continue
        sys.stderr.write("".join(f"{line}\n" for line in said))
        return code
    sys.stderr.write(
        f"No packages were audited: no index of advisories answers here ({', '.join(silent)}).\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
