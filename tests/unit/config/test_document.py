"""The generated config files follow the models."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from facebank.config.demo import DEMO
from facebank.config.document import config_files, default_yaml, schema_json
from facebank.config.load import parse_config
from facebank.config.sections import Config

CONFIG = Path(__file__).parents[3] / "config"


@pytest.mark.parametrize("path", sorted(config_files(CONFIG)), ids=lambda path: path.name)
def test_committed_files_are_what_the_models_say(path: Path) -> None:
    assert config_files(CONFIG)[path] == path.read_text(encoding="utf-8"), "run `facebank document-config`"


def test_the_default_config_means_the_demo_in_either_yaml() -> None:
    # Snakemake reads with PyYAML, which is YAML 1.1: there 8:0.2 without quotes is a number of base 60.
    assert parse_config(yaml.safe_load(default_yaml())) == Config.model_validate(DEMO)


def test_every_key_has_a_comment() -> None:
    lines = default_yaml().splitlines()
    keys = [
        index
        for index, line in enumerate(lines)
        if line.split("#")[0].strip().partition(":")[0].isidentifier()
    ]
    assert keys
    assert [lines[index] for index in keys if not lines[index - 1].lstrip().startswith("#")] == []


def test_the_schema_accepts_the_demo_and_refuses_a_typo() -> None:
    import jsonschema  # It takes seconds, which only who runs this shall wait.

    schema = json.loads(schema_json())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(yaml.safe_load(default_yaml()), schema)
    with pytest.raises(jsonschema.ValidationError, match="bnk"):
        jsonschema.validate({"bnk": {}}, schema)
