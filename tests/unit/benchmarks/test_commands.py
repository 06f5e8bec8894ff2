"""The workflow's own commands are found in what a dry run prints."""

from __future__ import annotations

import pytest

from commands import commands_in

PRINTED = """
Job 2: Building the gallery
Shell command: facebank build-gallery --threads 1 > results/.logs/build_gallery.log 2>&1

Job 1: Indexing the photos
Shell command: facebank index-photos '--slug-map={"a": "b c"}' > results/.logs/index_photos.log 2>&1
Reason: Missing output files
"""


@pytest.mark.parametrize(
    ("text", "commands"),
    [
        ("", []),
        ("Nothing to be done.", []),
        (PRINTED, [["index-photos", '--slug-map={"a": "b c"}'], ["build-gallery", "--threads", "1"]]),
        (PRINTED * 2, [["index-photos", '--slug-map={"a": "b c"}'], ["build-gallery", "--threads", "1"]]),
    ],
)
def test_commands_stand_in_the_order_of_the_rules(text: str, commands: list[list[str]]) -> None:
    assert commands_in(text) == commands
