"""The commands about model packs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml

from archives import published, serving
from facebank.cli import main
from facebank.runtime.packs import load_pack, verify_pack
from portraits import LITE, PACKS, TINY


def run(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, str]:
    """Run a command and give its exit code and all that it printed, on one line."""
    code = main(["models", *map(str, words)])
    captured = capsys.readouterr()
    return code, " ".join((captured.out + captured.err).split())


def own_pack(folder: Path, **changes: str) -> Path:
    """Make a pack like `tiny` by another name, and without what it says of the reference faces."""
    shutil.copytree(TINY, folder)
    text = (folder / "pack.yaml").read_text().partition("\n# What the models say")[0]
    for old, new in {"name: tiny": "name: own", **changes}.items():
        assert old in text
        text = text.replace(old, new)
    (folder / "pack.yaml").write_text(text)
    return folder


def test_packs_are_listed_here_or_not(capsys: pytest.CaptureFixture[str]) -> None:
    code, text = run(capsys, "list", "--models", PACKS)
    assert code == 0
    assert "lite yes 1024 8 MB MIT + Apache-2.0" in text
    assert "antelopev2 no 512 278 MB insightface-non-commercial (to accept)" in text


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("tiny", ["files as expected", "sha256: 113b3f9d", "dimension: 256"]),
        (
            "buffalo_l",
            ["models fetch buffalo_l", "size: 288621354", "permitted_use: non-commercial research"],
        ),
        (str(LITE), ["dimension: 1024"]),
    ],
)
def test_a_pack_is_shown(capsys: pytest.CaptureFixture[str], name: str, words: list[str]) -> None:
    code, text = run(capsys, "show", name, "--models", PACKS)
    assert (code, [word for word in words if word not in text]) == (0, [])


def test_a_damaged_pack_is_shown_as_such(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (own_pack(tmp_path / "own") / "mobileface.onnx").unlink()
    code, text = run(capsys, "show", tmp_path / "own", "--models", PACKS)
    assert (code, "A file of the model pack is missing" in text) == (0, True)


def test_machines_are_told_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    _, text = run(capsys, "list", "--models", PACKS, "--json")
    packs = {pack["pack"]: pack for pack in json.loads(text)["packs"]}
    assert (packs["lite"]["here"], packs["lite"]["dimension"], packs["lite"]["any_use"]) == (True, 1024, True)
    assert packs["antelopev2"]["licences"] == ["insightface-non-commercial"]
    assert (packs["antelopev2"]["here"], packs["antelopev2"]["any_use"]) == (False, False)

    _, text = run(capsys, "show", "tiny", "--models", PACKS)
    _, told = run(capsys, "show", "tiny", "--models", PACKS, "--json")
    shown = json.loads(told)
    assert shown["name"] == "tiny"
    assert shown["detector"]["sha256"] in text

    code, text = run(capsys, "check", "tiny", "--models", PACKS, "--json")
    checked = json.loads(text)
    assert (code, checked["pack"], checked["expected"]) == (0, "tiny", True)
    assert checked["files"]["mobileface.onnx"] == shown["embedder"]["sha256"]
    assert checked["reference"]["same_person"] > checked["reference"]["other_person"]


@pytest.mark.parametrize(
    ("changes", "code", "message"),
    [
        ({}, 0, "pack own: 2 files as expected"),
        ({"113b3f9d": "00000000"}, 4, "is another one"),
        ({"permitted_use: any": "permitted_use: research"}, 4, "permits research only"),
    ],
)
def test_a_pack_is_checked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], changes: dict[str, str], code: int, message: str
) -> None:
    own_pack(tmp_path / "own", **changes)
    before = sorted(tmp_path.rglob("*"))
    found, text = run(capsys, "check", tmp_path / "own")
    assert (found, message in text) == (code, True), text
    assert sorted(tmp_path.rglob("*")) == before


def test_a_pack_is_added_with_what_it_says_of_the_reference(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    published(tmp_path)
    models = tmp_path / "models"
    code, text = run(capsys, "add", own_pack(tmp_path / "a"), "--models", models)
    assert (code, "models: {pack: own}" in text) == (0, True), text
    added = load_pack(models / "own")
    verify_pack(added)
    expected = load_pack(TINY).reference
    assert added.reference is not None
    assert expected is not None
    assert added.reference.same_person == pytest.approx(expected.same_person, abs=0.005)
    assert run(capsys, "check", "own", "--models", models)[0] == 0

    # From now on, another contract is noticed.
    document = models / "own" / "pack.yaml"
    document.write_text(document.read_text().replace("colour: bgr", "colour: rgb"))
    code, text = run(capsys, "check", "own", "--models", models)
    assert (code, "otherwise than their pack.yaml says" in text) == (4, True), text


def test_no_pack_replaces_another(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    published(tmp_path)
    folder = own_pack(tmp_path / "a", **{"name: tiny": "name: published"})
    code, text = run(capsys, "add", folder, "--models", tmp_path / "models")
    assert (code, "There is another model pack called 'published'" in text) == (4, True)


def test_a_pack_that_fails_is_not_added(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    published(tmp_path)
    folder = own_pack(tmp_path / "a", **{"dimension: 256": "dimension: 512"})
    assert run(capsys, "add", folder, "--models", tmp_path / "models")[0] == 4
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["models.lock.yaml"]


def test_a_pack_is_fetched_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    archive = published(tmp_path)
    models = tmp_path / "models"
    with serving(archive.read_bytes()) as server:
        words = ("fetch", "published", "--mirror", f"{server.url}/mirror/", "--models", models)
        code, text = run(capsys, *words)
        assert (code, "mobileface.onnx" in text) == (0, True), text
        code, text = run(capsys, *words)
        assert (code, "here already" in text) == (0, True)
        assert server.asked == [("/mirror/published.zip", None)]
    assert sorted(path.name for path in models.iterdir()) == ["models.lock.yaml", "published"]
    assert run(capsys, "check", "published", "--models", models)[0] == 0
    shown = run(capsys, "show", "published", "--models", models)[1]
    assert "files as expected" in shown
    assert "archive: file: published.zip" in shown


def test_an_archive_that_was_brought_is_used_and_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    brought = Path(shutil.copy(published(tmp_path), tmp_path / "models"))
    assert run(capsys, "fetch", "published", "--models", tmp_path / "models")[0] == 0
    verify_pack(load_pack(tmp_path / "models" / "published"))
    assert brought.is_file()


def test_another_archive_that_was_brought_is_refused_and_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    published(tmp_path)
    brought = tmp_path / "models" / "published.zip"
    brought.write_bytes(b"other")
    code, text = run(capsys, "fetch", "published", "--models", tmp_path / "models")
    assert (code, "not the archive that the lock file means" in text) == (4, True)
    assert brought.is_file()


def test_without_a_network_the_file_and_its_place_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = published(tmp_path)
    words = ("--mirror", "http://127.0.0.1:9", "--models", tmp_path / "models")
    code, text = run(capsys, "fetch", "published", *words)
    assert code == 4
    locked = yaml.safe_load((tmp_path / "models/models.lock.yaml").read_text())["packs"][0]["archive"]
    for word in (archive.name, locked["sha256"], str(tmp_path / "models" / archive.name), "refused"):
        assert word in text


@pytest.mark.parametrize("name", ["lite", "nobody", "../x"])
def test_what_cannot_be_fetched_is_said(capsys: pytest.CaptureFixture[str], name: str) -> None:
    code, text = run(capsys, "fetch", name, "--models", PACKS)
    assert (code, "expected one of buffalo_l, buffalo_s, antelopev2" in text) == (4, True)
