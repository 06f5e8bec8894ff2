from __future__ import annotations

import pytest

from facebank.report.wording import (
    change,
    counted,
    exact,
    number,
    percent,
    share_of,
    signed,
    similarity,
    tally,
    with_interval,
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, ""),
        (0, "0"),
        (1445, "1,445"),
        (1.0, "1"),
        (0.235, "0.235"),
        (0.5, "0.5"),
        (10, "10"),
        (100.0, "100"),
    ],
)
def test_number(value: float | None, expected: str) -> None:
    assert number(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, ""), (0.0, "0 %"), (1.0, "100 %"), (0.9999, "99.9 %"), (0.00001, "0.1 %"), (0.995, "99.5 %")],
)
def test_only_a_whole_is_written_as_a_whole(value: float | None, expected: str) -> None:
    assert percent(value) == expected


def test_differences_and_cosines_have_a_real_minus() -> None:
    assert [signed(None), signed(0.314), signed(-0.5)] == ["", "+0.31", "\N{MINUS SIGN}0.50"]
    assert [number(-0.331), number(-0.0001), signed(-0.001)] == ["\N{MINUS SIGN}0.331", "0", "0.00"]
    assert [similarity(None), similarity(0.37), similarity(-0.02)] == ["", "0.370", "\N{MINUS SIGN}0.020"]


def test_nouns_have_their_plural() -> None:
    nouns = ("identity", "mismatch", "box", "frame")
    assert [counted(2, noun) for noun in nouns] == ["2 identities", "2 mismatches", "2 boxes", "2 frames"]


def test_counts() -> None:
    assert [counted(0, "file"), counted(1, "file"), counted(2000, "file")] == [
        "0 files",
        "1 file",
        "2,000 files",
    ]
    assert [share_of(3, 4), share_of(3, 0)] == ["3 of 4", "3"]


def test_a_share_has_its_interval() -> None:
    assert with_interval(1438, 1445, (0.99003, 0.99765)) == "1,438 / 1,445 = 99.5 % (99.0 to 99.8)"
    assert with_interval(0, 0, None) is None
    assert with_interval(None, None, None) is None


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({}, ""),
        ({"ok": 11, "duplicate": 1}, "11 ok, 1 duplicate"),
        ({"intruder": 4, "weak": 2, "outlier": 1}, "4 intruders, 2 weak, 1 outlier"),
    ],
)
def test_kinds_are_counted_as_one_says_it(counts: dict[str, int], expected: str) -> None:
    assert tally(counts) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [(0, "0"), (17161, "17,161"), (0.5784321, "0.578432"), (2.0, "2"), (-3, "-3")]
)
def test_numbers_that_are_compared_are_written_exactly(value: float, expected: str) -> None:
    assert exact(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, "0"), (0.0, "0"), (15445, "+15,445"), (-2, "\u22122"), (0.00001, "+1e-05"), (-0.25, "\u22120.25")],
)
def test_a_change_has_a_sign(value: float, expected: str) -> None:
    assert change(value) == expected
