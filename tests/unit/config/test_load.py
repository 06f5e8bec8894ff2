"""Reading a config: what is accepted, and the sentence that a mistake gets."""

from __future__ import annotations

from pathlib import Path

import pytest

from facebank.config.demo import DEMO
from facebank.config.load import load_config, parse_config
from facebank.config.sections import Config
from facebank.errors import ConfigError


def test_an_empty_file_is_the_neutral_config(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("", encoding="utf-8")
    assert load_config(tmp_path / "c.yaml") == Config()


def test_a_section_without_keys_is_its_default() -> None:
    assert parse_config({"bank": None}) == Config()


def test_two_lines_hold_no_value_of_the_demo() -> None:
    config = parse_config({"bank": {"root": "photos"}, "results": "built"})
    assert config == Config(bank={"root": "photos"}, results="built")
    assert config.sources.root is None
    assert config.gold.labels is None
    assert DEMO["sources"]["letters"]
    assert config.sources.letters == {}


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ({"bnk": {}}, "Unknown config key 'bnk'. Did you mean 'bank'?"),
        ({"bank": {"rot": "x"}}, "Unknown config key 'bank.rot'. Did you mean 'bank.root'?"),
        (
            {"embeddings": {"det_size": 640}},
            "Unknown config key 'embeddings.det_size'. Did you mean 'embeddings.det_sizes'?",
        ),
        (
            {"detections": {"stride": 0}},
            "Config key 'detections.stride' cannot be used; expected a number greater than 0, found 0.",
        ),
        (
            {"validation": {"buckets": ["many"]}},
            "Config key 'validation.buckets' cannot be used; found ['many'] (a bucket is",
        ),
        (
            {"sources": {"pattern": "("}},
            "Config key 'sources.pattern' cannot be used; found '(' (no regular expression",
        ),
        ({"sources": {"pattern": "x"}}, "the pattern needs a group (?P<source>...)"),
        (
            {"sources": {"letters": {"\u00c9": "ada", "E\u0301": "bob"}}},
            "stands twice, with its accent written in two ways",
        ),
        ({"device": "gpu"}, "found 'gpu'. The key is for: Where models run: cpu, cuda or cuda:N."),
        ({"release": {"date": "yesterday"}}, "expected a day, written YYYY-MM-DD, found 'yesterday'."),
        (
            {"bank": {"sets": "heldout"}},
            "expected a list, such as [one, two], found 'heldout'. The key is for: Na",
        ),
        (
            {"bank": "photos"},
            "expected a section with keys of its own, found 'photos'. The key is for: The bank: <",
        ),
        (
            {"sources": {"letters": {"A": 5}}},
            "'sources.letters.A' cannot be used; expected text, found 5. The key",
        ),
        ({"face_labels": {"slots": "three"}}, "expected a whole number, found 'three'."),
        ({"gallery": {"face_policy": "larges"}}, "found 'larges'. Did you mean 'largest'?"),
    ],
)
def test_a_mistake_is_named(document: dict[str, object], sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(document)
    assert sentence in str(caught.value)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("- a\n", "The config is no mapping"),
        ("bank: {\n", "The config is no valid YAML"),
        (
            "bank: {root: a}\nbank: {root: b}\n",
            'key "bank" a second time in one mapping, in line 2, column 1.',
        ),
        (
            "bank: {root: a, sets: [}\n",
            "found expected the node content, but found '}', in line 1, column 24.",
        ),
        ("bank:\n\troot: a\n", "found a tab, where YAML wants blanks, in line 2, column 1."),
    ],
)
def test_a_file_that_is_no_config_is_named(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "my config.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"my config\.yaml") as caught:
        load_config(path)
    assert sentence in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.yaml; found no such file"):
        load_config(tmp_path / "none.yaml")
