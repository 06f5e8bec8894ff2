"""What can be known before the first job: the same check for `facebank check` and for Snakemake."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from facebank.artifacts import atomic
from facebank.artifacts.lock import unwritable
from facebank.audit.mapping import excluded_slots, mapping_rows, require_same_lengths
from facebank.bank.hidden import is_hidden
from facebank.bank.slugs import require_flat_aliases, require_told_spellings
from facebank.errors import ConfigError, DataError
from facebank.faces.detector import require_detector_packages
from facebank.plan.contents import has_files
from facebank.plan.settings import setting
from facebank.plan.user_files import GOLD_FILES
from facebank.runtime.packs import require_licences, verify_pack
from facebank.runtime.sessions import require_provider
from facebank.sources.discovery import discover

if TYPE_CHECKING:
    from facebank.config.sections import BankSection
    from facebank.plan.plan import Plan

__all__ = [
    "person_folders",
    "preflight",
    "require_decided",
    "require_device",
    "require_packages",
    "require_sources",
    "require_writable",
]


def preflight(plan: Plan) -> None:
    """Check inputs, model pack and licences. Nothing is written.

    Parameters
    ----------
    plan : Plan
        What the config means.

    Raises
    ------
    ConfigError
        If the results are no folder, a path has braces, or an alias leads to another alias.
    DataError
        If a configured folder or file is missing or empty.
    ModelError
        If the pack or a licence is missing, or a model file has other bytes.
    """
    results = Path(plan.results)
    if results.exists() and not results.is_dir():
        raise ConfigError("The results cannot be written", file=results, expected="a folder", found="a file")
    for key in ("results", "bank.root", "sources.root", "sources.merged", *GOLD_FILES):
        _require_plain(key, setting(plan.config, key))
    require_flat_aliases(plan.config.bank.aliases)
    for key in ("bank.root", "sources.root", "sources.merged"):
        _require_filled_folder(key, setting(plan.config, key))
    if plan.config.bank.root is not None:
        _require_set(Path(plan.config.bank.root), plan.config.bank)
    for folder in plan.config.gold.image_roots if plan.means("gold/predictions") else ():
        _require_plain("gold.image_roots", folder)
        _require_filled_folder("gold.image_roots", folder)
    for key in GOLD_FILES:
        _require_file(key, setting(plan.config, key))
    if not any(plan.means(name) for name in ("inventory/photos", "inventory/sources", "gold/labels")):
        raise ConfigError(
            "There is nothing to build",
            expected="bank.root, sources.root or gold.labels",
            found="none of them in the config",
            remedy="Set one of them, or let `facebank init` write a config for your folders.",
        )
    if plan.reads_models:
        verify_pack(plan.pack)
        require_licences(plan.pack, plan.config.models.accept_licences)


def require_decided(plan: Plan) -> None:
    """Check what the inventory insists on before it opens a photo. `facebank init` leaves it as a question.

    Parameters
    ----------
    plan : Plan
        What the config means.

    Raises
    ------
    ConfigError
        If a quarantined photo is not there, or folders of other names would be one identity.
    """
    bank = plan.config.bank
    if bank.root is None:
        return
    try:
        require_told_spellings(person_folders(bank), bank.slug_map)
    except ConfigError:
        # Some of them may hold no photo, or be of people who are forgotten.
        pass
    else:
        if not bank.quarantine:
            return
    # It takes a second for a large bank, and loads decoders.
    from facebank.bank.decisions import decide
    from facebank.bank.listing import list_bank

    decide(
        list_bank(Path(bank.root), bank.sets), bank.slug_map, bank.aliases, bank.quarantine, plan.forgotten
    )


def person_folders(bank: BankSection) -> list[str]:
    """Name the folders in which a bank's photos lie, one for a person; none where there is no bank."""
    if bank.root is None:
        return []
    root = Path(bank.root)
    places = [root / name for name in bank.sets] if bank.sets else [root]
    found = (name for place in places for name in next(os.walk(place), ("", [], []))[1])
    return [name for name in found if not is_hidden(name)]


def require_sources(plan: Plan) -> None:
    """Check that the sources can be told apart, what is excluded by hand is there, and what was merged fits.

    Snakemake finds the first when it looks for what they hold, and asks for the others where the config has
    any: the audit finds them only behind all its shards. How long episodes are is known to the inventory.

    Parameters
    ----------
    plan : Plan
        What the config means.

    Raises
    ------
    ConfigError
        If the pattern of their names is none, or an exclusion names nothing.
    DataError
        If a data set lacks an episode or the camera, or is of another version; or if the merged one has more
        or fewer episodes than the sources.
    """
    sources = plan.config.sources
    if sources.root is None:
        return
    found = discover(Path(sources.root), pattern=sources.pattern, camera=sources.camera)
    named = [
        {
            "variant": variant.variant,
            "source": variant.source,
            "base": variant.base,
            "labels": "",
            "packets": None,
        }
        for variant in (*found.variants, *found.without_video)
    ]
    excluded_slots(plan.config.audit.exclude, named, slots=plan.config.face_labels.slots)
    severity = sources.findings["merged_length"]
    if sources.merged is not None and plan.means("audit") and severity != "ignore":
        # Reading tables takes a library that no other check needs.
        from facebank.sources.lerobot import episode_lengths

        lengths = episode_lengths(Path(sources.merged))
        if severity == "error":
            require_same_lengths(mapping_rows(named, lengths), Path(sources.merged))


def require_writable(plan: Plan) -> None:
    """Check that the results can be written; a build finds it when it takes its lock. Nothing stays behind.

    Parameters
    ----------
    plan : Plan
        What the config means.

    Raises
    ------
    DataError
        Naming the folder and the reason.
    """
    try:
        atomic.require_writable(Path(plan.results))
    except OSError as error:
        raise unwritable(Path(plan.results), error) from error


def require_packages(plan: Plan) -> None:
    """Check that this Python can open the pack's detector; where jobs bring their own Python, it need not.

    Parameters
    ----------
    plan : Plan
        What the config means.

    Raises
    ------
    ModelError
        Naming the packages that are missing.
    """
    if plan.reads_models:
        require_detector_packages(plan.pack)


def require_device(plan: Plan) -> None:
    """Check that this machine has the config's device; where jobs run on others, it need not.

    Parameters
    ----------
    plan : Plan
        What the config means.

    Raises
    ------
    ModelError
        Naming the execution provider, the libraries or the GPU that is missing.
    """
    if plan.reads_models:
        require_provider(plan.config.device)


def _require_plain(key: str, value: str | None) -> None:
    """Insist on a path that Snakemake does not take for a pattern."""
    if value is not None and set(value) & set("{}"):
        raise ConfigError(
            f"The path of {key} cannot be used",
            file=value,
            expected="a path without braces, which are wildcards to Snakemake",
            remedy="Rename the folder, or give a symbolic link to it.",
        )


def _require_filled_folder(key: str, value: str | None) -> None:
    """Insist on a folder with at least one file in it."""
    if value is None:
        return
    if not Path(value).is_dir():
        raise DataError(
            f"There is no folder for {key}",
            file=value,
            remedy="Correct the config, or run `make demo` for the demo's inputs.",
        )
    if not has_files(Path(value)):
        raise DataError(
            f"The folder of {key} is empty",
            file=value,
            expected="at least one file",
            remedy="Put the files there, or correct the config.",
        )


def _require_set(root: Path, bank: BankSection) -> None:
    """Insist that the bank has one of its sets."""
    if bank.sets and not any((root / name).is_dir() for name in bank.sets):
        raise DataError(
            "The bank has none of its sets",
            file=root,
            expected=f"a folder called {' or '.join(bank.sets) or 'as a set'}",
            found=", ".join(sorted(path.name for path in root.iterdir())),
            remedy="Correct bank.sets or bank.root; `sets: []` says that the persons' folders stand there.",
        )


def _require_file(key: str, value: str | None) -> None:
    """Insist on a file."""
    if value is not None and not Path(value).is_file():
        raise DataError(f"There is no file for {key}", file=value, remedy="Correct the config.")
