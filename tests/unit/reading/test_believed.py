"""Files that do not fit together."""

from pathlib import Path

import pyarrow as pa
import pytest

from facebank.errors import ConfigError, DataError
from facebank.reading.believed import not_believed


def test_what_fits_passes() -> None:
    with not_believed(Path("r")):
        pass


@pytest.mark.parametrize(
    "error",
    [
        KeyError("a"),
        IndexError("a"),
        TypeError("a"),
        ValueError("a"),
        AttributeError("a"),
        OverflowError("a"),
        pa.ArrowInvalid("a"),
        OSError("Couldn't deserialize thrift"),
    ],
)
def test_a_misfit_names_the_folder(error: Exception) -> None:
    with (
        pytest.raises(DataError, match=rf"do not fit together: r; found {type(error).__name__}: .*verify"),
        not_believed(Path("r")),
    ):
        raise error


@pytest.mark.parametrize(
    "error", [ConfigError("ours"), FileNotFoundError(2, "the system's"), KeyboardInterrupt()]
)
def test_other_errors_pass_as_they_are(error: BaseException) -> None:
    with pytest.raises(type(error)) as caught, not_believed(Path("r")):
        raise error
    assert caught.value is error
