from __future__ import annotations

import pytest

from facebank.errors import ConfigError
from facebank.sources.findings import (
    MEANINGS,
    SEVERITIES,
    Finding,
    Severity,
    split_findings,
    with_defaults,
)

ODD, EVEN = ("NO_CLAIM", "odd"), ("FRAME_COUNT", "even")


@pytest.mark.parametrize(
    ("findings", "given", "expected"),
    [
        ([], {}, ([], [])),
        ([ODD], {}, ([], [ODD])),
        ([ODD], {"no_claim": "ignore"}, ([], [])),
        ([ODD, EVEN, ODD], {"no_claim": "error"}, ([ODD, ODD], [EVEN])),
    ],
)
def test_findings_are_parted_by_severity(
    findings: list[Finding],
    given: dict[str, Severity],
    expected: tuple[list[Finding], list[Finding]],
) -> None:
    assert split_findings(findings, with_defaults(given)) == expected


def test_a_name_of_no_finding_is_an_error() -> None:
    with pytest.raises(ConfigError, match="no finding 'frame_counts'; expected one of container_count"):
        with_defaults({"frame_counts": "error"})


def test_every_finding_has_a_meaning_and_a_default() -> None:
    assert set(MEANINGS) == set(SEVERITIES)
    assert all(MEANINGS.values())
    assert list(MEANINGS) == sorted(MEANINGS)
