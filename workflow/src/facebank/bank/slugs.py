"""How a person's folder becomes the slug that names the identity everywhere."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from facebank.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["identity_of", "require_flat_aliases", "slug"]

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
        Folder name -> identity, where the name is not what the identity is called.
    aliases : mapping
        Slug -> slug, for two spellings of one person; looked up after `slug_map`.

    Returns
    -------
    str
        The slug; empty when nothing of the folder's name is left.
    """
    own = slug(slug_map.get(folder, folder))
    return slug(aliases[own]) if own in aliases else own


def require_flat_aliases(aliases: Mapping[str, str]) -> None:
    """Insist that no alias leads to another alias.

    Raises
    ------
    ConfigError
        Naming the first alias that does.
    """
    for name, target in aliases.items():
        if target in aliases:
            raise ConfigError(
                f"The alias '{name}' leads to another alias",
                expected="an identity",
                found=f"'{target}', which is an alias of '{aliases[target]}'",
                remedy=f"Write '{name}: {aliases[target]}'.",
            )
