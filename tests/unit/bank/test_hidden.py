"""What is nobody's photo."""

from __future__ import annotations

import pytest

from facebank.bank.hidden import is_hidden


@pytest.mark.parametrize(
    "path",
    [
        ".trash/01.jpg",
        "Ann/._01.jpg",
        "Ann/.thumbnails/01.jpg",
        "#recycle/Ann/01.jpg",
        "@Recycle/01.jpg",
        "$RECYCLE.BIN/S-1-5-21/$R1.jpg",
        "Ann/@eaDir/01.jpg/SYNOPHOTO_THUMB_XL.jpg",
        "__MACOSX/Ann/01.jpg",
        "lost+found",
        "System Volume Information/01.jpg",
    ],
)
def test_what_systems_keep_is_hidden(path: str) -> None:
    assert is_hidden(path)


@pytest.mark.parametrize(
    "path", ["Ann/01.x.jpg", "Ann/#recycle.jpg", "The @Recycle/01.jpg", "J.R.R./01.jpg", "Ann"]
)
def test_other_names_are_not(path: str) -> None:
    assert not is_hidden(path)
