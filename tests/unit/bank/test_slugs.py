"""Slugs: one spelling for one person."""

from __future__ import annotations

import unicodedata
from typing import Literal

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from facebank.bank.slugs import identity_of, require_flat_aliases, require_told_spellings, slug
from facebank.errors import ConfigError
from facebank.reading.yaml_documents import yaml_value


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
    with pytest.raises(ConfigError, match=r"'a' leads to another alias.*Write \{a: c\}"):
        require_flat_aliases({"a": "b", "b": "c"})


def test_an_alias_that_is_no_slug_would_stand_for_nobody() -> None:
    with pytest.raises(ConfigError, match=r"'T\. Swift' is no slug.*expected 't_swift'"):
        require_flat_aliases({"T. Swift": "taylor_swift"})
    with pytest.raises(ConfigError, match="leads to another alias"):
        require_flat_aliases({"a": "B", "b": "c"})


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_the_map_knows_a_folder_however_its_accents_are_written(form: Literal["NFC", "NFD"]) -> None:
    folder = unicodedata.normalize(form, "Zo\u00eb")
    for key in ("Zo\u00eb", "Zoe\u0308"):
        assert identity_of(folder, {key: "zoe_kravitz"}, {}) == "zoe_kravitz"
        require_told_spellings(["zoe", folder], {key: "zoe"})


@pytest.mark.parametrize(
    ("folders", "slug_map"),
    [
        ([], {}),
        (["ada", "ada"], {}),
        (["ada", "bob"], {}),
        (["Ada", "ada"], {"Ada": "ada"}),
        (["Ada", "ada"], {"Ada": "ada_lovelace"}),
        (["Ada", "ADA", "ada"], {"Ada": "ada", "ADA": "ada"}),
    ],
)
def test_one_name_in_two_sets_and_spellings_that_are_told_are_one_person(
    folders: list[str], slug_map: dict[str, str]
) -> None:
    require_told_spellings(folders, slug_map)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("jose", "Jose"),
        ("jose", "jos\u00e9"),
        ("jos\u00e9", "jose\u0301"),
        ("j.r. smith", "jr smith"),
        ("ann_lee", "ann lee"),
        ("ann", "an\u200bn"),
        ("ann", "\u1d2cnn"),
    ],
)
def test_names_that_one_slug_hides_are_no_silent_merge(first: str, second: str) -> None:
    assert slug(first) == slug(second)
    with pytest.raises(
        ConfigError, match=r"Folders of other names would be one identity.*bank\.slug_map"
    ) as caught:
        require_told_spellings([first, "bob", second], {"bobby": "bob"})
    shown = str(caught.value)
    assert len(set(shown.partition("found ")[2].partition(". If")[0].split(", "))) > 1


def test_of_three_spellings_all_but_one_are_to_be_told() -> None:
    with pytest.raises(ConfigError, match=r"found 'ADA', 'Ada', 'ada'.*\{ADA: ada, Ada: ada\}"):
        require_told_spellings(["ada", "Ada", "ADA"], {})


@given(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/\0"), min_size=1, max_size=50),
    st.sampled_from([".{}", "{}\N{COMBINING ACUTE ACCENT}", " {}", "{} . "]),
)
def test_the_remedy_can_be_pasted_whatever_the_folders_are_called(name: str, form: str) -> None:
    folders = {name, form.format(name)}
    assume(slug(name) == slug(form.format(name)) and len(folders) > 1)
    with pytest.raises(ConfigError) as caught:
        require_told_spellings(folders, {})
    pasted = str(caught.value).partition("bank.slug_map: ")[2].removesuffix("; else rename them.")
    slug_map = yaml.safe_load(pasted)
    assert yaml_value(pasted) == slug_map
    assert slug_map.keys() < folders
    assert {*slug_map.values()} == {slug(name)}
    require_told_spellings(folders, slug_map)
