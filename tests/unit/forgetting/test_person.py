from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pyarrow as pa
import pytest

from facebank.artifacts.tables import REJECTED_COLUMNS, write_table, write_tsv
from facebank.bank.schemas import PHOTOS
from facebank.config.sections import Config
from facebank.forgetting.person import everybody, find_person
from facebank.plan.contents import ContentIndex
from facebank.sources.schemas import VARIANTS, VERDICTS

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


def test_videos_that_were_seen_to_show_the_person_are_the_persons(tmp_path: Path) -> None:
    nothing = dict.fromkeys(VARIANTS.names)
    inventory, audit = tmp_path / "inventory", tmp_path / "audit"
    told = [("a", ["ada"]), ("b", ["bob"]), ("c", ["bob"]), ("d", [])]
    variants = [
        {**nothing, "variant": name, "video": f"{name}.mp4", "sha256": name * 64, "claims": claims}
        for name, claims in told
    ]
    write_table(inventory / "variants.parquet", variants, VARIANTS)
    # Of a slot that shows nobody known, the person whom it is least unlike says nothing.
    seen = [
        ("a", "confirmed", "ada"),
        ("b", "mismatch", "ada"),
        ("c", "mismatch", "eve"),
        ("d", "unknown", "ada"),
    ]
    verdicts = [
        {**dict.fromkeys(VERDICTS.names), "variant": name, "slot": 2, "verdict": verdict, "shown": shown}
        for name, verdict, shown in seen
    ]
    write_table(audit / "verdicts.parquet", verdicts, VERDICTS)
    config = Config.model_validate({"bank": {"forgotten": str(tmp_path / "f.tsv")}})
    person = find_person("ada", config, [inventory, audit], ContentIndex(tmp_path / "i.sqlite"))
    assert person.videos == {"a" * 64, "b" * 64}
    assert person.video_files == ("a.mp4", "b.mp4")
    assert person.taken_for_others == ("b:2",)


def test_photos_are_the_persons_by_identity_folder_and_what_was_forgotten_before(
    tmp_path: Path,
) -> None:
    def photo(number: int, path: str, identity: str) -> dict[str, object]:
        told = {"photo": path, "identity": identity, "sha256": f"{number:064x}"}
        return {**dict.fromkeys(PHOTOS.names), **told}

    used = [photo(1, "x/1.jpg", "ada"), photo(2, "scraped/Ctss/2.jpg", "eve"), photo(3, "bob/3.jpg", "bob")]
    write_table(tmp_path / "photos.parquet", used, PHOTOS)
    rejected = [
        {"file": "Countess/4.jpg", "sha256": f"{4:064x}"},
        {"file": "bob/5.jpg", "sha256": f"{5:064x}"},
        {"file": "Countess/6.jpg"},
    ]
    write_tsv(tmp_path / "rejected.tsv", REJECTED_COLUMNS, rejected)
    before = [("ada", 7), ("lovelace", 8), ("bob", 9)]
    forgotten = [{"slug": "ada"}, *({"slug": name, "sha256": f"{number:064x}"} for name, number in before)]
    write_tsv(tmp_path / "f.tsv", ("slug", "sha256"), forgotten)
    config = Config.model_validate({"bank": {**BANK, "forgotten": str(tmp_path / "f.tsv")}})
    person = find_person("ada", config, [tmp_path], ContentIndex(tmp_path / "i.sqlite"))
    assert sorted(int(digest, 16) for digest in person.photos) == [1, 2, 4, 7, 8]


def test_a_photo_that_cannot_be_read_is_listed_without_a_digest(tmp_path: Path) -> None:
    (tmp_path / "bank" / "ada").mkdir(parents=True)
    (tmp_path / "bank" / "ada" / "gone.jpg").symlink_to("nowhere")
    told = {"root": str(tmp_path / "bank"), "sets": [], "forgotten": str(tmp_path / "f.tsv")}
    config = Config.model_validate({"bank": told})
    person = find_person("ada", config, [], ContentIndex(tmp_path / "i.sqlite"))
    assert (person.photos, person.photo_files) == (frozenset(), ("ada/gone.jpg",))


@pytest.mark.parametrize(
    ("sets", "folders"), [([], {"Dora", "scraped"}), (["scraped"], {"Emma"})], ids=["persons", "sets"]
)
def test_everybody_is_who_stands_in_the_config_the_bank_or_a_build(
    tmp_path: Path, sets: list[str], folders: set[str]
) -> None:
    (tmp_path / "bank/Dora").mkdir(parents=True)
    (tmp_path / "bank/scraped/Emma").mkdir(parents=True)
    (tmp_path / "bank/notes.txt").touch()
    (tmp_path / "bank/scraped/notes.txt").touch()
    bank = {**BANK, "root": str(tmp_path / "bank"), "sets": sets}
    config = Config.model_validate({"bank": bank, "sources": {"letters": {"F": "fay"}}})
    rows = [{**dict.fromkeys(PHOTOS.names), "photo": "x", "identity": "gus", "sha256": ""}]
    write_table(tmp_path / "photos.parquet", rows, PHOTOS)
    rows = [{**dict.fromkeys(VARIANTS.names), "claims": ["hal", ""]}]
    write_table(tmp_path / "variants.parquet", rows, VARIANTS)
    write_table(
        tmp_path / "identities.parquet", [{"identity": "ira"}], pa.schema([("identity", pa.string())])
    )
    named = {"Countess", "Ctss", "ada", "lovelace", "bobby", "Bob", "fay"}
    assert everybody(config, [tmp_path]) == named | {"gus", "hal", "ira"} | folders


def test_an_empty_file_is_nobodys_picture(tmp_path: Path) -> None:
    bank = tmp_path / "bank"
    for name, content in (("ada/1.jpg", b"a"), ("ada/2.jpg", b""), ("bob/1.jpg", b"b"), ("bob/2.jpg", b"")):
        (bank / name).parent.mkdir(parents=True, exist_ok=True)
        (bank / name).write_bytes(content)
    config = Config.model_validate(
        {"bank": {"root": str(bank), "sets": [], "forgotten": str(tmp_path / "f.tsv")}}
    )
    person = find_person("ada", config, [], ContentIndex(tmp_path / "i.sqlite"))
    assert person.photos == {hashlib.sha256(b"a").hexdigest()}
    assert sorted(person.photo_files) == ["ada/1.jpg", "ada/2.jpg"]


def test_files_that_are_no_pictures_are_nobodys_elsewhere(tmp_path: Path) -> None:
    bank = tmp_path / "bank"
    told = {"sources.tsv": b"licences", "Thumbs.db": b"x", "._1.jpg": b"of a system", "1.GIF": b"picture"}
    for person in ("ada", "bob"):
        for name, content in told.items():
            (bank / person / name).parent.mkdir(parents=True, exist_ok=True)
            (bank / person / name).write_bytes(content)
    # Whatever a copy of a photo is called.
    (bank / "ada" / "2.jpg").write_bytes(b"another")
    (bank / "bob" / "2.txt").write_bytes(b"another")
    config = Config.model_validate(
        {"bank": {"root": str(bank), "sets": [], "forgotten": str(tmp_path / "f.tsv")}}
    )
    person = find_person("ada", config, [], ContentIndex(tmp_path / "i.sqlite"))
    assert person.photos == {hashlib.sha256(content).hexdigest() for content in (b"picture", b"another")}
    assert {file for file in person.photo_files if file.startswith("ada/")} == {
        f"ada/{name}" for name in (*told, "2.jpg")
    }
    assert {file for file in person.photo_files if file.startswith("bob/")} == {"bob/1.GIF", "bob/2.txt"}


def test_folders_that_name_the_person_are_listed_though_no_build_uses_their_videos(tmp_path: Path) -> None:
    claimed = {
        "a__var00": {"pid_to_celeb": {"0": "bob", "1": "Lovelace"}},
        "b__var00": {"new_layout_camera_lmr": "BA"},
        "c__var00": {"pid_to_celeb": {"0": "bob"}},
        "d__var00": {"pid_to_celeb": {"0": "ada"}},
        "e__var00": ["ada"],
    }
    root = tmp_path / "videos"
    for name, told in claimed.items():
        (root / name).mkdir(parents=True)
        (root / name / "augmentation.json").write_text(json.dumps(told), encoding="utf-8")
    (root / "f__var00").mkdir()
    (root / "f__var00" / "augmentation.json").write_bytes(b"{")
    known = {"variant": "d__var00", "video": "d__var00/videos/1.mp4", "sha256": "d" * 64, "claims": ["ada"]}
    write_table(tmp_path / "variants.parquet", [{**dict.fromkeys(VARIANTS.names), **known}], VARIANTS)
    sources = {"root": str(root), "letters": {"A": "ada", "B": "bob"}}
    told = {"bank": {**BANK, "forgotten": str(tmp_path / "f.tsv")}, "sources": sources}
    person = find_person("ada", Config.model_validate(told), [tmp_path], ContentIndex(tmp_path / "i.sqlite"))
    assert person.video_files == ("a__var00", "b__var00", "d__var00/videos/1.mp4")
    # What is not used is in no table either.
    assert person.videos == {"d" * 64}


def test_tables_of_another_age_say_nothing(tmp_path: Path) -> None:
    (tmp_path / "photos.parquet").write_bytes(b"no table")
    config = Config.model_validate({"bank": {"forgotten": str(tmp_path / "f.tsv")}})
    assert find_person("ada", config, [tmp_path], ContentIndex(tmp_path / "i.sqlite")).photos == frozenset()
