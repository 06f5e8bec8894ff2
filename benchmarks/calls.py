"""Listen to the calls of a method, and make the same calls again: the bare cost within a larger work."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any
from unittest import mock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = ["Call", "heard", "recorded"]


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a method: on what, and with what."""

    method: Callable[..., Any]
    owner: object
    arguments: tuple[Any, ...]
    options: Mapping[str, Any]

    def again(self, owner: object | None = None, **options: Any) -> object:
        """Make the call once more, on another owner or with other options if wished."""
        return self.method(owner or self.owner, *self.arguments, **{**self.options, **options})


@contextmanager
def heard(kind: type, method: str, hear: Callable[[Call], object]) -> Iterator[None]:
    """Tell `hear` of each call of a method, on all objects of a class, when it begins.

    Parameters
    ----------
    kind : type
        The class.
    method : str
        Name of the method.
    hear : callable
        Is given each call, by the thread that makes it.
    """
    original = getattr(kind, method)

    @wraps(original)
    def heard_method(self: object, *arguments: Any, **options: Any) -> object:
        hear(Call(original, self, arguments, options))
        return original(self, *arguments, **options)

    with mock.patch.object(kind, method, heard_method):
        yield


@contextmanager
def recorded(kind: type, method: str) -> Iterator[list[Call]]:
    """Record the calls of a method, see `heard`.

    Yields
    ------
    list of Call
        Grows with each call. It keeps the arguments, so what is large should not be recorded for long.
    """
    calls: list[Call] = []
    with heard(kind, method, calls.append):
        yield calls
