"""List the licences of all locked packages: ``python requirements/write_licences.py [--check]``.

What a package says of itself is read by pip-licenses in the environment of dev.lock; where that says nothing
or could mean several licences, licences.yaml says it, with where it was read.
"""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from license_expression import ExpressionError, get_spdx_licensing
from packaging.utils import canonicalize_name

from facebank.runtime.locks import read_lock

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from facebank.runtime.locks import Pin

__all__ = ["Listed", "contradictions", "faults", "listed", "page", "said", "table"]

_HERE = Path(__file__).resolve().parent
_TABLE = _HERE / "licences.tsv"
_TEXT = _HERE / "licences.md.in"
_PAGE = _HERE.parent / "docs" / "reference" / "licences.md"
#: Locks that everybody installs from, and those of developers.
RUNNING = ("cpu", "gpu", "retinaface-pytorch")
DEVELOPING = ("dev", "browser")
_SPDX = get_spdx_licensing()
_REMEDY = "state it in requirements/licences.yaml, under `stated`, with where you read it"


@dataclass(frozen=True, slots=True, order=True)
class Listed:
    """A locked package and its licence.

    Attributes
    ----------
    package, version : str
        As locked; the name is normalised.
    licence : str
        SPDX expression; "" where nobody says.
    locks : str
        Names of the locks that hold it, with commas.
    source : str
        ``package``: it says so itself; or where else it was read.
    """

    package: str
    version: str
    licence: str
    locks: str
    source: str

    @property
    def runs(self) -> bool:
        """Whether the pipeline runs on it: it is in more than the locks of developers."""
        return bool(set(self.locks.split(",")) & set(RUNNING))


def said(metadata: Mapping[str, str], words: Mapping[str, str]) -> str:
    """Give the SPDX expression that a package's metadata mean, "" where they mean none or several.

    Parameters
    ----------
    metadata : mapping
        A row of pip-licenses with ``--from=all``: ``License-Expression``, ``License-Metadata``, of which the
        first line counts, and ``License-Classifier``, whose values are parted by semicolons.
    words : mapping
        How packages call a licence -> SPDX expression.
    """
    for key in ("License-Expression", "License-Metadata", "License-Classifier"):
        text = metadata.get(key, "").strip().partition("\n")[0].strip()
        text = words.get(text, text)
        if text not in ("", "UNKNOWN") and not _unknown(text):
            return text
    return ""


def listed(
    pins: Mapping[str, Iterable[Pin]], metadata: Mapping[tuple[str, str], Mapping[str, str]], policy: Any
) -> list[Listed]:
    """Give every locked package with its licence, sorted.

    What licences.yaml states comes first. A package speaks for itself only where dev.lock holds it for every
    system and Python, so that the list is the same wherever it is made.

    Parameters
    ----------
    pins : mapping
        Name of a lock -> what it pins.
    metadata : mapping
        Package and version -> what pip-licenses says, of the packages that are installed.
    policy : mapping
        The content of licences.yaml.
    """
    own = {
        (pin.name, pin.version): said(metadata.get((pin.name, pin.version), {}), policy["words"])
        for pin in pins.get("dev", ())
        if not pin.marker
    }
    holders: dict[tuple[str, str], list[str]] = {}
    for lock, held in pins.items():
        for package in dict.fromkeys((pin.name, pin.version) for pin in held):
            holders.setdefault(package, []).append(lock)
    rows = []
    for package, locks in holders.items():
        stated = policy["stated"].get(package[0], {"licence": own.get(package, ""), "read": "metadata"})
        rows.append(Listed(*package, stated["licence"], ",".join(locks), stated["read"]))
    return sorted(rows)


def contradictions(
    rows: Iterable[Listed], metadata: Mapping[tuple[str, str], Mapping[str, str]], policy: Any
) -> list[str]:
    """Say which statements of licences.yaml contradict the package that is installed, or are about none."""
    rows = list(rows)
    found = []
    for row in rows:
        own = said(metadata.get((row.package, row.version), {}), policy["words"])
        if row.package in policy["stated"] and own not in ("", row.licence):
            found.append(
                f"{row.package} {row.version} says {own}, licences.yaml states {row.licence}: correct it."
            )
    vain = sorted(policy["stated"].keys() - {row.package for row in rows})
    return found + [
        f"licences.yaml states the licence of {name}, which no lock holds: remove it." for name in vain
    ]


def faults(rows: Iterable[Listed], policy: Any) -> list[str]:
    """Say which packages have a licence that is unknown or not allowed, and what to do."""
    found = []
    for row in rows:
        if not row.licence:
            found.append(f"{row.package} {row.version} does not say what its licence is: {_REMEDY}.")
        elif unknown := _unknown(row.licence):
            found.append(f"{row.package} {row.version}: {unknown} is no SPDX identifier: {_REMEDY}.")
        elif refusing := [lock for lock in row.locks.split(",") if not _allowed(row.licence, lock, policy)]:
            found.append(
                f"{row.package} {row.version} has the licence {row.licence}, which is not allowed in"
                f" {' and '.join(refusing)}.lock: replace the package, or read the licence and add it to"
                " `allowed` in requirements/licences.yaml."
            )
    return found


def _allowed(licence: str, lock: str, policy: Any) -> bool:
    """Say whether an SPDX expression can be kept with what is allowed in a lock."""
    allowed = {*policy["allowed"]["everywhere"], *policy["allowed"].get(lock, ())}
    expression = _SPDX.parse(licence)
    kept = expression.subs({it: _SPDX.TRUE for it in expression.symbols if str(it) in allowed}, simplify=True)
    return bool(kept == _SPDX.TRUE)


def _unknown(expression: str) -> str:
    """Give what of an expression is no SPDX identifier, "" where all is."""
    try:
        names = _SPDX.unknown_license_keys(expression)
    except ExpressionError:
        return expression
    return ", ".join(name for name in names if not name.startswith("LicenseRef-"))


def table(rows: Iterable[Listed]) -> str:
    """Write the list as tab-separated text; releases read it for their bill of materials."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter="\t", lineterminator="\n")
    writer.writerow(field.name for field in fields(Listed))
    writer.writerows(astuple(row) for row in rows)
    return text.getvalue()


def page(rows: Iterable[Listed], notes: Iterable[str]) -> str:
    """Write the page of the documentation."""
    groups: dict[bool, list[str]] = {True: [], False: []}
    for row in rows:
        read = "" if row.source == "metadata" else row.source
        groups[row.runs].append(f"| {row.package} | {row.version} | {row.licence} | {read} |")
    return _TEXT.read_text(encoding="utf-8").format(
        notes="\n".join(f"* {note}" for note in notes),
        running="\n".join(groups[True]),
        developing="\n".join(groups[False]),
    )


def installed_metadata() -> dict[tuple[str, str], dict[str, str]]:
    """Ask pip-licenses what the packages of this environment say of themselves."""
    asked = [sys.executable, "-m", "piplicenses", "--from=all", "--format=json", "--with-system"]
    done = subprocess.run(asked, capture_output=True, text=True, check=True)  # noqa: S603
    return {(canonicalize_name(row["Name"]), row["Version"]): row for row in json.loads(done.stdout)}


def main(*, check: bool) -> int:
    """Write the list and its page, or only see whether they are up to date; 1 where something is wrong."""
    policy = yaml.safe_load((_HERE / "licences.yaml").read_text(encoding="utf-8"))
    pins = {lock: read_lock(_HERE / f"{lock}.lock") for lock in (*RUNNING, *DEVELOPING)}
    metadata = installed_metadata()
    rows = listed(pins, metadata, policy)
    wrong = faults(rows, policy) + contradictions(rows, metadata, policy)
    files = {_TABLE: table(rows), _PAGE: page(rows, policy["brought_along"])}
    if check:
        stale = [
            path for path, text in files.items() if not path.is_file() or path.read_text("utf-8") != text
        ]
        wrong += [
            f"{path.relative_to(_HERE.parent)} is not up to date: run `make licences`." for path in stale
        ]
    else:
        for path, text in files.items():
            path.write_text(text, encoding="utf-8")
    for line in wrong:
        sys.stderr.write(f"{line}\n")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv[1:]))
