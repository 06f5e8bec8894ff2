from __future__ import annotations

from pathlib import Path

import pytest

from facebank.bank.forgotten import Forgotten, write_forgotten
from facebank.config.load import load_config, load_written_config, parse_config
from facebank.errors import ConfigError

BANK = {
    "slug_map": {"Countess": "ada", "robert": "bob"},
    "aliases": {"lovelace": "ada", "bobby": "bob"},
    "quarantine": ["scraped/Countess/1.jpg", "scraped/bob/1.jpg"],
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    names = frozenset({"ada", "countess", "lovelace"})
    write_forgotten(tmp_path / "f.tsv", "ada", Forgotten(names))
    return tmp_path / "f.tsv"


def test_a_config_is_read_without_who_is_forgotten(file: Path) -> None:
    letters = {"A": "ada", "B": "bob"}
    config = parse_config({"bank": {**BANK, "forgotten": str(file)}, "sources": {"letters": letters}})
    assert config.bank.slug_map == {"robert": "bob"}
    assert config.bank.aliases == {"bobby": "bob"}
    assert config.bank.quarantine == ("scraped/bob/1.jpg",)
    # Known, so that a layout with it is nothing to be mended.
    assert config.sources.letters == {"A": "", "B": "bob"}


def test_nobody_forgotten_changes_nothing(tmp_path: Path) -> None:
    config = parse_config({"bank": {**BANK, "forgotten": str(tmp_path / "none.tsv")}})
    assert config.bank.slug_map == BANK["slug_map"]


@pytest.mark.parametrize("key", ["slug_map", "aliases"])
def test_a_new_name_of_a_forgotten_person_is_refused(file: Path, key: str) -> None:
    with pytest.raises(ConfigError, match=rf"bank\.{key} gives a forgotten person the name 'Augusta'"):
        parse_config({"bank": {key: {"Augusta": "ada"}, "forgotten": str(file)}})


def test_the_file_can_be_read_as_it_is_written(file: Path, tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(f"bank: {{slug_map: {{Augusta: ada}}, forgotten: {file}}}\n")
    assert load_written_config(path).bank.slug_map == {"Augusta": "ada"}
    with pytest.raises(ConfigError, match="Augusta"):
        load_config(path)
