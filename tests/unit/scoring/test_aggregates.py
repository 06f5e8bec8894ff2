"""Running figures equal those of the list of all values."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from facebank.gold import javascript as js
from facebank.scoring.aggregates import EvaluationTally, Tally, Worst

values = st.lists(st.one_of(st.none(), st.integers(0, 1000).map(lambda k: k / 1000)))


@given(values, st.sampled_from([1, 300]))
def test_tally_equals_the_rules_on_the_list(few: list[float | None], times: int) -> None:
    # What is counted many at a time sums up from left to right all the same.
    tally, numbers = Tally(), few * times
    for number in numbers:
        tally.add(number)
    assert tally.count == len(numbers)
    assert tally.mean == js.round3(js.mean(numbers) or 0.0)
    for share in (0.5, 0.9):
        assert tally.percentile(share) == js.round3(js.percentile(numbers, share) or 0.0)


@given(st.lists(st.integers(0, 3)))
def test_worst_rows_keep_the_order_of_the_file_on_ties(scores: list[int]) -> None:
    worst: Worst[dict[str, int]] = Worst(size=5)
    for number, rank_score in enumerate(scores):
        worst.add(rank_score, {"number": number})
    expected = sorted(range(len(scores)), key=lambda number: -scores[number])[:5]
    assert [row["number"] for row in worst.ranked()] == expected


def test_no_rows_are_zeros() -> None:
    tally = EvaluationTally()
    assert [block["source"] for block in tally.source_blocks()] == ["all"]
    assert tally.strong_blocks()[0]["scored_samples"] == 0
    assert tally.worst.ranked() == []
