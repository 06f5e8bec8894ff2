"""The locked packages have allowed licences, and an audit that nobody answered calls none of them safe."""

from __future__ import annotations

import csv
import datetime as dt
import importlib.util
import json
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import ModuleType
from typing import Any

import pytest
import yaml

from facebank.plan.plan import PROJECT
from facebank.runtime.locks import parse_lock, read_lock

REQUIREMENTS = PROJECT / "requirements"
POLICY: dict[str, Any] = {
    "allowed": {"everywhere": ["MIT", "BSD-3-Clause"], "dev": ["GPL-2.0-only"]},
    "words": {"MIT License": "MIT", "BSD 3-Clause License": "BSD-3-Clause"},
    "stated": {"quiet": {"licence": "MIT", "read": "its LICENSE"}},
}


def load(name: str) -> ModuleType:
    """Load a script of requirements/."""
    spec = importlib.util.spec_from_file_location(name, REQUIREMENTS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look there
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def licences() -> ModuleType:
    return load("write_licences")


@pytest.fixture(scope="module")
def audit() -> ModuleType:
    return load("audit")


def metadata(**texts: str) -> dict[str, str]:
    names = {
        "expression": "License-Expression",
        "text": "License-Metadata",
        "classifier": "License-Classifier",
    }
    return {key: texts.get(name, "UNKNOWN") for name, key in names.items()}


def test_every_locked_package_is_listed_with_a_licence_that_is_allowed(licences: ModuleType) -> None:
    with (REQUIREMENTS / "licences.tsv").open(encoding="utf-8", newline="") as file:
        rows = [licences.Listed(**row) for row in csv.DictReader(file, delimiter="\t")]
    policy = yaml.safe_load((REQUIREMENTS / "licences.yaml").read_text(encoding="utf-8"))
    assert licences.faults(rows, policy) == []
    locked = {
        (pin.name, pin.version, path.stem) for path in REQUIREMENTS.glob("*.lock") for pin in read_lock(path)
    }
    listed = {(row.package, row.version, lock) for row in rows for lock in row.locks.split(",")}
    assert listed == locked, "run `make licences`"


def test_the_list_and_its_page_are_what_the_script_writes(
    licences: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    assert licences.main(check=True) == 0, capsys.readouterr().err


@pytest.mark.parametrize(
    ("facts", "licence"),
    [
        ({}, ""),
        ({"expression": "MIT AND BSD-3-Clause"}, "MIT AND BSD-3-Clause"),
        ({"expression": "Nonsense", "text": "MIT"}, "MIT"),
        ({"text": "BSD 3-Clause License\n\nCopyright"}, "BSD-3-Clause"),
        ({"text": "Copyright somebody", "classifier": "MIT License"}, "MIT"),
        ({"classifier": "BSD License"}, ""),
        ({"classifier": "MIT License; Public Domain"}, ""),
        ({"expression": "MIT AND"}, ""),
    ],
)
def test_what_metadata_say_counts_where_it_can_mean_one_licence(
    licences: ModuleType, facts: dict[str, str], licence: str
) -> None:
    assert licences.said(metadata(**facts), POLICY["words"]) == licence


def test_nothing_locked_lists_nothing(licences: ModuleType) -> None:
    assert licences.listed({}, {}, POLICY) == []
    assert licences.faults([], POLICY) == []


def test_a_package_speaks_for_itself_where_the_development_lock_holds_it_everywhere(
    licences: ModuleType,
) -> None:
    pins = {
        "cpu": parse_lock("a==1\nquiet==1\n"),
        "dev": parse_lock("a==1\nsome==1 ; python_version < '3.12'\n"),
    }
    own = {(name, "1"): metadata(expression="MIT") for name in ("a", "some")}
    rows = {row.package: row for row in licences.listed(pins, own, POLICY)}
    assert (rows["a"].licence, rows["a"].locks, rows["a"].source) == ("MIT", "cpu,dev", "metadata")
    assert (rows["quiet"].licence, rows["quiet"].source) == ("MIT", "its LICENSE")
    assert rows["some"].licence == ""


@pytest.mark.parametrize(
    ("licence", "locks", "said"),
    [
        ("MIT", "cpu,dev", ""),
        ("MIT OR GPL-3.0-only", "cpu", ""),
        ("GPL-2.0-only", "dev", ""),
        ("GPL-2.0-only", "cpu,dev", "new 1.0 has the licence GPL-2.0-only, which is not allowed in cpu.lock"),
        ("MIT AND GPL-3.0-only", "dev", "not allowed in dev.lock"),
        ("", "cpu", "new 1.0 does not say what its licence is"),
        ("My own", "cpu", "My own"),
    ],
)
def test_a_licence_that_is_new_or_unknown_is_a_fault(
    licences: ModuleType, licence: str, locks: str, said: str
) -> None:
    found = licences.faults([licences.Listed("new", "1.0", licence, locks, "metadata")], POLICY)
    assert len(found) == bool(said)
    assert all(said in line and "requirements/licences.yaml" in line for line in found)


def test_a_statement_that_the_package_contradicts_or_that_is_about_none_is_a_fault(
    licences: ModuleType,
) -> None:
    rows = [licences.Listed("quiet", "1", "MIT", "cpu", "its LICENSE")]
    assert licences.contradictions(rows, {}, POLICY) == []
    (line,) = licences.contradictions(rows, {("quiet", "1"): metadata(expression="BSD-3-Clause")}, POLICY)
    assert line == "quiet 1 says BSD-3-Clause, licences.yaml states MIT: correct it."
    (line,) = licences.contradictions([], {}, POLICY)
    assert "quiet, which no lock holds" in line


def report(*packages: dict[str, Any]) -> str:
    return json.dumps({"dependencies": list(packages), "fixes": []})


GOOD = {"name": "a", "version": "1", "vulns": []}
BAD = {"name": "b", "version": "2", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2.1", "3"]}]}
ALIASED = {"name": "b", "version": "2", "vulns": [{"id": "X", "aliases": ["CVE-7"], "fix_versions": []}]}
UNFIXED = {"name": "c", "version": "3", "vulns": [{"id": "PYSEC-2", "fix_versions": []}]}
SKIPPED = {"name": "d", "skip_reason": "not found"}


@pytest.mark.parametrize(
    ("packages", "code", "lines"),
    [
        ([GOOD], 0, ["No vulnerability is known of 1 locked packages."]),
        ([GOOD, BAD], 1, ["b 2 has the vulnerability PYSEC-1: go to 2.1 or 3, then `make lock`."]),
        ([UNFIXED], 1, ["c 3 has the vulnerability PYSEC-2: no fix yet."]),
        (
            [GOOD, SKIPPED],
            0,
            [
                "Not known to the index and not audited: d.",
                "No vulnerability is known of 1 locked packages.",
            ],
        ),
    ],
)
def test_an_audit_says_what_is_known(
    audit: ModuleType, packages: list[dict[str, Any]], code: int, lines: list[str]
) -> None:
    assert audit.verdict(report(*packages), "") == (code, lines)


@pytest.mark.parametrize(
    ("stdout", "stderr"),
    [
        (report(), ""),
        (report(SKIPPED), "No known vulnerabilities found"),
        ("", "requests.exceptions.ConnectionError: Failed to resolve"),
        (
            "",
            "ERROR: Could not connect to PyPI's vulnerability feed\nERROR: Tip: your network may be blocking",
        ),
        ("", "pip_audit._service.interface.ServiceError"),
    ],
)
def test_an_index_that_knows_nothing_is_no_all_clear(audit: ModuleType, stdout: str, stderr: str) -> None:
    with pytest.raises(audit.Unreachable):
        audit.verdict(stdout, stderr)


def test_an_audit_that_failed_otherwise_is_an_error(audit: ModuleType) -> None:
    with pytest.raises(RuntimeError, match="invalid requirements"):
        audit.verdict("", "ERROR: invalid requirements input: x")


TODAY = dt.date(2026, 5, 1)
UNTIL_TODAY, UNTIL_YESTERDAY = TODAY, dt.date(2026, 4, 30)


@pytest.mark.parametrize(
    ("packages", "entry", "code", "said"),
    [
        ([BAD], ("b", "PYSEC-1", UNTIL_TODAY), 0, "accepted until 2026-05-01, not called here."),
        (
            [BAD | {"vulns": [BAD["vulns"][0] | {"aliases": ["CVE-7"]}]}],
            ("b", "CVE-7", UNTIL_TODAY),
            0,
            "accepted",
        ),
        ([BAD], ("b", "PYSEC-1", UNTIL_YESTERDAY), 1, "Its acceptance ended on 2026-04-30."),
        ([BAD], ("a", "PYSEC-1", UNTIL_TODAY), 1, "No locked package has the advisory PYSEC-1 of a"),
        ([GOOD], ("b", "PYSEC-1", UNTIL_TODAY), 1, "take the entry out"),
        ([BAD, UNFIXED], ("b", "PYSEC-1", UNTIL_TODAY), 1, "c 3 has the vulnerability PYSEC-2: no fix yet."),
    ],
)
def test_an_advisory_is_accepted_by_name_and_for_a_while(
    audit: ModuleType, packages: list[dict[str, Any]], entry: tuple[str, str, dt.date], code: int, said: str
) -> None:
    package, name, until = entry
    accepted = [audit.Accepted(package, name, "not called here", until)]
    found, lines = audit.verdict(report(*packages), "", accepted, TODAY)
    assert found == code
    assert said in "\n".join(lines)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "accepted: {}",
        "accepted: [x]",
        "accepted: []\nother: []",
        "accepted: [{package: a, id: b, until: 2026-05-01}]",
        "accepted: [{package: a, id: b, reason: ' ', until: 2026-05-01}]",
        "accepted: [{package: a, id: b, reason: c, until: soon}]",
        "accepted: [{package: a, id: b, reason: c}]",
        "accepted: [",
    ],
)
def test_an_acceptance_without_a_reason_or_a_day_is_refused(
    audit: ModuleType, tmp_path: Path, text: str
) -> None:
    (tmp_path / "advisories.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"advisories\.yaml"):
        audit.read_accepted(tmp_path / "advisories.yaml")


def test_the_accepted_advisories_can_be_read(audit: ModuleType) -> None:
    for it in audit.read_accepted(REQUIREMENTS / "advisories.yaml"):
        assert it.reason


class FakeIndex(BaseHTTPRequestHandler):
    """A fake index of advisories on this machine, in the form of OSV: one advisory, made up."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        name = asked["package"]["name"]
        fixed = [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "99"}]}]
        affected = [{"package": {"name": name, "ecosystem": "PyPI"}, "ranges": fixed}]
        made_up = {"id": "FAKE-2026-1", "summary": "made up", "affected": affected}
        answer = json.dumps({"vulns": [made_up]} if name == "made-up" else {}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def fake_index() -> Iterator[str]:
    """Give the address of a fake index."""
    with ThreadingHTTPServer(("127.0.0.1", 0), FakeIndex) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/v1/query"
        server.shutdown()


def test_a_fake_index_of_advisories_is_asked_and_its_answer_judged(
    audit: ModuleType, fake_index: str, tmp_path: Path
) -> None:
    lock = tmp_path / "some.lock"
    lock.write_text("".join(f"{name}==1.0 --hash=sha256:{'0' * 64}\n" for name in ("fine", "made-up")))
    answer = audit.ask("osv", [lock], f"--osv-url={fake_index}")
    code, lines = audit.verdict(*answer)
    assert (code, lines) == (
        1,
        ["made-up 1.0 has the vulnerability FAKE-2026-1: go to 99, then `make lock`."],
    )
    accepted = [audit.Accepted("made-up", "FAKE-2026-1", "made up", UNTIL_TODAY)]
    assert audit.verdict(*answer, accepted, TODAY)[0] == 0
    assert audit.verdict(*answer, accepted, TODAY + dt.timedelta(days=1))[0] == 1


def test_one_service_is_asked_after_the_other(
    audit: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = {"pypi": (report(SKIPPED), ""), "osv": (report(BAD), "")}
    monkeypatch.setattr(audit, "ask", lambda service, _: answers[service])
    assert audit.main() == 1
    assert "PYSEC-1" in capsys.readouterr().err
    answers["osv"] = ("", "urllib3.exceptions.ReadTimeoutError")
    assert audit.main() == 0
    assert capsys.readouterr().err == (
        "No packages were audited: no index of advisories answers here"
        " (pypi knows none of 1 packages, osv gives no answer).\n"
    )
