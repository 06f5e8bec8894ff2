"""The demo is made once, replaced when it differs, and overwrites nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from facebank.commands.make_demo import make_demo
from facebank.errors import ConfigError


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the smallest demo."""
    folder = tmp_path_factory.mktemp("made") / "demo"
    make_demo(output_dir=folder, identities=3, sources=1, variants=1)
    return folder


def test_it_has_all_inputs(demo: Path) -> None:
    assert {path.name for path in demo.iterdir()} == {"bank", "sources", "gold", "truth.json", "demo.json"}


def test_a_second_call_does_nothing(demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: path.stat().st_mtime_ns for path in demo.rglob("*")}
    make_demo(output_dir=demo, identities=3, sources=1, variants=1)
    assert {path: path.stat().st_mtime_ns for path in demo.rglob("*")} == before
    assert "stand already" in capsys.readouterr().out


def test_what_is_missing_is_made_again(demo: Path) -> None:
    before = (demo / "truth.json").read_bytes()
    (demo / "truth.json").unlink()
    make_demo(output_dir=demo, identities=3, sources=1, variants=1)
    assert (demo / "truth.json").read_bytes() == before


def test_a_folder_of_the_user_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "mine.jpg").write_bytes(b"x")
    with pytest.raises(ConfigError, match=r"This is no demo: .*photos"):
        make_demo(output_dir=tmp_path / "photos")
    assert (tmp_path / "photos" / "mine.jpg").read_bytes() == b"x"


@pytest.mark.parametrize("text", [None, "[]", "{}", "{"])
def test_something_else_is_left_alone(tmp_path: Path, text: str | None) -> None:
    place = tmp_path / "demo"
    if text is None:
        place.write_bytes(b"a file")
    else:
        place.mkdir()
        (place / "demo.json").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match="This is no demo"):
        make_demo(output_dir=place)
    assert [path.name for path in tmp_path.iterdir()] == ["demo"]


def test_a_file_of_the_user_in_the_demo_is_left_alone(demo: Path) -> None:
    mine = demo / "bank" / "mine.txt"
    mine.write_text("mine", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"not of the demo: .*mine\.txt"):
        make_demo(output_dir=demo, identities=4, sources=1, variants=1)
    assert mine.read_text(encoding="utf-8") == "mine"
    mine.unlink()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"identities": 0}, "3 to 9"),
        ({"identities": 2}, "3 to 9"),
        ({"identities": 10}, "3 to 9"),
        ({"sources": 0}, "1 to 99"),
        ({"variants": 0}, "1 to 99"),
    ],
)
def test_a_number_that_cannot_be_is_refused(tmp_path: Path, arguments: dict[str, int], expected: str) -> None:
    with pytest.raises(ConfigError, match=f"expected {expected}"):
        make_demo(output_dir=tmp_path / "demo", **arguments)
    assert list(tmp_path.iterdir()) == []
