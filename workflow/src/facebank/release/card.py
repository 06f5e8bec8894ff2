"""The data card: a release's README.md, with the header that the Hugging Face Hub reads."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from facebank.artifacts.yaml_block import yaml_block
from facebank.report.wording import percent, signed
from facebank.shown import markdown, markdown_code

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from facebank.report.numbers import Numbers

__all__ = ["HUB_LICENCES", "CardFacts", "card_header", "data_card", "numbers_document"]

#: Licences that the Hub knows by id and that data sets use; another one is named under ``license_name``.
HUB_LICENCES = frozenset(
    {
        "apache-2.0",
        "cc",
        "cc-by-2.0",
        "cc-by-3.0",
        "cc-by-4.0",
        "cc-by-nc-3.0",
        "cc-by-nc-4.0",
        "cc-by-nc-nd-3.0",
        "cc-by-nc-nd-4.0",
        "cc-by-nc-sa-3.0",
        "cc-by-nc-sa-4.0",
        "cc-by-nd-4.0",
        "cc-by-sa-3.0",
        "cc-by-sa-4.0",
        "cc0-1.0",
        "cdla-permissive-1.0",
        "cdla-permissive-2.0",
        "cdla-sharing-1.0",
        "mit",
        "odbl",
        "odc-by",
        "other",
        "pddl",
        "unknown",
        "unlicense",
    }
)

#: Upper bounds of the Hub's size categories.
_SIZES = (
    (10**3, "n<1K"),
    (10**4, "1K<n<10K"),
    (10**5, "10K<n<100K"),
    (10**6, "100K<n<1M"),
    (10**7, "1M<n<10M"),
)
_LARGER = "10M<n<100M"

#: Tables that the Hub's viewer shows, by the name of the view.
_VIEWS = {
    "photos": "tables/gallery/photos.parquet",
    "identities": "tables/gallery/identities.parquet",
    "leave_one_out": "tables/validation/loo.parquet",
    "slots": "tables/face_labels/slots.parquet",
    "audit": "audit/verdicts.parquet",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CardFacts:
    """What a data card says beside the numbers.

    Attributes
    ----------
    title, note : str
        As in the report.
    date : str
        YYYY-MM-DD.
    licence : str
        Licence of the data.
    models : sequence of mappings
        Name, SHA-256 and licence of the model files that made the data.
    buckets : sequence of mappings
        The validation's rows by number of photos.
    files : collection of str
        Paths of all files of the release.
    """

    title: str
    note: str
    date: str
    licence: str
    models: Sequence[Mapping[str, str]]
    buckets: Sequence[Mapping[str, Any]]
    files: frozenset[str]


def data_card(facts: CardFacts, numbers: Numbers) -> str:
    """Write the data card: a YAML header between lines of dashes, then Markdown."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 (Markdown; the filter below keeps cells whole)
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"cell": markdown, "code": markdown_code, "percent": percent, "signed": signed}
    body = environment.get_template("README.md.j2").render(
        facts=facts,
        numbers=numbers,
        folders={path.partition("/")[0] for path in facts.files},
    )
    header = yaml_block(card_header(facts, numbers))
    return f"---\n{header}---\n\n{body}"


def card_header(facts: CardFacts, numbers: Numbers) -> dict[str, Any]:
    """Give the header's values, all of the kinds that the Hub accepts."""
    licence = facts.licence.lower()
    header: dict[str, Any] = {"license": licence if licence in HUB_LICENCES else "other"}
    if licence not in HUB_LICENCES:
        header["license_name"] = facts.licence
    header |= {
        "pretty_name": " ".join(facts.title.split()),
        "task_categories": ["image-feature-extraction", "object-detection"],
        "tags": ["face-recognition", "face-embeddings", "arcface", "robotics", "identity-supervision"],
        "size_categories": [_size(max(numbers.photos or 0, numbers.frames or 0))],
    }
    views = [
        {"config_name": name, "data_files": path} for name, path in _VIEWS.items() if path in facts.files
    ]
    if views:
        header["configs"] = views
    return header


def numbers_document(numbers: Numbers) -> dict[str, Any]:
    """Give the main numbers as summary.json says them, without those that the build does not have."""
    values = asdict(numbers) | {"top1": numbers.top1, "rejected_share": numbers.rejected_share}
    return {name: value for name, value in values.items() if value is not None}


def _size(count: int) -> str:
    """Give the Hub's size category of a number of rows."""
    return next((name for bound, name in _SIZES if count < bound), _LARGER)
