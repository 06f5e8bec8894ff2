"""The proposed config as text."""

from __future__ import annotations

import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from facebank.proposal.text import config_text
from facebank.reading.yaml_documents import yaml_value

NAMES = st.sampled_from(["no", "1_000", "8:0.2", "0o7", "2026-01-01", "@x", "<<", "="]) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20
)


@given(NAMES, st.lists(NAMES, max_size=3), st.dictionaries(NAMES, NAMES, max_size=3))
@example("*pics", ["[old]", "{"], {"N": "no", "%": "a: b #"})
def test_a_config_says_what_it_was_told_in_either_yaml(
    root: str, sets: list[str], letters: dict[str, str]
) -> None:
    values = {
        "results": root,
        "bank": {"root": root, "sets": tuple(sets)},
        "sources": {"root": root, "letters": letters},
        "report": {"title": root},
    }
    text = config_text(values, {"bank.root": [root], "sources.root": sets})
    assert yaml.safe_load(text) == yaml_value(text) == {**values, "bank": {"root": root, "sets": sets}}
