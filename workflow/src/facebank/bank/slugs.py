"""How a person's folder becomes the slug that names the identity everywhere."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from typing import TYPE_CHECKING

from facebank.errors import ConfigError
from facebank.shown import yaml_mapping

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["forms", "identity_of", "require_flat_aliases", "require_told_spellings", "slug", "told_as"]

#: White space, control characters, and the slash, which some letters bring out when they are decomposed.
_BLANKS = re.compile(r"[\s/\x00-\x1f\x7f-\x9f]+")


def slug(name: str) -> str:
    """Turn a name into a slug.

    Lower case, accents and dots removed, blanks to underscores, hyphens kept: ``Anya Taylor-Joy`` becomes
    ``anya_taylor-joy``. Letters that are no Latin letter with an accent stay as they are. A slug is a part of
    paths and looks like no other: slashes and control characters count as blanks, letters without width or
    sound, such as marks of direction, are removed.

    Parameters
    ----------
    name : str
        Any spelling of a name.

    Returns
    -------
    str
        The slug; the slug of a slug is itself. Empty when nothing of the name is left.
    """
    # Decomposing may bring out capitals, and folding letters that decompose: twice is enough (Unicode, D146).
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name.casefold()).casefold())
    letters = "".join(letter for letter in folded if not unicodedata.combining(letter) and letter != ".")
    if not letters.isprintable():
        letters = "".join(letter for letter in letters if unicodedata.category(letter) != "Cf")
    joined = "_".join(part for part in _BLANKS.split(letters) if part)
    return unicodedata.normalize("NFC", joined)


def identity_of(folder: str, slug_map: Mapping[str, str], aliases: Mapping[str, str]) -> str:
    """Give the identity of a person's folder.

    Parameters
    ----------
    folder : str
        Name of the folder.
    slug_map : mapping
        Folder name -> identity, where the name is not what the identity is called. A letter with an accent
        may be one character or two: some file systems write them apart.
    aliases : mapping
        Slug -> slug, for two spellings of one person; looked up after `slug_map`.

    Returns
    -------
    str
        The slug; empty when nothing of the folder's name is left.
    """
    own = slug(next((slug_map[name] for name in forms(folder) if name in slug_map), folder))
    return slug(aliases[own]) if own in aliases else own


def require_told_spellings(folders: Iterable[str], slug_map: Mapping[str, str]) -> None:
    """Insist that folders whose names differ make one identity only where the config says so.

    Names that differ by case, accents or dots have one slug. Whether they are one person nobody but the user
    can tell, and two persons under one name would spoil both without a trace.

    Parameters
    ----------
    folders : iterable of str
        Names of persons' folders; the same name in two sets is one person.
    slug_map : mapping
        As in `identity_of`.

    Raises
    ------
    ConfigError
        Naming the first folders that would be merged, though at most one of them is in the map.
    """
    spellings: dict[str, list[str]] = defaultdict(list)
    for folder in sorted(set(folders)):
        if not any(name in slug_map for name in forms(folder)):
            spellings[slug(folder)].append(folder)
    for identity, names in sorted(spellings.items()):
        if len(names) > 1:
            alike = len({unicodedata.normalize("NFC", name) for name in names}) < len(names)
            raise ConfigError(
                f"Folders of other names would be one identity, '{identity}'",
                expected="one name for one person",
                # Two ways to write an accent look the same.
                found=", ".join(map(ascii if alike else repr, names)),
                remedy="If they are one person, say so in bank.slug_map: "
                f"{yaml_mapping(told_as(identity, names))}; else rename them.",
            )


def told_as(identity: str, folders: Sequence[str]) -> dict[str, str]:
    """Give what `slug_map` has to say for folders that make one identity: all but one are to be told."""
    left = identity if identity in folders else folders[0]
    return {folder: identity for folder in folders if folder != left}


def forms(name: str) -> tuple[str, ...]:
    """Give a name as it is, and with its accents joined to their letters and apart from them."""
    return name, unicodedata.normalize("NFC", name), unicodedata.normalize("NFD", name)


def require_flat_aliases(aliases: Mapping[str, str]) -> None:
    """Insist that aliases are slugs, and that none leads to another alias.

    Raises
    ------
    ConfigError
        Naming the first alias that is no slug, which would never be met, or leads to another alias.
    """
    for name, target in aliases.items():
        if slug(name) != name:
            raise ConfigError(
                f"The alias '{name}' is no slug, so it would stand for nobody",
                expected=f"'{slug(name)}'",
                remedy="Correct bank.aliases in the config; names of folders belong into bank.slug_map.",
            )
        target = slug(target)  # noqa: PLW2901 - as it is looked up
        if target in aliases:
            raise ConfigError(
                f"The alias '{name}' leads to another alias",
                expected="an identity",
                found=f"'{target}', which is an alias of '{aliases[target]}'",
                remedy=f"Write {yaml_mapping({name: aliases[target]})}.",
            )
