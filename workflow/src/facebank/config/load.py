"""Read a config file and say in one sentence what is wrong with it."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from facebank.config.forgotten import without_forgotten
from facebank.config.sections import Config
from facebank.errors import ConfigError
from facebank.reading.limits import DocumentError
from facebank.reading.yaml_documents import read_yaml, require_expandable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["load_config", "load_written_config", "parse_config"]

#: pydantic's kind of an error -> what the key takes, in words of YAML.
_EXPECTED = {
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "date_from_datetime_parsing": "a day, written YYYY-MM-DD",
    "date_type": "a day, written YYYY-MM-DD",
    "dict_type": "a mapping, such as {key: value}",
    "float_parsing": "a number",
    "float_type": "a number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "model_type": "a section with keys of its own",
    "string_type": "text",
    "tuple_type": "a list, such as [one, two]",
}


def load_config(path: Path) -> Config:
    """Read a YAML config file, without the people in it who are forgotten.

    Parameters
    ----------
    path : Path
        The file. It stands alone: what it does not say has the neutral default of `Config`.

    Raises
    ------
    ConfigError
        If the file is missing or no YAML mapping, has an unknown key, or a value is not allowed.
    DataError
        If the file that says who is forgotten cannot be read.
    """
    return without_forgotten(load_written_config(path))


def load_written_config(path: Path) -> Config:
    """Read a YAML config file as it is written; otherwise like `load_config`."""
    try:
        document = read_yaml(path)
    except OSError as error:
        raise ConfigError(
            "Cannot read the config",
            file=path,
            found=(error.strerror or str(error)).lower(),
            remedy="Name yours with --configfile, or let `facebank init` write one.",
        ) from error
    except DocumentError as error:
        raise ConfigError(
            "The config is no valid YAML", file=path, found=str(error), remedy="Correct it there."
        ) from error
    return _validated({} if document is None else document, file=path)


def parse_config(document: Mapping[str, Any], *, file: Path | None = None) -> Config:
    """Validate a config that is already in memory, and take out the people in it who are forgotten.

    Parameters
    ----------
    document : mapping
        Section -> key -> value. A section without keys may be null.
    file : Path, optional
        Where it was read, for messages.

    Raises
    ------
    ConfigError
        Naming the first key at fault; for an unknown key also the nearest known one.
    DataError
        If the file that says who is forgotten cannot be read.
    """
    return without_forgotten(_validated(document, file=file))


def _validated(document: Mapping[str, Any], *, file: Path | None) -> Config:
    """Validate a config."""
    if not isinstance(document, dict):
        raise ConfigError("The config is no mapping", file=file, found=type(document).__name__)
    try:
        # A workflow engine has read it where no limit held.
        require_expandable(document)
    except DocumentError as error:
        raise ConfigError("The config is too large", file=file, found=str(error)) from error
    sections = {key: {} if value is None and _is_section(key) else value for key, value in document.items()}
    try:
        return Config.model_validate(sections)
    except ValidationError as error:
        raise _explained(error, file) from error


def _is_section(key: str) -> bool:
    """Tell whether a top-level key is a section, not a plain value."""
    field = Config.model_fields.get(key)
    return field is not None and isinstance(field.default, BaseModel)


def _explained(error: ValidationError, file: Path | None) -> ConfigError:
    """Turn the first of pydantic's errors into one of ours."""
    first = error.errors(include_url=False)[0]
    name = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        known = _known_keys(first["loc"])
        prefix = name.rpartition(".")[0] + "." if "." in name else ""
        near = difflib.get_close_matches(str(first["loc"][-1]), known, n=1, cutoff=0)
        return ConfigError(
            f"Unknown config key '{name}'", file=file, remedy=f"Did you mean '{prefix}{near[0]}'?"
        )
    message = first["msg"].removeprefix("Value error, ")
    message = re.sub("^Input should be ", "", message).replace("String should match", "text that matches")
    # A key with nothing behind it, as where the lines below it are not indented further.
    found = "nothing" if first["input"] is None else repr(first["input"])
    problem = f"Config key '{name}' cannot be used"
    if first["type"] == "value_error":
        return ConfigError(problem, file=file, found=f"{found} ({message[0].lower()}{message[1:]})")
    choices = re.findall("'([^']*)'", message) if first["type"] == "literal_error" else []
    similar = next(iter(difflib.get_close_matches(str(first["input"]), choices, n=1)), None)
    return ConfigError(
        problem,
        file=file,
        expected=_EXPECTED.get(first["type"], re.sub("^(greater|less)", r"a number \1", message)),
        found=found,
        remedy=f"Did you mean '{similar}'?" if similar else _meaning(first["loc"]),
    )


def _meaning(location: Sequence[int | str]) -> str | None:
    """Give what a key is about, as the config's comments say it."""
    model: type[BaseModel] = Config
    said = None
    for part in location:
        field = model.model_fields.get(str(part))
        if field is None:
            break
        if isinstance(field.default, BaseModel):
            model = type(field.default)
            said = model.__doc__
        else:
            said = field.description
    return said and f"The key is for: {said}"


def _known_keys(location: Sequence[int | str]) -> list[str]:
    """List the keys that are allowed where an unknown one was found, as full dotted names."""
    if len(location) == 1:
        return list(Config.model_fields)
    section = Config.model_fields[str(location[0])].default
    return list(type(section).model_fields)
