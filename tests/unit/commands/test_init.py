"""A config for folders that nobody has described yet."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from clips import encode, portrait
from facebank.commands.check import check
from facebank.commands.init import init
from facebank.config.load import load_config
from facebank.errors import ConfigError, DataError
from facebank.plan.plan import Plan
from facebank.plan.preflight import preflight


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make photos and two plain videos; in one of them a face is seen."""
    monkeypatch.chdir(tmp_path)
    for name in ("Ann", "bo"):
        (tmp_path / "pics" / name).mkdir(parents=True)
        (tmp_path / "pics" / name / "1.jpg").write_bytes(b"x")
    (tmp_path / "vids").mkdir()
    face, _ = portrait("centre")
    encode(tmp_path / "vids" / "one.mp4", [np.pad(face, ((40, 40), (40, 40), (0, 0)), mode="edge")] * 3)
    encode(tmp_path / "vids" / "two.mp4", [np.full((240, 320, 3), 90, dtype=np.uint8)] * 3)
    return tmp_path


def test_a_config_for_two_folders(folders: Path, capsys: pytest.CaptureFixture[str]) -> None:
    init(bank=Path("pics"), videos=Path("vids"))
    config = load_config(Path("config.yaml"))
    assert (config.bank.root, config.bank.sets, config.sources.root) == ("pics", (), "vids")
    assert config.face_labels.slots == 1
    assert (config.shards.photos, config.shards.sources) == (1, 1)
    preflight(Plan(config))
    printed = capsys.readouterr().out
    assert "Found 2 photos of 2 persons" in printed
    assert printed.splitlines()[-1].startswith("Next: snakemake --cores all")
    assert "# Found 2 videos of 2 sources." in (folders / "config.yaml").read_text(encoding="utf-8")


def test_one_folder_is_enough(folders: Path) -> None:
    init(bank=folders / "pics", output=Path("mine.yaml"))
    config = load_config(Path("mine.yaml"))
    assert (config.bank.root, config.sources.root) == (str(folders / "pics"), None)


def test_the_same_folders_give_the_same_text(folders: Path) -> None:
    init(bank=Path("pics"), videos=Path("vids"), output=Path("a.yaml"))
    init(bank=Path("pics"), videos=Path("vids"), output=Path("b.yaml"))
    assert (folders / "a.yaml").read_bytes() == (folders / "b.yaml").read_bytes()


def test_a_config_is_never_replaced(folders: Path) -> None:
    (folders / "config.yaml").write_text("mine", encoding="utf-8")
    with pytest.raises(ConfigError, match="There is a config already"):
        init(bank=Path("pics"))
    assert (folders / "config.yaml").read_text(encoding="utf-8") == "mine"


def test_nothing_is_written_where_a_question_is_open(folders: Path) -> None:
    (folders / "pics" / "heldout" / "cy").mkdir(parents=True)
    (folders / "pics" / "heldout" / "cy" / "1.jpg").write_bytes(b"x")
    with pytest.raises(ConfigError, match="which are meant"):
        init(bank=Path("pics"))
    assert not (folders / "config.yaml").exists()


def test_two_spellings_are_a_question_that_is_asked_again(
    folders: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folders / "pics" / "ann").mkdir()
    (folders / "pics" / "ann" / "1.jpg").write_bytes(b"x")
    init(bank=Path("pics"))
    assert "one person? If not, rename them; else:" in capsys.readouterr().out
    with pytest.raises(ConfigError, match=r"one identity, 'ann'.*\{Ann: ann\}"):
        check(configfile=Path("config.yaml"))


def test_without_a_folder_there_is_nothing_to_look_at() -> None:
    with pytest.raises(ConfigError, match="There is nothing to look at"):
        init()


def test_a_missing_folder_is_said() -> None:
    with pytest.raises(DataError, match="There is no such folder of videos: nowhere"):
        init(videos=Path("nowhere"))
