"""Ask an index of advisories about the locked packages: ``python requirements/audit.py``.

A known vulnerability ends with 1. Where no index answers, that is said in a sentence, and nothing fails: a
check must pass without a network, but must not call packages safe that nobody was asked about.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Unreachable", "ask", "verdict"]

_HERE = Path(__file__).resolve().parent
#: Between them, all that anybody installs; retinaface-pytorch.lock has a build of torch that no index knows.
_LOCKS = ("gpu.lock", "dev.lock", "browser.lock")
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


def ask(service: str, locks: Iterable[str]) -> tuple[str, str]:
    """Run pip-audit on locks without resolving or installing, and give what it wrote to both streams."""
    asked = [sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes", "--format=json"]
    asked += ["--progress-spinner=off", f"--timeout={_REQUEST_S}", f"--vulnerability-service={service}"]
    asked += [f"--requirement={_HERE / lock}" for lock in locks]
    try:
        done = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=_ALL_S)  # noqa: S603
    except subprocess.TimeoutExpired:
        return "", f"requests.exceptions.Timeout: no answer within {_ALL_S} s"
    return done.stdout, done.stderr


def verdict(stdout: str, stderr: str) -> tuple[int, list[str]]:
    """Give the exit code and the sentences that an audit means.

    Parameters
    ----------
    stdout : str
        pip-audit's report as JSON: each dependency with its ``vulns``, or with a ``skip_reason``.
    stderr : str
        What else it said.

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
    found = [
        f"{package['name']} {package['version']} has the vulnerability {it['id']}: "
        + (
            f"go to {' or '.join(it['fix_versions'])}, then `make lock`."
            if it["fix_versions"]
            else "no fix yet."
        )
        for package in audited
        for it in package["vulns"]
    ]
    skipped = sorted({it["name"] for it in packages} - {it["name"] for it in audited})
    if skipped:
        found.append(f"Not known to the index and not audited: {', '.join(skipped)}.")
    vulnerable = any(it["vulns"] for it in audited)
    if not vulnerable:
        found.append(f"No vulnerability is known of {len(audited)} locked packages.")
    return int(vulnerable), found


def main() -> int:
    """Ask one service after the other until one answers."""
    silent = []
    for service in _SERVICES:
        try:
            verdict(*ask(service, _PROBE))
            code, said = verdict(*ask(service, _LOCKS))
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
