from __future__ import annotations

from pathlib import Path

import pytest

from facebank.config.sections import Config
from facebank.forgetting.person import find_person
from facebank.plan.contents import ContentIndex

BANK = {"slug_map": {"Countess": "ada", "Ctss": "lovelace"}, "aliases": {"lovelace": "ada", "bobby": "Bob"}}


@pytest.mark.parametrize(
    ("name", "slug", "names"),
    [
        ("zoe", "zoe", {"zoe"}),
        ("ada", "ada", {"ada", "countess", "ctss", "lovelace"}),
        ("lovelace", "ada", {"ada", "countess", "ctss", "lovelace"}),
        ("Countess", "ada", {"ada", "countess", "ctss", "lovelace"}),
        ("bob", "bob", {"bob", "bobby"}),
    ],
)
def test_every_spelling_leads_to_all_of_them(tmp_path: Path, name: str, slug: str, names: set[str]) -> None:
    config = Config.model_validate({"bank": {**BANK, "forgotten": str(tmp_path / "f.tsv")}})
    person = find_person(name, config, [], ContentIndex(tmp_path / "i.sqlite"))
    assert (person.slug, person.names) == (slug, names)
    assert person.photos == person.videos == frozenset()


def test_tables_of_another_age_say_nothing(tmp_path: Path) -> None:
    (tmp_path / "photos.parquet").write_bytes(b"no table")
    config = Config.model_validate({"bank": {"forgotten": str(tmp_path / "f.tsv")}})
    assert find_person("ada", config, [tmp_path], ContentIndex(tmp_path / "i.sqlite")).photos == frozenset()
