"""Config values by their dotted keys, and as words of a command line."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from facebank.config.sections import Config

__all__ = ["option", "setting", "words"]


def setting(config: Config, key: str) -> Any:
    """Give the value of a dotted config key."""
    value: Any = config
    for part in key.split("."):
        value = getattr(value, part)
    return value


def option(flag: str, value: Any) -> str:
    """Give one setting as quoted words of a shell command; None and no values are nothing."""
    return shlex.join(words(flag, value)) if value else ""


def words(flag: str, value: Any) -> list[str]:
    """Give one setting as words of a command line; None is left out."""
    match value:
        case None:
            return []
        case bool():
            return [f"--{flag}" if value else f"--no-{flag}"]
        case dict():
            return [f"--{flag}={json.dumps(value, sort_keys=True)}"] if value else []
        case tuple() | list():
            return [f"--{flag}={item}" for item in value] or [f"--empty-{flag}"]
        case _:
            # One word, so that a value may begin with a dash.
            return [f"--{flag}={value}"]
