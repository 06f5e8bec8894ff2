"""``facebank document-config``: keep the generated files in step with the code."""

from __future__ import annotations

from facebank.artifacts.atomic import write_text
from facebank.config.document import config_files
from facebank.config.reference import reference_files
from facebank.errors import CheckError
from facebank.project import PROJECT

__all__ = ["document_config"]


def document_config(*, check: bool = False) -> None:
    """Write the example config, its schema and the reference pages of the documentation from the code.

    Parameters
    ----------
    check
        Write nothing, and fail if a file differs from what would be written.

    Raises
    ------
    CheckError
        With `check`, if a file has drifted from the code.
    """
    # The command line lists this command among its own: it is asked when it runs.
    from facebank.cli import app

    references = reference_files(PROJECT / "docs" / "reference", app())
    for path, text in {**config_files(PROJECT / "config"), **references}.items():
        current = path.read_text(encoding="utf-8") if path.is_file() else None
        if current == text:
            continue
        if check:
            raise CheckError(
                "A generated file has drifted from the code",
                file=path.name,
                remedy="Run `facebank document-config`.",
            )
        write_text(path, text)
        print(f"wrote {path.relative_to(PROJECT)}")  # noqa: T201 (the command's answer)
