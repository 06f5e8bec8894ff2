"""How many jobs are proposed."""

from __future__ import annotations

import pytest

from facebank.proposal.shards import propose_shards, usable_cores


@pytest.mark.parametrize(
    ("counts", "cores", "shards"),
    [
        ({}, 16, {}),
        ({"photos": (0, 0), "sources": (0, 0)}, 16, {"photos": 1, "sources": 1}),
        ({"photos": (1445, 1445), "sources": (151, 9362)}, 1, {"photos": 1, "sources": 1}),
        ({"photos": (1445, 1445), "sources": (151, 9362)}, 2, {"photos": 2, "sources": 2}),
        ({"photos": (1445, 1445), "sources": (151, 9362)}, 16, {"photos": 14, "sources": 16}),
        ({"sources": (7, 7)}, 16, {"sources": 1}),
        ({"sources": (8, 8)}, 16, {"sources": 2}),
        # The audit looks at each variant.
        ({"sources": (3, 60)}, 16, {"sources": 3}),
    ],
)
def test_each_core_with_enough_to_do_has_a_job(
    counts: dict[str, tuple[int, int]], cores: int, shards: dict[str, int]
) -> None:
    assert propose_shards(counts, cores) == shards


def test_this_process_has_a_core() -> None:
    assert usable_cores() >= 1
