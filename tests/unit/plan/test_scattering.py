from __future__ import annotations

import inspect
import shlex
from importlib import import_module

import pytest

from facebank.artifacts.code import SCATTERED
from facebank.config.load import parse_config
from facebank.plan.plan import Plan
from facebank.plan.registry import ARTIFACTS
from facebank.plan.scattering import SHARDED


def test_what_collects_shards_counts_their_code_as_its_own() -> None:
    assert {ARTIFACTS[name].rule: scatter.rule for name, scatter in SHARDED.items()} == SCATTERED


@pytest.mark.parametrize("name", SHARDED)
def test_a_shard_is_told_all_settings_but_those_of_what_collects_it(name: str) -> None:
    plan = Plan(parse_config({"audit": {"exclude": ["a"]}}))
    names, told = plan.argument_names(name), shlex.split(plan.shard_arguments(name))
    spared = [word for word in plan.argument_words(name) if word not in told]
    heads = {f"--{names[key].replace('_', '-')}" for key in SHARDED[name].collected}
    assert {word.partition("=")[0] for word in spared} == heads
    rule = SHARDED[name].rule
    function = getattr(import_module(f"facebank.stages.{rule}"), rule)
    read = {argument for key, argument in names.items() if key not in SHARDED[name].collected}
    assert read <= set(inspect.signature(function).parameters)
    assert not {names[key] for key in SHARDED[name].collected} & set(inspect.signature(function).parameters)
