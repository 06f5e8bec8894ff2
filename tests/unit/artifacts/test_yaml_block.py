"""What is written as YAML reads as it was meant, by readers of either version."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from facebank.artifacts.yaml_block import yaml_block
from facebank.reading.yaml_documents import yaml_value


@pytest.mark.parametrize(
    "text",
    [
        "1e3",
        "+12E03",
        "-.5e-1",
        "1.",
        "0o17",
        "0x10",
        "yes",
        "No",
        "y",
        "N",
        "null",
        "~",
        "2026-01-01",
        "1:30",
    ],
)
def test_a_text_that_some_reader_takes_for_something_else_is_quoted(text: str) -> None:
    assert yaml_block({"title": text}) in {f"title: '{text}'\n", f'title: "{text}"\n'}
    assert (
        yaml.safe_load(yaml_block({"title": text}))
        == yaml_value(yaml_block({"title": text}))
        == {"title": text}
    )


@pytest.mark.parametrize("text", ["113b3f9d", "1.2.0", "no face", "n<1K", "10M<n<100M", "1e3 faces"])
def test_a_text_that_every_reader_takes_for_one_is_plain(text: str) -> None:
    assert yaml_block({"title": text}) == f"title: {text}\n"


@given(
    st.text(
        st.sampled_from("0123456789eExXoObB_.+-:~yn'\"# ")
        | st.characters(codec="utf-8").filter(str.isprintable),
        max_size=8,
    )
)
@example("1e3")
@example("---")
def test_readers_of_either_version_find_what_was_meant(text: str) -> None:
    document = {"title": text, "list": [text, 1, 0.5, 1e30, True, None]}
    block = yaml_block(document)
    assert yaml.safe_load(block) == yaml_value(block) == document


def test_numbers_stay_numbers() -> None:
    block = yaml_block({"format": 1, "b": 1000.0, "a": [True, 1e30]})
    assert block == "format: 1\nb: 1000.0\na:\n- true\n- 1.0e+30\n"
