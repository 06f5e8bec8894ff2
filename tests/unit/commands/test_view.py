"""A quick look at a photo or a frame."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from clips import encode, portrait
from facebank.commands.view import view
from facebank.errors import ConfigError, DataError

CONFIG = "models: {pack: tiny}\nbank: {root: bank, sets: []}\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    face, _ = portrait("centre")
    pixels = np.pad(face, ((40, 40), (40, 40), (0, 0)), mode="edge")
    Image.fromarray(pixels).save("photo.png")
    empty = np.full_like(pixels, 90)
    encode(tmp_path / "film.mp4", [empty, pixels])
    Path("c.yaml").write_text(CONFIG, encoding="utf-8")
    return tmp_path


def test_a_photo(capsys: pytest.CaptureFixture[str]) -> None:
    view(Path("photo.png"))
    first, face = capsys.readouterr().out.splitlines()
    assert first.startswith("photo.png: 1 face in ")
    assert first.endswith("drawn in photo.faces.jpg")
    assert face.startswith("1  ")
    drawn, photo = (np.asarray(Image.open(name)) for name in ("photo.faces.jpg", "photo.png"))
    assert drawn.shape == photo.shape
    assert np.abs(drawn.astype(int) - photo.astype(int)).max() > 100


@pytest.mark.parametrize(("frame", "count"), [(None, "0 faces"), (0, "0 faces"), (1, "1 face")])
def test_a_frame(frame: int | None, count: str, capsys: pytest.CaptureFixture[str]) -> None:
    view(Path("film.mp4"), frame=frame, output=Path("out.jpg"), configfile=Path("c.yaml"))
    assert f"film.mp4 frame {frame or 0}: {count} in " in capsys.readouterr().out
    assert Path("out.jpg").is_file()


@pytest.mark.parametrize(
    ("file", "settings", "kind", "sentence"),
    [
        ("none.jpg", {}, DataError, "There is no such photo or video"),
        ("c.yaml", {}, DataError, "UNREADABLE"),
        ("photo.png", {"frame": 1}, ConfigError, "A photo has no frames"),
        ("film.mp4", {"frame": 2}, DataError, "expected 0 to 1, found 2"),
        ("film.mp4", {"frame": -1}, ConfigError, "There is no such frame"),
        ("photo.png", {"output": Path("photo.png")}, ConfigError, "would replace the file"),
    ],
)
def test_what_cannot_be_viewed(
    here: Path, file: str, settings: dict[str, object], kind: type[Exception], sentence: str
) -> None:
    before = {path: path.read_bytes() for path in here.iterdir()}
    with pytest.raises(kind) as caught:
        view(Path(file), **settings)  # type: ignore[arg-type]
    assert sentence in str(caught.value)
    assert {path: path.read_bytes() for path in here.iterdir()} == before
