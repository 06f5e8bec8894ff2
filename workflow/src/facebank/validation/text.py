"""``validation.md``: what leave-one-out found, for people."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from facebank.shown import markdown_code

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from facebank.validation.findings import ClosedSet, Findings, OpenSet
    from facebank.validation.recall import Rate

__all__ = ["validation_text"]

#: Longer lists are cut; loo.parquet has every row.
MAX_ROWS = 50
_DASH = "\N{EN DASH}"


def validation_text(
    findings: Findings, *, model_pack: str, centroid: str, leave_out: Sequence[str] = ()
) -> str:
    """Write the report of a validation in Markdown.

    Parameters
    ----------
    findings : Findings
        What was found.
    model_pack, centroid : str
        What the gallery was made with.
    leave_out : sequence of str
        Verdicts whose photos are not in its centroids.
    """
    made_of = f"all photos but {' and '.join(leave_out)}" if leave_out else "all photos"
    reliability = _reliability(findings, model_pack, f"`{centroid}` of {made_of}")
    parts = (reliability, _misses(findings), _open(findings.open_set))
    return "\n".join(chain.from_iterable(parts)) + "\n"


def _reliability(findings: Findings, model_pack: str, centroid: str) -> Iterator[str]:
    """Say how often the right person is named."""
    queries = findings.queries
    yield "# Identity-matching reliability"
    yield ""
    yield (
        f"Each of {len(queries)} photos of {queries['identity'].nunique()} identities was matched "
        f"against the gallery (model pack {markdown_code(model_pack)}, centroid {centroid}) "
        "made without it and without every copy of its picture."
    )
    yield ""
    yield from _table(
        ("Bucket (photos/celeb)", "LOO top-1", "Mean top1\N{MINUS SIGN}top2 margin"),
        (
            (_dashed(result.bucket.name), _percent(result.top1.share), _signed(result.top1_top2))
            for result in findings.buckets
        ),
    )
    yield ""
    yield (
        "That margin is the distance of the best and the second best similarity, also where the best is "
        "wrong. The signed margin, own minus best other similarity, is negative there:"
    )
    yield ""
    yield from _table(
        (
            "Bucket",
            "Identities",
            "Not testable",
            "Queries",
            "Hits",
            "LOO top-1",
            "95 % interval",
            "Mean signed margin",
        ),
        (
            (
                _dashed(result.bucket.name),
                str(result.identities),
                str(result.untested),
                str(result.top1.trials),
                str(result.top1.hits),
                _percent(result.top1.share),
                _interval(result.top1),
                _signed(result.margin),
            )
            for result in findings.buckets
        ),
    )
    yield ""
    yield from _table(
        ("", "Queries", "Top-1", "95 % interval", "Top-5", "95 % interval", "Macro top-1", "Macro top-5"),
        (
            _closed_set("every photo", findings.all_photos),
            _closed_set("without outliers and intruders", findings.trusted),
        ),
    )
    yield ""
    yield (
        "Macro figures are means over identities. The second row shows what removing the photos that "
        "the gallery accuses would give; it is kinder than the truth, since photos that match badly are "
        "what it leaves out. Intervals are Wilson's and take queries for independent, which several "
        "photos of one person are not."
    )
    if findings.untested:
        yield ""
        yield f"Not testable, since nothing remains when a picture is left out: {_names(findings.untested)}."


def _misses(findings: Findings) -> Iterator[str]:
    """List the queries that named somebody else."""
    misses = findings.misses
    yield ""
    yield f"## Misses ({len(misses)})"
    yield ""
    if len(misses) == 0:
        yield "None."
        return
    counts = misses["identity"].value_counts().sort_index().sort_values(ascending=False, kind="stable")
    per_identity = (f"{markdown_code(str(slug))} {count}" for slug, count in counts.head(MAX_ROWS).items())
    yield f"By identity: {', '.join(per_identity)}."
    yield ""
    yield from _table(
        ("Photo", "Identity", "Taken for", "Own", "Other", "Margin", "Verdict"),
        (
            (
                markdown_code(row["photo"]),
                markdown_code(row["identity"]),
                markdown_code(row["best_other"]),
                _signed(row["own_similarity"]),
                _signed(row["best_other_similarity"]),
                _signed(row["margin"]),
                row["verdict"],
            )
            for row in misses.head(MAX_ROWS).to_dict("records")
        ),
    )
    if len(misses) > MAX_ROWS:
        yield ""
        yield f"{len(misses) - MAX_ROWS} more stand in `loo.parquet`."


def _open(open_set: OpenSet) -> Iterator[str]:
    """Say how well a threshold tells strangers."""
    yield ""
    yield "## Is it anybody of the gallery?"
    yield ""
    curve, threshold = open_set.curve, open_set.threshold
    if curve is None or threshold is None:
        yield (
            "There are no pairs to derive a threshold from: the gallery has one identity, or none that "
            "can be tested."
        )
        return
    yield (
        f"From {curve.genuine_count} genuine pairs (a photo and its own centroid) and "
        f"{curve.impostor_count} impostor pairs (a photo and another centroid), without outliers and "
        "intruders:"
    )
    yield ""
    yield from _table(
        ("False accept rate", "Threshold", "True accept rate"),
        (
            (f"{point.target:g}", f"{point.threshold:.4f}", _percent(point.tar))
            if point.threshold is not None
            else (f"{point.target:g}", _DASH, "too few pairs")
            for point in open_set.points
        ),
    )
    yield ""
    yield f"Suggested threshold: **{threshold.value:.4f}** ({threshold.because})."
    yield (
        f"With it {_percent(open_set.identified)} of the queries are named rightly and accepted, and "
        f"{_percent(open_set.unknown_accepted)} would be taken for somebody else if their own identity "
        "were not in the gallery."
    )
    yield ""
    yield (
        "People who are not in the gallery, by leaving out one identity after the other; the one most "
        "easily mistaken first:"
    )
    yield ""
    yield from _table(
        ("Rank", "Identity", "Photos", "Nearest", "Highest", "Mean", "Accepted"),
        (
            (
                str(row["rank"]),
                markdown_code(row["identity"]),
                str(row["photos"]),
                markdown_code(row["nearest"]),
                _signed(row["max_similarity"]),
                _signed(row["mean_similarity"]),
                _percent(row["accepted"]),
            )
            for row in open_set.unknown.head(MAX_ROWS).to_dict("records")
        ),
    )


def _closed_set(name: str, found: ClosedSet) -> Sequence[str]:
    """Give one row of the table of recalls."""
    return (
        name,
        str(found.top1.trials),
        _percent(found.top1.share),
        _interval(found.top1),
        _percent(found.top5.share),
        _interval(found.top5),
        _percent(found.macro_top1),
        _percent(found.macro_top5),
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Write a Markdown table."""
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def _percent(share: float | None) -> str:
    """Write a share as percent with one decimal; 100 only for all, and 0 only for none."""
    if share is None:
        return _DASH
    if share in {0, 1}:
        return f"{share * 100:.0f} %"
    return f"{min(max(share * 100, 0.1), 99.9):.1f} %"


def _interval(found: Rate) -> str:
    """Write an interval in percent."""
    return (
        _DASH
        if found.interval is None
        else f"{found.interval[0] * 100:.1f}{_DASH}{found.interval[1] * 100:.1f} %"
    )


def _signed(value: float | None) -> str:
    """Write a similarity or a distance of two with its sign."""
    return _DASH if value is None else f"{value:+.2f}"


def _dashed(bucket: str) -> str:
    """Write a range with a dash of its own."""
    return bucket.replace("-", _DASH)


def _names(slugs: Sequence[str]) -> str:
    """List names."""
    shown = ", ".join(markdown_code(slug) for slug in slugs[:MAX_ROWS])
    return shown if len(slugs) <= MAX_ROWS else f"{shown} and {len(slugs) - MAX_ROWS} more"
