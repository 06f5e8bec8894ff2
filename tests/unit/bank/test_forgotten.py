from __future__ import annotations

from pathlib import Path

import pytest

from facebank.bank.forgotten import Forgotten, read_forgotten, write_forgotten
from facebank.errors import DataError

SHA = "ab" * 32


def test_nobody_is_forgotten_without_a_file(tmp_path: Path) -> None:
    assert read_forgotten(None) == read_forgotten(tmp_path / "none.tsv") == Forgotten()
    assert not Forgotten().covers("scraped/ada/1.jpg")


@pytest.mark.parametrize("name", ["n" * 300, "nul\0.tsv"])
def test_a_name_that_no_file_can_have_forgets_nobody_in_silence(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match=r"Nobody can tell who is forgotten.*bank\.forgotten"):
        read_forgotten(tmp_path / name)


def test_a_link_that_leads_nowhere_is_not_taken_for_no_file(tmp_path: Path) -> None:
    link = tmp_path / "forgotten.tsv"
    link.symlink_to(tmp_path / "gone" / "forgotten.tsv")
    with pytest.raises(DataError, match="Cannot read who is forgotten"):
        read_forgotten(link)


def test_what_is_written_is_read_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "config" / "forgotten.tsv"
    write_forgotten(path, "ada", Forgotten(frozenset({"ada", "countess"}), frozenset({SHA})))
    assert path.read_text() == f"slug\tsha256\nada\t\ncountess\t\nada\t{SHA}\n"
    write_forgotten(path, "bob", Forgotten(frozenset({"bob", "ada"}), frozenset()))
    assert path.read_text().endswith(f"ada\t{SHA}\nbob\t\n")
    assert read_forgotten(path) == Forgotten(frozenset({"ada", "bob", "countess"}), frozenset({SHA}))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "found nothing"),
        ("ada\t\n", "first line"),
        ("slug\tsha256\nAda L.\t\n", "line 2"),
        ("slug\tsha256\nada\t\nbob\tabc\n", "line 3"),
        (f"slug\tsha256\n\t{SHA}\n", "line 2"),
        (f"slug\tsha256\nada\t{SHA.upper()}\n", "line 2"),
    ],
)
def test_a_slip_is_an_error_and_nothing_is_written_over_it(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "forgotten.tsv"
    path.write_text(text)
    with pytest.raises(DataError, match=said):
        read_forgotten(path)
    with pytest.raises(DataError, match=said):
        write_forgotten(path, "bob", Forgotten())
    assert path.read_text() == text


@pytest.mark.parametrize(
    ("path", "covered"),
    [
        ("", False),
        ("ada.jpg", False),
        ("scraped/ada/1.jpg", True),
        ("scraped/Áda/deep/1.jpg", True),
        ("scraped/ada_2/1.jpg", False),
        ("scraped/bob/ada.jpg", False),
    ],
)
def test_a_path_through_the_persons_folder_is_written_down_without_a_name(path: str, covered: bool) -> None:
    forgotten = Forgotten(frozenset({"ada"}))
    assert forgotten.covers(path) is covered
    shown = forgotten.covered(path)
    assert (shown != path) is covered
    assert not covered or ("ada" not in shown and shown.startswith("[forgotten]/"))


def test_two_covered_paths_stay_two() -> None:
    forgotten = Forgotten(frozenset({"ada"}))
    assert forgotten.covered("a/ada/1.jpg") != forgotten.covered("a/ada/2.jpg")
