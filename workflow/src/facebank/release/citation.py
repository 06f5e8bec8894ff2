"""``CITATION.cff``: how a release is cited, in the Citation File Format 1.2.0."""

from __future__ import annotations

from facebank.artifacts.yaml_block import yaml_block
from facebank.release.card import HUB_LICENCES

__all__ = ["CITATION", "citation"]

CITATION = "CITATION.cff"

#: How SPDX writes licences that are more than capital letters; the format allows no others than SPDX's.
_SPDX = {
    "apache-2.0": "Apache-2.0",
    "odbl": "ODbL-1.0",
    "odc-by": "ODC-By-1.0",
    "pddl": "PDDL-1.0",
    "unlicense": "Unlicense",
    "cdla-permissive-1.0": "CDLA-Permissive-1.0",
    "cdla-permissive-2.0": "CDLA-Permissive-2.0",
    "cdla-sharing-1.0": "CDLA-Sharing-1.0",
}
#: Ids of the Hub that are no licence.
_NO_LICENCE = frozenset({"cc", "other", "unknown"})


def citation(*, title: str, date: str, licence: str) -> str:
    """Give the text of a release's citation file.

    Parameters
    ----------
    title : str
        What the data set is called.
    date : str
        The release's date, YYYY-MM-DD.
    licence : str
        Licence of the data; one that no list knows is left to the data card.
    """
    document = {
        "cff-version": "1.2.0",
        "message": "Please cite this data set by its title, its date and its id, which manifest.json names.",
        "type": "dataset",
        "title": " ".join(title.split()),
        "authors": [{"name": f"The makers of {' '.join(title.split())}"}],
        "date-released": date,
        "keywords": ["face embeddings", "identity supervision", "robotics"],
    }
    identifier = licence.lower()
    if identifier in HUB_LICENCES - _NO_LICENCE:
        document["license"] = _SPDX.get(identifier, identifier.upper())
    return yaml_block(document)
