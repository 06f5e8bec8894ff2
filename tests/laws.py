"""Against how many examples a law is held: all of them in `make test-laws`, some of them in `make test`."""

from __future__ import annotations

from hypothesis import settings

__all__ = ["THOROUGH", "examples", "register_profiles"]

#: The profile of `make test-laws`.
THOROUGH = "thorough"
#: Of so many examples `make test` tries so many.
_OF, _TRIED = 5, 2


def register_profiles() -> None:
    """Put no clock to examples: how long one takes is the matter of the machine, and of benchmarks."""
    settings.register_profile(THOROUGH, deadline=None, max_examples=100)
    settings.register_profile("quick", deadline=None, max_examples=100 * _TRIED // _OF)
    settings.load_profile("quick")


def examples(count: int) -> int:
    """Give how many examples are tried of a law that has a number of its own."""
    return count if settings.get_current_profile_name() == THOROUGH else count * _TRIED // _OF
