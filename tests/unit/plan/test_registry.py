"""The table of artifacts is complete: every key has a reader, every reader its keys."""

from __future__ import annotations

import inspect
from importlib import import_module

import pytest
from pydantic import BaseModel

from facebank.cli import RULES
from facebank.config.load import parse_config
from facebank.config.sections import Config
from facebank.plan.plan import Plan
from facebank.plan.registry import ARTIFACTS, RUNTIME_KEYS, STAGES, Artifact


def config_keys() -> set[str]:
    """List every dotted config key."""
    keys = set()
    for name, field in Config.model_fields.items():
        inner = type(field.default).model_fields if isinstance(field.default, BaseModel) else None
        keys |= {name} if inner is None else {f"{name}.{key}" for key in inner}
    return keys


def read_keys(artifact: Artifact) -> set[str]:
    """List the keys that decide what an artifact is."""
    return {*artifact.settings, *artifact.roots}


def test_every_config_key_has_a_reader_or_changes_no_byte() -> None:
    read = set().union(*(read_keys(artifact) for artifact in ARTIFACTS.values()))
    # They say which pack; its digests are in the versions.
    read |= {"models.pack"}
    assert read | RUNTIME_KEYS == config_keys()
    assert read & RUNTIME_KEYS == set()


def test_stages_rules_and_upstream_are_known() -> None:
    assert {artifact.stage for artifact in ARTIFACTS.values()} == set(STAGES)
    assert {artifact.rule for artifact in ARTIFACTS.values()} <= set(RULES)
    assert {name for artifact in ARTIFACTS.values() for name in artifact.upstream} <= set(ARTIFACTS)


@pytest.mark.parametrize("artifact", ARTIFACTS.values(), ids=lambda artifact: artifact.name)
def test_the_rule_takes_every_setting_that_it_is_given(artifact: Artifact) -> None:
    plan = Plan(parse_config({}))
    flags = {
        word[2:].partition("=")[0].removeprefix("empty-").removeprefix("no-").replace("-", "_")
        for word in plan.argument_words(artifact.name)
        if word.startswith("--")
    }
    function = getattr(import_module(f"facebank.stages.{artifact.rule}"), artifact.rule)
    assert flags <= set(inspect.signature(function).parameters)


@pytest.mark.parametrize("name", ["report", "limits", "release"])
def test_the_rule_takes_every_folder_that_it_is_given(name: str) -> None:
    artifact = ARTIFACTS[name]
    function = getattr(import_module(f"facebank.stages.{artifact.rule}"), artifact.rule)
    assert {other.replace("/", "_") for other in artifact.upstream} <= set(
        inspect.signature(function).parameters
    )


@pytest.mark.parametrize("artifact", ARTIFACTS.values(), ids=lambda artifact: artifact.name)
def test_config_and_function_have_the_same_neutral_defaults(artifact: Artifact) -> None:
    """What the command line does by itself is what the workflow does by itself."""
    config = Config()
    function = getattr(import_module(f"facebank.stages.{artifact.rule}"), artifact.rule)
    parameters = inspect.signature(function).parameters
    names = Plan(config).argument_names(artifact.name)
    for key in artifact.settings:
        section, _, name = key.partition(".")
        default = parameters[names[key]].default
        assert str(default or None) == str(getattr(getattr(config, section), name) or None), key
