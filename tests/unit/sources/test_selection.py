"""Which variants of a source are used, which are refused, and which one stands for the others."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from facebank.media.videos import VideoFacts
from facebank.sources.discovery import Variant
from facebank.sources.findings import with_defaults
from facebank.sources.inspection import InspectedVariant, VideoRejected
from facebank.sources.selection import frames_of, representative, usable_variants
from facebank.sources.serving import VideoFrames

if TYPE_CHECKING:
    from collections.abc import Sequence

    from facebank.sources.findings import Finding, Severity

SMALL, HIGH, WIDE = (64, 48), (64, 60), (80, 48)


def item(
    number: int,
    *,
    size: tuple[int, int] = SMALL,
    rotation: int = 0,
    packets: int = 7,
    findings: tuple[Finding, ...] = (),
) -> InspectedVariant:
    """Give a variant whose header does not know how many frames there are."""
    name = f"a__var{number:02}"
    facts = VideoFacts("h264", *size, rotation, number, packets, False, Fraction(30), Fraction(1, 30))
    variant = Variant(name, "a", base=False, video=f"{name}.mp4", folder="")
    return InspectedVariant(variant, f"sha256 of {name}", facts, (), findings)


def used(
    items: Sequence[InspectedVariant | VideoRejected], **severities: Severity
) -> tuple[list[InspectedVariant], list[dict[str, str]]]:
    """Give what is used of these, and the rows of the others."""
    rejected: list[dict[str, str]] = []
    return usable_variants(items, rejected, severities=with_defaults(severities)), rejected


def codes(usable: Sequence[InspectedVariant]) -> dict[int, list[str]]:
    """Give the findings of each by its number, in order."""
    return {int(it.variant.variant[-2:]): [code for code, _ in it.findings] for it in usable}


def test_what_has_to_be_the_same_is_what_is_decoded() -> None:
    assert frames_of(item(3, size=WIDE, rotation=180)) == VideoFrames(80, 48, 180, 7)


@pytest.mark.parametrize("other", [{"size": HIGH}, {"size": WIDE}, {"rotation": 180}, {"packets": 9}])
def test_the_first_of_those_that_are_most_stands_for_all(other: dict[str, Any]) -> None:
    items = [item(0), item(1, **other), item(2), item(3, **other), item(4, **other)]
    assert representative([]) is None
    assert [representative(items[:count]) for count in (1, 2, 3, 4, 5)] == [*[items[0]] * 4, items[1]]
    # One that does not stand for the others comes where it was.
    assert list(codes(used(items)[0])) == [1, 0, 2, 3, 4]


@pytest.mark.parametrize(
    ("other", "code", "detail"),
    [
        ({"size": HIGH}, "SIZE_DIFFERS", "64x60, the representative 64x48"),
        ({"size": WIDE}, "SIZE_DIFFERS", "80x48, the representative 64x48"),
        ({"rotation": 180}, "ROTATION_DIFFERS", "by 180 degrees, the representative by 0"),
        ({"packets": 6}, "LENGTH_DIFFERS", "6 frames, the representative 7"),
        ({"packets": 8}, "LENGTH_DIFFERS", "8 frames, the representative 7"),
    ],
)
def test_one_of_other_frames_is_named_or_refused(other: dict[str, Any], code: str, detail: str) -> None:
    items = [item(0, **other), item(1), item(2)]
    usable, rejected = used(items)
    assert codes(usable) == {1: [], 0: [code], 2: []}
    assert usable[1].findings == ((code, detail),)
    assert rejected == []
    usable, rejected = used(items, **{code.lower(): "error"})
    assert codes(usable) == {1: [], 2: []}
    assert rejected == [
        {
            "file": "a__var00",
            "reason": code,
            "sha256": "sha256 of a__var00",
            "detail": detail,
            "remedy": f"Mend it, or set sources.findings.{code.lower()} to warn.",
        }
    ]


def test_all_that_differs_is_named() -> None:
    usable, _ = used([item(0), item(1), item(2, size=HIGH, rotation=90, packets=6)])
    assert codes(usable) == {0: [], 1: [], 2: ["SIZE_DIFFERS", "ROTATION_DIFFERS", "LENGTH_DIFFERS"]}


def test_whom_the_refused_outnumber_is_not_held_against_them() -> None:
    odd = (("NO_CLAIM", "odd"),)
    items = [item(0, findings=odd, packets=9), item(1, findings=odd, packets=9), item(2)]
    usable, rejected = used(items, no_claim="error", length_differs="error")
    assert codes(usable) == {2: []}
    assert [row["file"] for row in rejected] == ["a__var00", "a__var01"]


def test_where_all_are_refused_each_is_for_its_own_reason() -> None:
    findings = (("FRAME_COUNT", "even"), ("NO_CLAIM", "odd"))
    items = [item(0, findings=findings), item(1, findings=findings[1:], packets=9)]
    usable, rejected = used(items, no_claim="error", frame_count="error", length_differs="error")
    assert usable == []
    assert [(row["reason"], row["detail"]) for row in rejected] == [
        ("FRAME_COUNT", "even; odd"),
        ("NO_CLAIM", "odd"),
    ]


def test_what_is_to_be_ignored_is_not_listed() -> None:
    findings = (("FRAME_COUNT", "even"), ("NO_CLAIM", "odd"))
    usable, rejected = used([item(0, findings=findings)], no_claim="ignore", frame_count="warn")
    assert (codes(usable), rejected) == ({0: ["FRAME_COUNT"]}, [])


def test_whose_video_cannot_be_used_counts_for_nothing() -> None:
    broken = VideoRejected("a__var00.mp4", "EMPTY", "", "the file has no bytes")
    usable, rejected = used([broken, item(1, packets=9), item(2)])
    assert codes(usable) == {1: [], 2: ["LENGTH_DIFFERS"]}
    assert rejected == [broken.row]
    assert used([broken]) == ([], [broken.row])
    assert used([]) == ([], [])
