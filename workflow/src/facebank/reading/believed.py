"""Files of a release or version folder that may come from elsewhere: what they hold need not fit together."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pyarrow as pa

from facebank.errors import DataError, FacebankError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["not_believed"]

#: What code raises that takes the form of a document or table for granted.
_MISFITS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, pa.ArrowException)


@contextmanager
def not_believed(folder: Path) -> Iterator[None]:
    """Say of a folder that its files do not fit together, where the block fails over them.

    Parameters
    ----------
    folder : Path
        The release or version folder whose files the block reads.

    Raises
    ------
    DataError
        Naming the folder and what was found. Errors of ours pass as they are.
    """
    try:
        yield
    except FacebankError:
        raise
    except (OSError, *_MISFITS) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # the system's, not that of a library that reads Parquet
        raise DataError(
            "The files do not fit together",
            file=folder,
            found=f"{type(error).__name__}: {error}",
            remedy="Check a release with `facebank verify`, and copy it again from where it came.",
        ) from error
