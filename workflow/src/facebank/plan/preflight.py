"""What can be known before the first job: the same check for `facebank check` and for Snakemake."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from facebank.errors import DataError
from facebank.plan.contents import files_below
from facebank.plan.plan import setting
from facebank.runtime.packs import require_licences, verify_pack
from facebank.runtime.sessions import require_provider

if TYPE_CHECKING:
    from facebank.plan.plan import Plan

__all__ = ["preflight"]


def preflight(plan: Plan) -> None:
    """Check inputs, model pack, licences and device. Nothing is written.

    Parameters
    ----------
    plan : Plan
        What the config means.

    Raises
    ------
    DataError
        If a configured folder or file is missing or empty.
    ModelError
        If the pack, a licence or the execution provider is missing, or a model file has other bytes.
    """
    for key in ("bank.root", "sources.root"):
        _require_filled_folder(key, setting(plan.config, key))
    for key in ("gold.labels", "gold.predictions", "gold.agreement"):
        _require_file(key, setting(plan.config, key))
    if not any(plan.means(name) for name in ("inventory/photos", "inventory/sources", "gold/labels")):
        raise DataError(
            "There is nothing to build",
            expected="bank.root, sources.root or gold.labels",
            found="none of them in the config",
        )
    if plan.means("embeddings") or plan.means("detections"):
        verify_pack(plan.pack)
        require_licences(plan.pack, plan.config.models.accept_licences)
        require_provider(plan.config.device)


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
    if not files_below(Path(value)):
        raise DataError(f"The folder of {key} is empty", file=value, expected="at least one file")


def _require_file(key: str, value: str | None) -> None:
    """Insist on a file."""
    if value is not None and not Path(value).is_file():
        raise DataError(f"There is no file for {key}", file=value, remedy="Correct the config.")
