"""How far long work is, for whoever listens. The work does not depend on it, and knows no terminal."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Listener", "follow", "listening"]

T = TypeVar("T")


class Listener(Protocol):
    """Shows how far work is."""

    def __call__(self, items: Iterable[T], what: str, total: int | None) -> Iterator[T]:
        """Give the items one by one as they are asked for, and show how many there were."""


_LISTENER: ContextVar[Listener | None] = ContextVar("listener", default=None)


def follow(items: Iterable[T], what: str, total: int | None = None) -> Iterable[T]:
    """Let whoever listens see how many of some items are done.

    Parameters
    ----------
    items : iterable
        The work, in the order in which it is done.
    what : str
        What is done to what: ``Embedding photos``.
    total : int, optional
        How many items there are, where that is known.

    Returns
    -------
    iterable
        The same items; nothing more where nobody listens.
    """
    listener = _LISTENER.get()
    return items if listener is None else listener(items, what, total)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Let a listener see the work in the block."""
    token = _LISTENER.set(listener)
    try:
        yield
    finally:
        _LISTENER.reset(token)
