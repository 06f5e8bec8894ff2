from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from facebank.gallery.bank import Bank
from facebank.gallery.doubts import contradicting_sets, in_company
from facebank.gallery.identities import assess
from facebank.gallery.verdicts import judge
from gallery_banks import people

if TYPE_CHECKING:
    from collections.abc import Sequence

    from facebank.gallery.identities import Standing

#: Photos of people: three who are known, the one that is looked at, and a stranger.
KNOWN = (8, 6, 7)


def bank(
    shown: Sequence[str],
    *,
    seconds: Sequence[str] = (),
    sets: Sequence[str] = (),
    pictures: Sequence[int] = (),
) -> Bank:
    """A fourth identity whose photos show the person (``o``), a stranger (``x``) or one who is known (``k``).

    Its first photos have a second face each: of one of these, or of somebody new each time (``-``).
    """
    kinds = [*shown, *seconds]
    known = people([KNOWN[0] + 9, *KNOWN[1:], 9, 9, *[1] * 9], alike=0.85, strangers=0.4)
    starts = np.cumsum([0, KNOWN[0] + 9, *KNOWN[1:], 9, 9])
    stock = {"k": known[KNOWN[0] : starts[1]], "o": known[starts[3] :][:9], "x": known[starts[4] :][:9]}
    stock["-"] = known[starts[5] :]
    drawn = np.array([stock[kind][kinds[:place].count(kind)] for place, kind in enumerate(kinds)])
    others = np.concatenate([known[: KNOWN[0]], known[starts[1] : starts[3]]])
    count = len(others) + len(shown)
    return Bank(
        faces=pd.DataFrame({"set": [*["scraped"] * len(others), *(sets or ["scraped"] * len(shown))]}),
        embeddings=np.concatenate([others, drawn[: len(shown)]]),
        identities=np.repeat(np.arange(4), [*KNOWN, len(shown)]),
        slugs=("a", "b", "c", "d"),
        pictures=np.array([*range(len(others)), *(len(others) + np.array(pictures or range(len(shown))))]),
        preference=np.arange(count),
        other_embeddings=drawn[len(shown) :],
        other_photos=len(others) + np.arange(len(seconds)),
        links=(),
        unused=pd.DataFrame(),
    )


def standing(it: Bank) -> Standing:
    judgement = judge(it.embeddings, it.identities, it.pictures)
    return assess(
        judgement,
        it.embeddings,
        it.identities,
        it.pictures,
        4,
        company=in_company(it, judgement),
        contradicting=contradicting_sets(it, judgement),
    )[3]


@pytest.mark.parametrize(
    ("shown", "seconds", "accompanied", "status"),
    [
        ("xxxxx", "ooooo", 5, "broken"),
        ("xxxxx", "ooo", 3, "sound"),
        ("xxxxx", "oooo", 4, "broken"),
        ("xxxx", "ooo-", 3, "broken"),
        ("xxxxx", "-----", 0, "sound"),
        ("xxxxx", "o----", 0, "sound"),
        # Themselves, in a mirror.
        ("xxxxx", "xxooo", 3, "sound"),
        # Before and after, side by side.
        ("ooooo", "oooo", 0, "sound"),
        # Three of the person alone are outnumbered.
        ("xxxxooo", "oooo", 4, "broken"),
        ("xxxx", "kkkk", 4, "broken"),
    ],
)
def test_a_second_person_who_is_always_there_may_be_the_one_who_is_meant(
    shown: str, seconds: str, accompanied: int, status: str
) -> None:
    found = standing(bank(shown, seconds=seconds))
    assert (found.accompanied, found.status) == (accompanied, status)


def test_copies_of_one_picture_show_nobody_twice() -> None:
    it = bank("xxxxx", seconds="oo", pictures=[0, 0, 1, 2, 3])
    assert standing(it).accompanied == 0


@pytest.mark.parametrize(
    ("shown", "sets", "contradicting", "status"),
    [
        ("oooxxxxxx", "hhhssssss", ("h",), "broken"),
        ("ooxxxxxx", "hhssssss", ("h",), "broken"),
        ("oxxxxxx", "hssssss", (), "sound"),
        ("ooooooxx", "hhhhhhss", ("s",), "broken"),
        # One set holds photos of both.
        ("ooxxxxxx", "hshsssss", (), "scattered"),
        # No other person in the second set: poor photos.
        ("oooooo--", "hhhhhhss", (), "scattered"),
        # All differ from most.
        ("oo----", "hhssss", (), "broken"),
        # It is known who is there.
        ("ooooookk", "hhhhhhss", (), "scattered"),
    ],
)
def test_sets_that_show_two_persons_leave_it_open_who_is_meant(
    shown: str, sets: str, contradicting: tuple[str, ...], status: str
) -> None:
    found = standing(bank(shown, sets=sets))
    assert (found.contradicting, found.status) == (contradicting, status)


def test_where_nobody_can_be_accused_nothing_is_open() -> None:
    it = bank("xx", seconds="oo", sets="hs")
    few = np.flatnonzero(it.identities == 3)
    judgement = judge(it.embeddings[few], it.identities[few], it.pictures[few])
    assert judgement.levels is None
    assert contradicting_sets(it, judgement) == {}
    assert not in_company(it, judgement).any()
