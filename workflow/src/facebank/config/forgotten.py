"""A config without those who are forgotten, so that no artifact names them as a setting."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from facebank.bank.forgotten import Forgotten, read_forgotten
from facebank.bank.slugs import slug
from facebank.errors import ConfigError

if TYPE_CHECKING:
    from facebank.config.sections import Config

__all__ = ["people_forgotten", "without_forgotten"]


def people_forgotten(config: Config) -> Forgotten:
    """Read who is forgotten in a config's builds.

    Raises
    ------
    DataError
        If the file cannot be read.
    """
    return read_forgotten(Path(config.bank.forgotten))


def without_forgotten(config: Config) -> Config:
    """Take forgotten people out of a config: their spellings, photos and what their letters stand for.

    Raises
    ------
    ConfigError
        If it calls a forgotten person by a name that is not itself forgotten: photos under that name would
        be used.
    DataError
        If the file that says who is forgotten cannot be read.
    """
    forgotten = people_forgotten(config)
    if not forgotten.names:
        return config
    bank, sources = config.bank, config.sources
    for key, spellings in (("bank.slug_map", bank.slug_map), ("bank.aliases", bank.aliases)):
        for name, person in spellings.items():
            if slug(person) in forgotten.names and slug(name) not in forgotten.names:
                raise ConfigError(
                    f"{key} gives a forgotten person the name '{name}'",
                    remedy=f"Take the entry out of the config, or `facebank forget {slug(person)} --yes`.",
                )
    kept_bank = {
        "slug_map": _without(bank.slug_map, forgotten),
        "aliases": _without(bank.aliases, forgotten),
        "quarantine": tuple(photo for photo in bank.quarantine if not forgotten.covers(photo)),
    }
    letters = {
        letter: "" if slug(name) in forgotten.names else name for letter, name in sources.letters.items()
    }
    return config.model_copy(
        update={
            "bank": bank.model_copy(update=kept_bank),
            "sources": sources.model_copy(update={"letters": letters}),
        }
    )


def _without(spellings: dict[str, str], forgotten: Forgotten) -> dict[str, str]:
    """Give the entries of a mapping of names that name nobody forgotten."""
    return {name: person for name, person in spellings.items() if not forgotten.names_any((name, person))}
