from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facebank.artifacts.file_names import folded_name, with_digest


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ann_lee", "ann_lee"),
        ("Jose\u0301", "jos\xe9"),
        ("STRASSE", "straße"),
        ("take1", "take1."),
        ("scraped/Ann /1.jpg", "scraped/ann/1.JPG"),
    ],
)
def test_names_that_some_file_systems_take_for_one(one: str, other: str) -> None:
    assert folded_name(one) == folded_name(other)


@pytest.mark.parametrize(("one", "other"), [("ann_lee", "ann-lee"), ("jose", "jos\xe9"), ("a/b", "ab")])
def test_names_that_are_two_everywhere(one: str, other: str) -> None:
    assert folded_name(one) != folded_name(other)


@given(st.text())
def test_neither_case_nor_the_form_of_accents_counts(name: str) -> None:
    folded = folded_name(name)
    assert folded_name(folded) == folded
    assert all(folded_name(unicodedata.normalize(form, name)) == folded for form in ("NFC", "NFD"))
    assert folded_name(name.casefold()) == folded


def test_a_digest_stands_before_the_last_part() -> None:
    assert with_digest("scraped/ann/1.jpg", "0123456789abcdef") == "scraped/ann/0123456789ab-1.jpg"
