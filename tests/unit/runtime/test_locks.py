from __future__ import annotations

from pathlib import Path

import pytest

from facebank.errors import DataError
from facebank.plan.plan import PROJECT
from facebank.runtime.locks import Pin, parse_lock, read_lock

LOCKS = sorted((PROJECT / "requirements").glob("*.lock"))
A, B = "a" * 64, "b" * 64


def pin(name: str, version: str = "1", **facts: object) -> Pin:
    values = {"marker": "", "hashes": (), "asked_by": (), "direct": False, **facts}
    return Pin(name=name, version=version, **values)  # type: ignore[arg-type]


ASKED = f"""\
a==1 \\
    --hash=sha256:{B} \\
    --hash=sha256:{A}
    # via
    #   -c x.lock
    #   b
    #   -r x.in
"""
FORKED = f"""\
a==1 ; python_version < '3' \\
    --hash=sha256:{A}
    # via C_d
a==2 ; python_version >= '3' \\
    --hash=sha256:{B}
    # via -r x.in
"""


@pytest.mark.parametrize(
    ("text", "pins"),
    [
        ("", []),
        ("# only a comment\n\n", []),
        ("a==1\n", [pin("a")]),
        (f"A_b.c==1.0+cpu --hash=sha256:{A}\n", [pin("a-b-c", "1.0+cpu", hashes=(A,))]),
        (ASKED, [pin("a", hashes=(A, B), asked_by=("b",), direct=True)]),
        (
            FORKED,
            [
                pin("a", "1", marker="python_version < '3'", hashes=(A,), asked_by=("c-d",)),
                pin("a", "2", marker="python_version >= '3'", hashes=(B,), direct=True),
            ],
        ),
    ],
)
def test_a_lock_is_read(text: str, pins: list[Pin]) -> None:
    assert list(parse_lock(text)) == pins


def test_a_marker_decides_where_a_pin_applies() -> None:
    assert [pin("a", marker=it).applies for it in ("", "python_version < '3'", "python_version > '3'")] == [
        True,
        False,
        True,
    ]


@pytest.mark.parametrize(
    "text",
    [
        "a>=1\n",
        "a\n",
        "--index-url x\n",
        "a @ file:b\n",
        "a==1 \\\n    --hash=md5:0\n",
        "a==1\n    nonsense here\n",
    ],
)
def test_what_is_no_lock_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.lock").write_text(text)
    with pytest.raises(DataError, match=r"x\.lock"):
        read_lock(tmp_path / "x.lock")


def test_a_missing_lock_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.lock"):
        read_lock(tmp_path / "none.lock")


def test_there_are_locks() -> None:
    assert {"cpu", "gpu", "dev", "browser", "retinaface-pytorch"} == {path.stem for path in LOCKS}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.stem)
def test_every_package_of_every_lock_has_a_hash_and_somebody_who_asks_for_it(lock: Path) -> None:
    pins = read_lock(lock)
    assert pins
    assert [it.name for it in pins if not it.hashes] == []
    assert [it.name for it in pins if not it.direct and not it.asked_by] == []
    names = {it.name for it in pins}
    if lock.stem == "cpu":
        assert {asker for it in pins for asker in it.asked_by} <= names
