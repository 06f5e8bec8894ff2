"""YAML documents as they are written: every reader finds the texts, numbers and lists that were meant."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["yaml_block"]


class _Dumper(yaml.SafeDumper):
    """Quotes a text also where only other versions of YAML than 1.1 would not take it for one."""


#: Numbers of YAML 1.2, where an exponent needs neither dot nor sign, and two words that few read as 1.1 does.
_Dumper.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"(?:[-+]?(?:\.[0-9_]+|[0-9_]+(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?|0o[0-7_]+)\Z"),
    list("-+.0123456789"),
)
_Dumper.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"[yYnN]\Z"), list("yYnN"))


def yaml_block(document: Mapping[str, Any], *, width: int = 1000) -> str:
    """Give a document as a YAML block, its keys in their order.

    Parameters
    ----------
    document : mapping
        Plain values.
    width : int
        Letters after which lines are broken.
    """
    return yaml.dump(dict(document), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=width)
