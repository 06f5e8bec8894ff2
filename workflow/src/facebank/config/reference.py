"""The reference pages of the documentation that are made from the code: every config key, every command."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml

from facebank.config.sections import Config
from facebank.project import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

    from cyclopts import App
    from pydantic import BaseModel

__all__ = ["command_reference", "config_reference", "reference_files"]

_MADE = "<!-- Made by `facebank document-config`; change the code and run it. -->\n\n"

_CONFIG_HEADER = """\
# Config keys

Every key with its neutral default: what a config that does not name the key means. The demo's own values
stand in `config/config.yaml`, and `config/schema.json` describes the same keys for editors. A key that is not
known is an error that names the nearest one.

"""

_COMMANDS_HEADER = """\
# Commands

`snakemake` runs the commands that are named as its rules; anyone can run one by hand, with the arguments that
stand in its log. The others answer questions and look after what was built. A command
ends with 0 (good), 1 (a limit or check failed), 2 (bad usage or config), 3 (bad data) or 4 (a model or
provider is missing).

"""

#: Backticks keep what is between them as it is; elsewhere Markdown would take <root> for a tag.
_CODE = re.compile(r"(`[^`]*`)")
#: How Python was started, which cyclopts shows in the usage of a command of its own.
_STARTED = re.compile(r"(?<=-completion) -m [\w.]+")


def reference_files(folder: Path, application: App) -> dict[Path, str]:
    """Give the generated pages below the documentation's folder and the text that each should have.

    Parameters
    ----------
    folder : Path
        The folder ``docs/reference``.
    application : cyclopts.App
        The command line.
    """
    return {folder / "config.md": config_reference(), folder / "commands.md": command_reference(application)}


def config_reference() -> str:
    """Give the page of all config keys: a table for each section."""
    whole = Config.model_json_schema()
    top, sections = [], []
    for name, schema in whole["properties"].items():
        default = getattr(Config(), name)
        if "$ref" in schema:
            section = whole["$defs"][schema["$ref"].rpartition("/")[2]]
            what = _escaped(section["description"])
            sections.append(f"## {name}\n\n{what}\n\n{_table(section['properties'], default)}")
        else:
            top.append((name, schema))
    head = f"## At the top\n\n{_table(dict(top), Config())}"
    return _MADE + _CONFIG_HEADER + "\n".join([head, *sections])


def command_reference(application: App) -> str:
    """Give the page of all commands, from the docstrings of the functions that they run."""
    text = application.generate_docs(output_format="markdown", heading_level=1)
    text = _STARTED.sub("", text.replace(f"{PROJECT}/", ""))  # a default below this checkout
    commands = text[text.index("\n## facebank ") + 1 :]
    lines, fenced = [], False
    for line in commands.splitlines():
        fenced ^= line.startswith("```")
        # The usage line of a command is no command to be run.
        plain = line.replace("```console", "```text")
        lines.append(plain if fenced else _escaped(plain))
    return _MADE + _COMMANDS_HEADER + "\n".join(lines).rstrip() + "\n"


def _table(properties: dict[str, Any], defaults: BaseModel) -> str:
    """Write the keys of one section."""
    rows = ["| key | default | meaning |", "|---|---|---|"]
    for name, schema in properties.items():
        default = _cell(f"`{_short(getattr(defaults, name))}`")
        rows.append(f"| `{name}` | {default} | {_cell(_escaped(schema['description']))}{_choices(schema)} |")
        extra = schema.get("meanings", {})
        rows += [
            f"| `{name}.{key}` | `{getattr(defaults, name)[key]}` | {_cell(_escaped(meaning))} |"
            for key, meaning in extra.items()
        ]
    return "\n".join(rows) + "\n"


def _short(value: Any) -> str:
    """Write a default as a config does; what has a row for each of its keys is only named."""
    if isinstance(value, dict) and value:
        return "{...}"
    plain = list(value) if isinstance(value, tuple) else value
    text = yaml.safe_dump(plain, default_flow_style=True, width=10_000)
    return text.removesuffix("\n").removesuffix("\n...")


def _choices(schema: dict[str, Any]) -> str:
    """Name the values that a key may have, where they are few."""
    values = schema.get("enum") or schema.get("items", {}).get("enum", ())
    return f" One of {', '.join(f'`{value}`' for value in values)}." if values else ""


def _cell(text: str) -> str:
    """Keep a bar from ending the cell of a table."""
    return text.replace("|", "\\|")


def _escaped(text: str) -> str:
    """Keep angle brackets outside of code from being taken for tags."""
    parts = _CODE.split(text)
    return "".join(part if part.startswith("`") else part.replace("<", "&lt;") for part in parts)
