"""How a folder of photos is laid out, and what is asked where it does not show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from facebank.bank.slugs import require_told_spellings, slug
from facebank.config.load import load_config
from facebank.errors import ConfigError, DataError, FacebankError
from facebank.proposal.bank import _spellings, propose_bank
from facebank.proposal.text import Pasted, config_text
from facebank.reading.yaml_documents import yaml_value
from facebank.shown import shown

if TYPE_CHECKING:
    from pathlib import Path


def touch(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"")


@pytest.mark.parametrize(
    ("files", "kind", "question"),
    [
        ([], DataError, "There is no photo below the folder"),
        (["a/notes.txt"], DataError, "There is no photo below the folder"),
        (["1.jpg", "2.jpg"], ConfigError, "Whose are the photos?"),
        (["x/heldout/a/1.jpg"], ConfigError, "Which folders are the persons?"),
        (["a/1.jpg", "heldout/b/2.jpg"], ConfigError, "Answer with --layout person/photo or --layout set/"),
        ([f"p{i}/2019/{i}.jpg" for i in range(9)], ConfigError, "Are the top folders sets or persons?"),
    ],
)
def test_what_does_not_show_is_asked(
    tmp_path: Path, files: list[str], kind: type[FacebankError], question: str
) -> None:
    touch(tmp_path, *files)
    with pytest.raises(kind) as caught:
        propose_bank(tmp_path)
    assert question in str(caught.value)


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="There is no such folder of photos"):
        propose_bank(tmp_path / "none")


@pytest.mark.parametrize(
    ("files", "sets", "identities"),
    [
        (["Ann B./1.jpg", "bo/x.PNG", "bo/notes.txt"], (), ("ann_b", "bo")),
        (["scraped/a/1.jpg", "mine/a/1.jpg", "heldout/b/2.webp"], ("heldout", "scraped", "mine"), ("a", "b")),
        (["only/a/1.jpg"], ("only",), ("a",)),
        ([*(f"a/{i}.jpg" for i in range(30)), "stray.jpg"], (), ("a",)),
    ],
)
def test_what_shows_is_read(
    tmp_path: Path, files: list[str], sets: tuple[str, ...], identities: tuple[str, ...]
) -> None:
    touch(tmp_path, *files)
    found = propose_bank(tmp_path)
    assert (found.sets, found.identities) == (sets, identities)


def test_strays_are_named(tmp_path: Path) -> None:
    touch(tmp_path, *(f"a/{i}.jpg" for i in range(30)), "stray.jpg")
    found = propose_bank(tmp_path)
    assert found.photos == 30
    assert "stray.jpg" in found.remarks[0]


def test_an_answer_is_taken(tmp_path: Path) -> None:
    touch(tmp_path, "a/1.jpg", "heldout/b/2.jpg")
    assert propose_bank(tmp_path, "person/photo").identities == ("a",)
    assert propose_bank(tmp_path, "set/person/photo").sets == ("heldout",)


def test_an_answer_that_fits_no_photo_is_refused(tmp_path: Path) -> None:
    touch(tmp_path, "a/1.jpg")
    with pytest.raises(DataError, match="No photo lies as set/person/photo"):
        propose_bank(tmp_path, "set/person/photo")


def test_likely_misspellings_are_questions(tmp_path: Path) -> None:
    names = ("bruce_willis", "bruce_wilis", "Swift", "taylor_swift", "player_1", "player_2", "Zoë", "zoe")
    touch(tmp_path, *(f"{name}/1.jpg" for name in names))
    assert propose_bank(tmp_path).remarks == (
        "Are Zoë and zoe one person? If not, rename them; else:",
        "slug_map: {Zoë: zoe}",
        "Are bruce_wilis and bruce_willis one person? Then:",
        "aliases: {bruce_willis: bruce_wilis}",
        "Is swift the same as taylor_swift? Then:",
        "slug_map: {Swift: taylor_swift}",
    )


@given(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/\0"), min_size=1, max_size=50),
    st.sampled_from(["{}.", "{}\N{COMBINING ACUTE ACCENT}", "{} ", "A{}"]),
)
def test_what_is_to_be_pasted_says_the_very_folders(name: str, form: str) -> None:
    names = {f"a{name}", form.format(f"a{name}")}
    pasted = [text for text in _spellings(names) if isinstance(text, Pasted)]
    told = {slug(folder) for folder in names}
    if len(told) == 1:
        assert len(pasted) == 1
    for text in pasted:
        assert text == shown(text)
        said = yaml.safe_load(text)
        assert yaml_value(text) == said
        ((key, entries),) = said.items()
        expected = names if key == "slug_map" else told
        assert entries.keys() <= expected
        assert set(entries.values()) <= told


def test_what_is_to_be_pasted_makes_one_person_of_two_folders(tmp_path: Path) -> None:
    touch(tmp_path, "Zoë/1.jpg", "zoe: \x1b#/1.jpg", "ZOE: \x1b#/2.jpg")
    remarks = propose_bank(tmp_path).remarks
    (pasted,) = (text for text in remarks if isinstance(text, Pasted))
    text = config_text({"bank": {"root": str(tmp_path), "sets": ()}}, {"bank.sets": remarks})
    (line,) = (line for line in text.splitlines() if pasted in line)
    config = tmp_path / "my.yaml"
    config.write_text(text.replace(line, line.replace("# ", "", 1)), encoding="utf-8")
    bank = load_config(config).bank
    require_told_spellings({"Zoë", "zoe: \x1b#", "ZOE: \x1b#"}, bank.slug_map)


def test_hidden_files_are_nobodys_photos(tmp_path: Path) -> None:
    touch(tmp_path, "ann/1.jpg", "ann/._1.jpg", ".trash/1.jpg", "bob/.thumbnails/x/1.jpg", "bob/1.jpg")
    found = propose_bank(tmp_path)
    assert (found.identities, found.photos, found.sets) == (("ann", "bob"), 2, ())


def test_pictures_that_are_not_read_are_named(tmp_path: Path) -> None:
    touch(tmp_path, "ann/1.jfif", "ann/2.GIF", "bob/1.jpg", "bob/2.tiff", "bob/notes.txt", "bob/._3.gif")
    found = propose_bank(tmp_path)
    assert (found.identities, found.photos) == (("ann", "bob"), 2)
    [remark] = found.remarks
    assert remark.startswith("2 pictures are of formats that are not read, such as ann/2.GIF")


def test_a_folder_of_such_pictures_alone_names_one(tmp_path: Path) -> None:
    touch(tmp_path, "ann/1.tif")
    with pytest.raises(DataError, match=r"found ann/1\.tif"):
        propose_bank(tmp_path)


def test_a_bin_is_no_set(tmp_path: Path) -> None:
    touch(tmp_path, "heldout/ann/1.jpg", "#recycle/bob/1.jpg", "$RECYCLE.BIN/S-1-5-21/$R1.jpg")
    found = propose_bank(tmp_path)
    assert (found.identities, found.photos, found.sets) == (("ann",), 1, ("heldout",))
