"""The reference pages follow the code."""

from __future__ import annotations

from pathlib import Path

import pytest

from facebank.cli import COMMANDS, app
from facebank.config.reference import command_reference, config_reference, reference_files
from facebank.config.sections import Config

REFERENCE = Path(__file__).parents[3] / "docs" / "reference"


def test_committed_pages_are_what_the_code_says() -> None:
    for path, text in reference_files(REFERENCE, app()).items():
        assert path.read_text(encoding="utf-8") == text, "run `facebank document-config`"


def test_every_key_stands_below_its_section() -> None:
    parts = {part.partition("\n")[0]: part for part in config_reference().split("\n## ")}
    config = Config()
    for name in Config.model_fields:
        section = getattr(config, name)
        keys = type(section).model_fields if hasattr(type(section), "model_fields") else {}
        assert all(f"| `{key}` |" in parts[name] for key in keys)
        assert keys or f"| `{name}` |" in parts["At the top"]


@pytest.mark.parametrize(
    "says",
    [
        "`ignore`, `warn`, `rebuild`",  # choices
        "| `findings.frame_count` | `warn` |",  # what each entry of a mapping means
        r"(?:t3_(?P<tuple>\d+)_v(?P<variant>\d+)\|var",  # a bar ends no cell
        "The bank: &lt;root>",  # no tag
    ],
)
def test_values_are_readable(says: str) -> None:
    assert says in config_reference()


def test_every_command_has_its_part_and_no_path_of_this_machine() -> None:
    text = command_reference(app())
    assert [name for name in COMMANDS if f"## facebank {name}\n" not in text] == []
    assert str(REFERENCE.parents[1]) not in text
    assert "```console" not in text
