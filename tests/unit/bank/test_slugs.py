"""Slugs: one spelling for one person."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facebank.bank.slugs import identity_of, require_flat_aliases, slug
from facebank.errors import ConfigError


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("", ""),
        ("...", ""),
        ("John_Salley", "john_salley"),
        ("Anya Taylor-Joy", "anya_taylor-joy"),
        ("Robert Downey Jr.", "robert_downey_jr"),
        ("  Beyoncé   Knowles ", "beyonce_knowles"),
        ("Björk Guðmundsdóttir", "bjork_guðmundsdottir"),
        ("J.R.R. Tolkien", "jrr_tolkien"),
        ("Александр Пушкин", "александр_пушкин"),
        ("周杰倫", "周杰倫"),
        ("ᴬnn", "ann"),
        ("../../etc", "etc"),
        ("a/c", "a_c"),
        ("\u2100da", "a_cda"),  # one letter that is decomposed to a/c
        ("a\x1b[2J\x00b\nc", "a_[2j_b_c"),
        ("ad\u200ba\u202e", "ada"),
    ],
)
def test_slug(name: str, expected: str) -> None:
    assert slug(name) == expected


@given(st.text())
def test_the_slug_of_a_slug_is_itself(name: str) -> None:
    assert slug(slug(name)) == slug(name)


@given(st.text())
def test_a_slug_is_one_visible_part_of_a_path(name: str) -> None:
    found = slug(name)
    assert not set(found) & set("/\0\n\x1b\u202e\u200b")
    assert "." not in found
    assert found == "".join(found.split())


def test_an_alias_leads_to_a_slug() -> None:
    assert identity_of("ada", {}, {"ada": "../../Ada L"}) == "ada_l"


@pytest.mark.parametrize(
    "spelling", ["Zoe\u0308 Saldan\u0303a", "Zo\u00eb Salda\u00f1a", "ZOE SALDANA", "zoe_saldana"]
)
def test_spellings_of_one_name_agree(spelling: str) -> None:
    assert slug(spelling) == "zoe_saldana"


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ("Yann LeCun", "yann_lecun"),
        ("swift", "taylor_swift"),
        ("Taylor Swift", "taylor_swift"),
        ("t_swift", "taylor_swift"),
        ("obama", "barack_obama"),
    ],
)
def test_the_map_comes_first_then_the_aliases(folder: str, expected: str) -> None:
    slug_map = {"swift": "Taylor Swift", "obama": "b_obama"}
    assert identity_of(folder, slug_map, {"t_swift": "taylor_swift", "b_obama": "barack_obama"}) == expected


def test_an_alias_of_an_alias_is_an_error() -> None:
    require_flat_aliases({})
    require_flat_aliases({"a": "c", "b": "c"})
    with pytest.raises(ConfigError, match=r"'a' leads to another alias.*Write 'a: c'"):
        require_flat_aliases({"a": "b", "b": "c"})
