from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np
import pytest

from facebank.gallery.plots import MAX_IDENTITIES, plot_heat_map
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
