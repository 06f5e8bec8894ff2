"""Whose each photo of a bank is, and which are not used whatever they hold: known before one is opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facebank.bank.forgotten import FORGOTTEN
from facebank.bank.listing import Unused
from facebank.bank.slugs import forms, identity_of, require_told_spellings
from facebank.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from facebank.bank.forgotten import Forgotten
    from facebank.bank.listing import Candidate, Listing

__all__ = ["decide"]


def decide(
    listing: Listing,
    slug_map: Mapping[str, str],
    aliases: Mapping[str, str],
    quarantine: Sequence[str],
    forgotten: Forgotten,
) -> dict[str, str]:
    """Give the identity of each candidate; forgotten and quarantined ones and those without are rejected.

    Parameters
    ----------
    listing : Listing
        What the bank holds. Candidates that are not used become rejected files.
    slug_map, aliases : mapping
        As in `facebank.bank.slugs.identity_of`.
    quarantine : sequence of str
        Photos that are left out, by path relative to the bank; accents as in `facebank.bank.slugs.forms`.
    forgotten : Forgotten
        Who may not be used again.

    Returns
    -------
    dict
        Photo -> identity, of the candidates that are left.

    Raises
    ------
    ConfigError
        If a quarantined path is no photo of the bank, or folders of other names would be one identity.
    """
    present = {candidate.photo for candidate in listing.candidates}
    quarantined: set[str] = set()
    for photo in sorted(quarantine):
        meant = next((form for form in forms(photo) if form in present), None)
        if meant is None:
            raise ConfigError(
                "A quarantined photo is not in the bank",
                file=photo,
                expected="its path from bank.root: <person>/<photo>, behind the set where there are sets",
                remedy="Correct bank.quarantine in the config.",
            )
        quarantined.add(meant)
    identities: dict[str, str] = {}
    used: list[Candidate] = []
    for candidate in listing.candidates:
        identity = identity_of(candidate.folder, slug_map, aliases)
        if forgotten.names_any((candidate.folder, identity)):
            listing.rejected.append(Unused(candidate.photo, FORGOTTEN, "the person"))
        elif candidate.photo in quarantined:
            listing.rejected.append(Unused(candidate.photo, "QUARANTINED", "by the config"))
        elif not identity:
            listing.rejected.append(
                Unused(candidate.photo, "NO_IDENTITY", f"the folder {candidate.folder!r}")
            )
        else:
            identities[candidate.photo] = identity
            used.append(candidate)
    require_told_spellings((candidate.folder for candidate in used), slug_map)
    listing.candidates = used
    return identities
