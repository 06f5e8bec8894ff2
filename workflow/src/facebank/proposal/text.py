"""The proposed config as text: only what is decided for these folders, each key with its meaning."""

from __future__ import annotations

import io
import textwrap
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from facebank.config.document import as_yaml
from facebank.config.sections import Config
from facebank.shown import shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Pasted", "config_text"]

_WIDTH = 110

_HEADER = """\
Made by `facebank init` from what the folders show of themselves. Look it through; a question wants an answer.
Every other key has its neutral default: config/config.yaml of facebank names and explains them all.

"""


class Pasted(str):
    """A remark that is YAML to be pasted: it stands on a line of its own, however long."""

    __slots__ = ()


def config_text(values: Mapping[str, Mapping[str, Any] | str], remarks: Mapping[str, Sequence[str]]) -> str:
    """Write a config.

    Parameters
    ----------
    values : mapping
        Section -> key -> value, or a key of its own -> value.
    remarks : mapping
        Dotted key -> sentences that stand above it as comments, behind its meaning.
    """
    document = CommentedMap()
    for name, value in values.items():
        field = Config.model_fields[name]
        if isinstance(value, str):
            document[name] = as_yaml(value)
            _comment(document, name, [str(field.description), *remarks.get(name, ())], indent=0)
            continue
        section = CommentedMap()
        section.fa.set_block_style()
        for key, entry in value.items():
            described = type(field.default).model_fields[key]
            section[key] = as_yaml(entry)
            sentences = [str(described.description), *remarks.get(f"{name}.{key}", ())]
            _comment(section, key, sentences, indent=2)
        document[name] = section
        document.yaml_set_comment_before_after_key(
            name, before="\n" + _wrapped([str(type(field.default).__doc__)], 0)
        )
    document.yaml_set_start_comment(_HEADER)
    text = io.StringIO()
    writer = YAML()
    writer.width = _WIDTH
    writer.default_flow_style = None
    writer.dump(document, text)
    return text.getvalue()


def _comment(mapping: CommentedMap, key: str, sentences: Sequence[str], indent: int) -> None:
    """Put sentences above a key, a line or more each."""
    mapping.yaml_set_comment_before_after_key(key, before=_wrapped(sentences, indent), indent=indent)


def _wrapped(sentences: Sequence[str], indent: int) -> str:
    """Break sentences into lines."""
    return "\n".join(
        line
        for text in sentences
        for line in ([text] if isinstance(text, Pasted) else textwrap.wrap(shown(text), _WIDTH - indent - 2))
    )
