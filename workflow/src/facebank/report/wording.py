"""How values are written on pages: the filters of the templates."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "change",
    "counted",
    "exact",
    "number",
    "percent",
    "share_of",
    "signed",
    "similarity",
    "tally",
    "with_interval",
]

#: Words that stay as they are when several are counted.
_UNCOUNTED = ("ok", "weak", "disputed")


def number(value: float | None) -> str:
    """Write a number with commas between thousands and at most three decimals; None is nothing."""
    if value is None:
        return ""
    text = f"{value:,.3f}"
    return _minus(text.rstrip("0").rstrip(".") if "." in text else text)


def percent(value: float | None) -> str:
    """Write a share as percent with one decimal; only a whole is written 100."""
    if value is None:
        return ""
    if value in (0, 1):
        return f"{value:.0%}".replace("%", " %")
    # A share that is no whole must not be rounded to one.
    return f"{min(max(100 * value, 0.1), 99.9):.1f} %"


def signed(value: float | None) -> str:
    """Write a difference with its sign and two decimals."""
    return "" if value is None else _minus(f"{value:+.2f}")


def similarity(value: float | None) -> str:
    """Write a cosine with three decimals."""
    return "" if value is None else _minus(f"{value:.3f}")


def exact(value: float) -> str:
    """Write a number with commas between thousands; a fraction with six significant digits."""
    return f"{value:,}" if isinstance(value, int) else f"{value:.6g}"


def change(value: float) -> str:
    """Write a difference of numbers with its sign: a whole one in full, others with four digits."""
    text = f"{value:+,}" if isinstance(value, int) else f"{value:+.4g}"
    mantissa, mark, exponent = text.partition("e")
    return _minus(mantissa) + mark + exponent


def _minus(text: str) -> str:
    """Write a number with a minus sign; what is rounded to nothing has no sign."""
    if not any(digit in text for digit in "123456789"):
        return text.lstrip("+-")
    return text.replace("-", "\N{MINUS SIGN}")


def counted(count: int | None, noun: str) -> str:
    """Write a count with its noun, in the plural but for one."""
    return f"{number(count)} {noun if count == 1 else _plural(noun)}"


def _plural(noun: str) -> str:
    """Give the plural of a regular noun."""
    if noun.endswith("y"):
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(("h", "s", "x")) else f"{noun}s"


def tally(counts: Mapping[str, int]) -> str:
    """Write how many there are of each kind; a kind that is an adjective takes no s."""
    return ", ".join(
        f"{number(count)} {kind}" if kind in _UNCOUNTED else counted(count, kind)
        for kind, count in counts.items()
    )


def share_of(count: int, total: int) -> str:
    """Write a count of a total."""
    return f"{number(count)} of {number(total)}" if total else number(count)


def with_interval(hits: int | None, total: int | None, interval: tuple[float, float] | None) -> str | None:
    """Write hits of a total, their share and its 95 % interval; None without a total."""
    if hits is None or not total or interval is None:
        return None
    low, high = (f"{100 * bound:.1f}" for bound in interval)
    return f"{number(hits)} / {number(total)} = {percent(hits / total)} ({low} to {high})"
