"""Pictures of a validation, as SVG whose bytes depend on nothing but the numbers."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from facebank.gallery.confusions import find_confusions
from facebank.gallery.leave_one_out import BIN_EDGES

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from facebank.validation.open_set import Roc

__all__ = ["plot_errors", "plot_heat_map", "plot_margins", "plot_roc", "plot_similarities"]

#: Text stays text, and the ids in the file are derived from its content.
_STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "facebank",
    "font.family": "DejaVu Sans",
    "font.size": 9,
}
_GENUINE, _IMPOSTOR = "#1b7837", "#b2182b"
#: More identities do not fit into a heat map that can be read.
MAX_IDENTITIES = 40
#: The steps of the counted similarities that make one bar.
_BAR = 100


def plot_margins(queries: pd.DataFrame) -> bytes:
    """Draw each query's margin (own minus best other similarity) against the photos of its identity."""
    figure, axes = _axes("Photos of the identity", "Own minus best other similarity")
    tested = queries[queries["tested"] & queries["margin"].notna()]
    for right, colour, label in ((True, _GENUINE, "right"), (False, _IMPOSTOR, "wrong")):
        part = tested[tested["correct"] == right]
        axes.scatter(
            part["n_photos"], part["margin"], s=12, color=colour, alpha=0.6, label=label, linewidths=0
        )
    axes.axhline(0, color="black", linewidth=0.8)
    figure.legend(title="Top-1", frameon=False, loc="outside right upper")
    return _svg(figure)


def plot_similarities(
    genuine: NDArray[np.floating], impostor_counts: NDArray[np.int64], threshold: float | None
) -> bytes:
    """Draw the genuine and impostor similarities as histograms of equal area."""
    figure, axes = _axes("Cosine to the centroid", "Density")
    edges = BIN_EDGES[::_BAR]
    width = edges[1] - edges[0]
    for counts, colour, label in (
        (
            np.histogram(genuine[np.isfinite(genuine)], edges)[0],
            _GENUINE,
            "own identity, the picture left out",
        ),
        (impostor_counts.reshape(-1, _BAR).sum(axis=1), _IMPOSTOR, "other identities"),
    ):
        if counts.any():
            axes.stairs(
                counts / (counts.sum() * width), edges, fill=True, alpha=0.5, color=colour, label=label
            )
    if threshold is not None:
        axes.axvline(threshold, color="black", linewidth=0.8, linestyle="--", label="suggested threshold")
    used = np.flatnonzero(impostor_counts)
    low = min([*genuine[np.isfinite(genuine)], *(BIN_EDGES[used[:1]])], default=-1.0)
    axes.set_xlim(max(-1.0, float(low) - 0.05), 1.0)
    if axes.get_legend_handles_labels()[0]:
        figure.legend(frameon=False, loc="outside upper center", ncols=2)
    return _svg(figure)


def plot_roc(curve: Roc | None) -> bytes:
    """Draw the true accept rate against the false accept rate, down to one pair."""
    figure, axes = _axes("False accept rate", "True accept rate")
    if curve is None:
        axes.text(0.5, 0.5, "no pairs", ha="center", transform=axes.transAxes)
        return _svg(figure)
    least = 1 / curve.impostor_count
    # Points that differ from their neighbours are enough: the curve is made of steps.
    corner = np.flatnonzero(np.diff(curve.far, prepend=-1) + np.diff(curve.tar, prepend=-1))
    far, tar = np.maximum(curve.far[corner], least), curve.tar[corner]
    # What was accepted before the first false accept is the curve's height at its left end.
    lowest = float(curve.tar[curve.far <= least].max(initial=0.0))
    bottom = max(0.0, lowest - max(0.05, 1.0 - lowest))
    axes.fill_between(far, tar, bottom, step="post", color=_GENUINE, alpha=0.15, linewidth=0)
    axes.step(far, tar, where="post", color=_GENUINE, linewidth=2)
    axes.set_xscale("log")
    axes.set_xlim(least, 1)
    axes.set_ylim(bottom, 1)
    axes.grid(visible=True, color="#d5dae1", linewidth=0.6)
    told = f"{curve.genuine_count} genuine and {curve.impostor_count} impostor pairs"
    if lowest == 1:
        told += "; no impostor is as similar as any genuine one"
    axes.set_title(told, fontsize=9, pad=10)
    return _svg(figure)


def plot_errors(curve: Roc | None, threshold: float | None) -> bytes:
    """Draw the shares of impostor pairs accepted and of genuine pairs refused, by threshold."""
    figure, axes = _axes("Threshold on the cosine", "Share of the pairs")
    if curve is None:
        axes.text(0.5, 0.5, "no pairs", ha="center", transform=axes.transAxes)
        return _svg(figure)
    axes.plot(curve.thresholds, curve.far, color=_IMPOSTOR, label="impostors accepted")
    axes.plot(curve.thresholds, 1 - curve.tar, color=_GENUINE, label="genuine refused")
    if threshold is not None:
        axes.axvline(threshold, color="black", linewidth=0.8, linestyle="--", label="suggested threshold")
    axes.set_ylim(0, 1)
    low, high = curve.thresholds[curve.far < 1], curve.thresholds[curve.tar > 0]
    axes.set_xlim(float(low.min(initial=1.0)) - 0.02, float(high.max(initial=-1.0)) + 0.02)
    axes.grid(visible=True, color="#d5dae1", linewidth=0.6)
    figure.legend(frameon=False, loc="outside upper center", ncols=2)
    return _svg(figure)


def plot_heat_map(centroids: NDArray[np.float32], slugs: Sequence[str]) -> bytes:
    """Draw the cosines between centroids (K, D); of many identities, those with the nearest others."""
    shown = np.arange(len(slugs))
    if len(slugs) > MAX_IDENTITIES:
        nearest = find_confusions(centroids, 1).similarities[:, 0]
        shown = np.sort(np.argsort(-nearest, kind="stable")[:MAX_IDENTITIES])
    side = 2.5 + 0.28 * len(shown)
    figure = Figure(figsize=(side + 0.8, side), layout="constrained")
    axes = figure.add_subplot()
    values = (centroids[shown] @ centroids[shown].T).astype(np.float64)
    np.fill_diagonal(values, np.nan)
    image = axes.imshow(
        values, cmap="viridis", vmin=min(0.0, float(np.nanmin(values, initial=0.0))), vmax=1.0
    )
    names = [slugs[place] for place in shown.tolist()]
    axes.set_xticks(range(len(names)), names, rotation=90)
    axes.set_yticks(range(len(names)), names)
    figure.colorbar(image, ax=axes, label="Cosine between centroids", shrink=0.8)
    return _svg(figure)


def _axes(x_label: str, y_label: str) -> tuple[Figure, Axes]:
    """Open a figure with one pair of axes."""
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.add_subplot()
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _svg(figure: Figure) -> bytes:
    """Render a figure."""
    buffer = io.BytesIO()
    with mpl.rc_context(_STYLE):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return buffer.getvalue()
