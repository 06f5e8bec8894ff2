from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np
import pytest

from facebank.validation.open_set import Roc
from facebank.validation.plots import MAX_IDENTITIES, plot_errors, plot_heat_map, plot_roc
from gallery_banks import people


def texts(svg: bytes) -> list[str | None]:
    return [node.text for node in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]  # noqa: S314


@pytest.mark.parametrize("count", [1, 5, 90])
def test_a_heat_map_shows_no_more_than_can_be_read(count: int) -> None:
    slugs = [f"person {place:02d}" for place in range(count)]
    units = people([1] * count, alike=1, strangers=0.3)
    named = {text for text in texts(plot_heat_map(units, slugs)) if text and text.startswith("person")}
    assert len(named) == min(count, MAX_IDENTITIES)
    if count > MAX_IDENTITIES:
        cosines = units @ units.T - 2 * np.eye(count)
        nearest = np.unravel_index(cosines.argmax(), cosines.shape)
        assert {slugs[place] for place in nearest} <= named


def test_names_are_text_as_they_are() -> None:
    assert "zoë & co" in texts(plot_heat_map(np.eye(2, dtype=np.float32), ["anya", "zoë & co"]))


def curve(far: list[float], tar: list[float]) -> Roc:
    return Roc(np.linspace(1, -1, len(far)), np.array(far), np.array(tar), 20, 100)


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (None, "no pairs"),
        (curve([0, 0, 0.5, 1], [0, 1, 1, 1]), "no impostor is as similar as any genuine one"),
        (curve([0, 0.2, 0.5, 1], [0, 0.6, 0.9, 1]), "20 genuine and 100 impostor pairs"),
    ],
)
def test_a_curve_says_what_it_is_made_of(found: Roc | None, told: str) -> None:
    assert any(told in (text or "") for text in texts(plot_roc(found)))
    assert plot_errors(found, 0.5) == plot_errors(found, 0.5)


def test_the_legend_of_the_errors_names_the_threshold_where_there_is_one() -> None:
    found = curve([0, 0.2, 1], [0, 1, 1])
    assert "suggested threshold" in texts(plot_errors(found, 0.5))
    assert "suggested threshold" not in texts(plot_errors(found, None))
