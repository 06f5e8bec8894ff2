"""What is stale is forced; a Snakemake that would not heed it is refused."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from facebank.errors import ConfigError
from facebank.versions.forcing import force, require_forced

REFUSED = r"does not run again what is stale: a/provenance\.json; expected Snakemake 9"


class Copying:
    """Jobs that give a copy of their marks."""

    @property
    def forcefiles(self) -> set[str]:
        return set()


def test_nothing_stale_asks_nothing_of_snakemake() -> None:
    force(None, (), version="12.0")
    require_forced(SimpleNamespace(jobs=[]), ())


def test_stale_files_are_marked_beside_those_of_the_user() -> None:
    dag = SimpleNamespace(forcefiles={"mine"})
    force(dag, ("a/provenance.json", "b"), version="9.27.1")
    assert dag.forcefiles == {"mine", "a/provenance.json", "b"}


@pytest.mark.parametrize(
    ("dag", "version"),
    [
        (SimpleNamespace(forcefiles=set()), "10.0.0"),
        (SimpleNamespace(forcefiles=set()), "90.1"),
        (SimpleNamespace(), "9.27.1"),
        (SimpleNamespace(forcefiles=frozenset()), "9.27.1"),
        (Copying(), "9.27.1"),
    ],
    ids=["next major", "far major", "no marks", "other marks", "copied marks"],
)
def test_a_snakemake_that_may_not_heed_the_marks_is_refused(dag: Any, version: str) -> None:
    with pytest.raises(ConfigError, match=REFUSED):
        force(dag, ("b", "a/provenance.json"), version=version)


def job(*output: str, reads: tuple[str, ...] = ()) -> SimpleNamespace:
    """Make a job of Snakemake's."""
    return SimpleNamespace(output=list(output), input=list(reads))


def test_a_plan_without_a_job_that_was_marked_is_refused() -> None:
    made, other = job("a/provenance.json", "a/x"), job("b")
    dag = SimpleNamespace(jobs=[made, other], needrun=lambda job: job is made)
    require_forced(dag, ("a/provenance.json", "not/needed"))
    dag.needrun = lambda job: job is other
    with pytest.raises(ConfigError, match=REFUSED):
        require_forced(dag, ("a/provenance.json", "not/needed"))


def test_what_is_stale_is_not_read_where_its_rule_was_left_out() -> None:
    made, reader = job("a/provenance.json"), job("b", reads=("a/provenance.json", "photo.jpg"))
    stale = ("a/provenance.json", "b")
    require_forced(SimpleNamespace(jobs=[reader, made], needrun=lambda _: True), stale)
    alone = SimpleNamespace(jobs=[reader], needrun=lambda _: True)
    require_forced(alone, ("b",))
    with pytest.raises(ConfigError, match=r"left out: a/provenance\.json\. Build without --allowed-rules"):
        require_forced(alone, stale)
    require_forced(SimpleNamespace(jobs=[reader], needrun=lambda _: False), ("a/provenance.json",))
