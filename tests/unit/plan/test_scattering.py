from __future__ import annotations

import inspect
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
    said = Plan(parse_config({"audit": {"exclude": ["a"]}})).shard_arguments(name)
    names = {key: key.rpartition(".")[2] for key in ARTIFACTS[name].settings}
    told = {key for key, argument in names.items() if f"--{argument.replace('_', '-')}=" in said}
    assert not told & set(SHARDED[name].collected)
    rule = SHARDED[name].rule
    function = getattr(import_module(f"facebank.stages.{rule}"), rule)
    read = {argument for key, argument in names.items() if key not in SHARDED[name].collected}
    assert read <= set(inspect.signature(function).parameters)
