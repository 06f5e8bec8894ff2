"""``facebank document-config``: keep the generated config files in step with the models."""

from __future__ import annotations

from facebank.artifacts.atomic import write_text
from facebank.config.document import config_files
from facebank.errors import CheckError
from facebank.plan.plan import PROJECT

__all__ = ["document_config"]


def document_config(*, check: bool = False) -> None:
    """Write config/config.yaml and config/schema.json from the config models.

    Parameters
    ----------
    check
        Write nothing, and fail if a file differs from what would be written.

    Raises
    ------
    CheckError
        With `check`, if a file has drifted from the models.
    """
    for path, text in config_files(PROJECT / "config").items():
        current = path.read_text(encoding="utf-8") if path.is_file() else None
        if current == text:
            continue
        if check:
            raise CheckError(
                "A generated file has drifted from the config models",
                file=path.name,
                remedy="Run `facebank document-config`.",
            )
        write_text(path, text)
        print(f"wrote config/{path.name}")  # noqa: T201 (the command's answer)
