from __future__ import annotations

import json
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from facebank.artifacts.atomic import write_json
from facebank.artifacts.digests import sha256_file
from facebank.artifacts.lock import held_lock
from facebank.artifacts.tables import REJECTED_COLUMNS, write_table, write_tsv
from facebank.bank.forgotten import read_forgotten
from facebank.bank.schemas import PHOTOS
from facebank.commands.forget import forget
from facebank.errors import CheckError, ConfigError
from facebank.plan.contents import ContentIndex
from facebank.release.manifest import describe_release
from facebank.release.publish import point_latest
from facebank.runtime.cache import ArrayCache
from facebank.sources.schemas import VARIANTS, VERDICTS

VIDEO = "cd" * 32


def row(**values: Any) -> dict[str, Any]:
    return {**dict.fromkeys(PHOTOS.names), **values}


def publish(releases: Path, people: list[str]) -> Path:
    """Make a release that names some people."""
    staging = releases / "staging"
    write_json(staging / "celeb_embeddings.json", {"celebs": dict.fromkeys(people)})
    manifest = describe_release(staging)
    write_json(staging / "manifest.json", manifest.document())
    return staging.rename(releases / manifest.id)


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """Make a working directory with a bank and with what builds of it keep."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FACEBANK_CACHE", raising=False)
    for photo in ("scraped/Countess/1.jpg", "scraped/bob/1.jpg"):
        Path("bank", photo).parent.mkdir(parents=True)
        Path("bank", photo).write_bytes(photo.encode())
    shutil.copy("bank/scraped/Countess/1.jpg", "bank/scraped/bob/same.jpg")
    Path("c.yaml").write_text("bank: {root: bank, slug_map: {Countess: ada}}\nsources: {root: videos}\n")
    sha256 = sha256_file(Path("bank/scraped/Countess/1.jpg"))
    results, cache = Path("results"), Path(".facebank/cache")
    rows = [row(photo="scraped/Countess/0.jpg", identity="ada", sha256="0f" * 32)]
    write_table(results / "inventory/photos-1/photos.parquet", rows, PHOTOS)
    variants = [
        {
            **dict.fromkeys(VARIANTS.names),
            "variant": "v",
            "video": "v.mp4",
            "sha256": VIDEO,
            "claims": ["ada", ""],
        }
    ]
    write_table(results / "inventory/sources-1/variants.parquet", variants, VARIANTS)
    write_tsv(results / "audit/old/exclusions.tsv", ("claimed",), [{"claimed": "ada"}])
    write_tsv(results / "audit/other/exclusions.tsv", ("claimed",), [{"claimed": "bob"}])
    write_json(results / "gallery/.g.partial/celeb_embeddings.json", {"ada": 1})
    write_json(results / ".shards/x/0.json", {"photo": "scraped/Countess/1.jpg"})
    (results / ".logs").mkdir()
    (results / ".logs/index_photos.log").write_text("rejected scraped/Countess/1.jpg")
    (results / ".logs/other.log").write_text("nothing of note")
    for name in ("log/a.snakemake.log", "slurm_logs/rule_embed_photos/7.log"):
        (Path(".snakemake") / name).parent.mkdir(parents=True)
        (Path(".snakemake") / name).write_text("rejected scraped/Countess/1.jpg")
        (Path(".snakemake") / name).with_name("other.log").write_text("nothing of note")
    releases = results / "release"
    without, with_her = publish(releases, ["bob"]), publish(releases, ["ada", "bob"])
    point_latest(with_her)
    for number, release in enumerate((without, with_her)):
        write_json(results / ".releases" / f"{number}.json", {"release": release.name})
    faces = ArrayCache(cache / "faces")
    for content in (sha256, "0f" * 32, "12" * 32):
        faces.write(f"{content}-{'9' * 64}", {"embeddings": np.zeros(2)})
    (cache / "variant_faces/cd").mkdir(parents=True)
    (cache / "variant_faces/cd" / f"{VIDEO}-{'9' * 64}.rows").write_bytes(b"")
    (cache / "variant_faces/cd" / f".partial.{VIDEO}-{'9' * 5}.killed").write_bytes(b"")
    (cache / "variant_boxes/cd").mkdir(parents=True)
    (cache / "variant_boxes/cd" / f"{VIDEO}-{'9' * 64}.rows").write_bytes(b"")
    return {"without": without, "with": with_her}


def files(root: str) -> set[str]:
    return {path.relative_to(root).as_posix() for path in Path(root).rglob("*") if path.is_file()}


def test_without_yes_nothing_changes(build: dict[str, Path], capsys: pytest.CaptureFixture[str]) -> None:
    before = files(".")
    forget("ada", configfile=Path("c.yaml"))
    said = capsys.readouterr().out
    assert files(".") == before
    assert str(build["with"]) in said
    assert "`facebank forget ada --yes --configfile c.yaml` deletes them" in said
    for photo in ("scraped/Countess/1.jpg", "scraped/bob/same.jpg"):
        assert f"  bank/{photo}\n" in said
    assert "videos/v.mp4" in said


def test_everything_of_the_person_goes_and_the_rest_stays(
    build: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    index = Path(".facebank/cache/contents.sqlite")
    seen = ContentIndex(index)
    Path("elsewhere/Countess").mkdir(parents=True)
    Path("elsewhere/Countess/2.jpg").write_bytes(b"unknown")
    seen.digests([*Path("bank").rglob("*.jpg"), Path("elsewhere/Countess/2.jpg")])
    seen.save()
    forget("Countess", yes=True, configfile=Path("c.yaml"))
    assert files("results") == {
        "audit/other/exclusions.tsv",
        ".logs/other.log",
        ".logs/build.lock",
        ".releases/0.json",
        *(f"release/{build['without'].name}/{name}" for name in ("celeb_embeddings.json", "manifest.json")),
    }
    assert files(".snakemake") == {"log/other.log", "slurm_logs/rule_embed_photos/other.log"}
    assert Path("results/release/latest").resolve() == build["without"].resolve()
    assert files(".facebank/cache/faces") == {f"12/{'12' * 32}-{'9' * 64}.arrays"}
    assert b"Countess" not in index.read_bytes()
    with closing(sqlite3.connect(index)) as database:
        left = [os.fsdecode(path) for (path,) in database.execute("select path from contents")]
    assert [Path(path).parts[-2:] for path in left] == [("bob", "1.jpg")]
    assert not Path("results/.shards/x").exists()
    assert files(".facebank/cache/variant_faces") == set()
    assert files(".facebank/cache/variant_boxes") == set()
    forgotten = read_forgotten(Path("config/forgotten.tsv"))
    assert forgotten.names == {"ada", "countess"}
    assert forgotten.photos == {sha256_file(Path("bank/scraped/Countess/1.jpg")), "0f" * 32}
    assert Path("bank/scraped/Countess/1.jpg").exists()

    capsys.readouterr()
    forget("ada", configfile=Path("c.yaml"))
    assert "Nothing of this person is left" in capsys.readouterr().out


def test_machines_are_told_the_same(build: dict[str, Path], capsys: pytest.CaptureFixture[str]) -> None:
    forget("Countess", configfile=Path("c.yaml"), json=True)
    told = json.loads(capsys.readouterr().out)
    assert (told["person"], told["names"], told["photos"]) == ("ada", ["ada", "countess"], 2)
    assert {"bank/scraped/Countess/1.jpg", "bank/scraped/bob/same.jpg"} < set(told["yours"])
    assert [trace["path"] for trace in told["traces"] if trace["kind"] == "release"] == [str(build["with"])]
    assert not told["deleted"]
    assert build["with"].is_dir()
    forget("ada", yes=True, configfile=Path("c.yaml"), json=True)
    assert json.loads(capsys.readouterr().out) == {**told, "deleted": True}
    assert not build["with"].exists()


@pytest.mark.parametrize("newest", [0, 1])
def test_latest_leads_to_the_newest_release_that_is_left(build: dict[str, Path], newest: int) -> None:
    left = (build["without"], publish(Path("results/release"), ["carl"]))
    for release in left:
        os.utime(release / "manifest.json", (1, 1 + (release == left[newest])))
    forget("ada", yes=True, configfile=Path("c.yaml"))
    assert Path("results/release/latest").resolve() == left[newest].resolve()


def test_latest_goes_with_the_last_release(build: dict[str, Path]) -> None:
    shutil.rmtree(build["without"])
    forget("ada", yes=True, configfile=Path("c.yaml"))
    assert not Path("results/release/latest").is_symlink()


@pytest.mark.usefixtures("build")
def test_what_no_build_can_see_any_more_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """A slot that shows the person is excluded as a mismatch, until the gallery does not know them."""
    seen = {**dict.fromkeys(VERDICTS.names), "variant": "v", "slot": 1, "verdict": "mismatch"}
    rows = [{**seen, "shown": "ada"}, {**seen, "slot": 2, "shown": "bob"}]
    write_table(Path("results/audit/other/verdicts.parquet"), rows, VERDICTS)
    forget("ada", configfile=Path("c.yaml"), json=True)
    assert json.loads(capsys.readouterr().out)["taken_for_others"] == ["v:1"]
    forget("ada", yes=True, configfile=Path("c.yaml"))
    assert "exclude these slots by audit.exclude:\n  v:1\nYours" in capsys.readouterr().out


@pytest.mark.usefixtures("build")
def test_a_video_that_is_not_used_is_the_users_to_delete(capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody but the file beside it knows whom it is to show."""
    write_json(Path("videos/a__var01/augmentation.json"), {"pid_to_celeb": {"0": "eve"}})
    forget("eve", yes=True, configfile=Path("c.yaml"))
    assert "Yours to delete:\n  videos/a__var01\n" in capsys.readouterr().out
    assert Path("videos/a__var01/augmentation.json").is_file()


@pytest.mark.usefixtures("build")
def test_a_name_of_nobody_is_a_slip() -> None:
    before = files(".")
    with pytest.raises(ConfigError, match=r"Nobody is called 'Countes'.*Did you mean 'Countess'"):
        forget("Countes", yes=True, configfile=Path("c.yaml"))
    assert files(".") == before


@pytest.mark.parametrize(
    ("word", "answer"),
    [
        ("bob", None),
        ("eve", None),
        ("zoe", None),
        ("1", "Nobody is called '1'"),
        ("yes", "Nobody is called 'yes'"),
        ("E", "Nobody is called 'E'.*found the letter of 'eve'.*Did you mean 'eve'"),
    ],
)
@pytest.mark.usefixtures("build")
def test_a_word_that_files_hold_is_nobodys_name(word: str, answer: str | None) -> None:
    """Whoever gives a letter or a number means somebody, and must not believe that all of them is gone."""
    config = Path("c.yaml")
    config.write_text(config.read_text().replace("root: videos", "root: videos, letters: {E: eve}"))
    table = Path("results/audit/other/exclusions.tsv")
    write_tsv(table, ("claimed", "slot", "base"), [{"claimed": "bob", "slot": 1, "base": "yes"}])
    write_json(table.with_name("provenance.json"), {"letters": {"E": "eve"}})
    # Of a gallery alone, whose inventory is gone.
    named = pa.schema([("identity", pa.string())])
    write_table(Path("results/gallery/g/identities.parquet"), [{"identity": "zoe"}], named)
    before = files(".")
    if answer is None:
        forget(word, configfile=config)
    else:
        with pytest.raises(ConfigError, match=answer):
            forget(word, yes=True, configfile=config)
    assert files(".") == before


@pytest.mark.parametrize("word", ["", " ", ".", "\u2026"])
@pytest.mark.usefixtures("build")
def test_no_name_is_nobodys(word: str) -> None:
    """A variable of a script that was never set must not delete all that was built."""
    inventory = Path("results/inventory/photos-1")
    write_tsv(inventory / "rejected.tsv", REJECTED_COLUMNS, [{"file": "x.jpg", "sha256": "0e" * 32}])
    before = files(".")
    with pytest.raises(ConfigError, match="Nobody is called"):
        forget(word, yes=True, configfile=Path("c.yaml"))
    assert files(".") == before


@pytest.mark.usefixtures("build")
def test_a_running_build_is_left_alone() -> None:
    """It would write again what is deleted, from whatever directory it was started."""
    Path(".snakemake/locks").mkdir(parents=True)
    Path(".snakemake/locks/0.output.lock").write_text("of a build that was killed")
    with held_lock(Path("results/.logs/build.lock")):
        before = files("results")
        with pytest.raises(CheckError, match="Another build is writing these results"):
            forget("ada", yes=True, configfile=Path("c.yaml"))
        assert files("results") == before
        assert not Path("config/forgotten.tsv").exists()
        forget("ada", configfile=Path("c.yaml"))
    forget("ada", yes=True, configfile=Path("c.yaml"))
    assert Path("config/forgotten.tsv").exists()
