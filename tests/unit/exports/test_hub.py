"""Tables for the Hub, read back by pandas."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from facebank.errors import DataError
from facebank.exports.hub import VIEWS, write_hub
from facebank.exports.reading import people_of_release, read_export_data
from unit.report.builds import N_FRAMES, SOURCE, VARIANTS_OF_SOURCE, statuses


@pytest.fixture(scope="module")
def exported(release: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hub")
    write_hub(folder, read_export_data(release))
    return folder


def view(folder: Path, name: str) -> pd.DataFrame:
    """Read a view where the card says that it stands."""
    header = yaml.safe_load((folder / "README.md").read_text(encoding="utf-8").split("---\n")[1])
    (path,) = [it["data_files"] for it in header["configs"] if it["config_name"] == name]
    return pd.read_parquet(folder / path)


def test_the_card_keeps_the_releases_header_and_names_every_table(exported: Path, release: Path) -> None:
    text = (exported / "README.md").read_text(encoding="utf-8")
    header = yaml.safe_load(text.split("---\n")[1])
    ours = yaml.safe_load((release / "README.md").read_text(encoding="utf-8").split("---\n")[1])
    assert {**header, "configs": None} == {**ours, "configs": None}
    assert {it["config_name"] for it in header["configs"]} == set(VIEWS)
    listed = {it["data_files"] for it in header["configs"]}
    assert listed == {path.relative_to(exported).as_posix() for path in exported.rglob("*.parquet")}
    assert release.name in text


def test_labels_have_a_box_where_the_status_has_one(exported: Path) -> None:
    labels = view(exported, "face_labels")
    for slot in (0, 1):
        of_slot = labels[labels.slot == slot].sort_values("frame")
        assert of_slot.status.tolist() == statuses(slot)
        assert of_slot.box.isna().tolist() == [status == "hidden" for status in statuses(slot)]
    box = labels[(labels.slot == 1) & (labels.frame == 0)].box.item()
    np.testing.assert_array_equal(box, [50, 10, 70, 35])


def test_an_excluded_slot_has_no_name(exported: Path) -> None:
    claims = view(exported, "claims").set_index(["variant", "slot"])
    wrong = claims.loc[(VARIANTS_OF_SOURCE[1], 1)]
    assert pd.isna(wrong.identity)
    assert (wrong.verdict, wrong.excluded, wrong.target) == ("mismatch", True, False)
    right = claims.loc[(VARIANTS_OF_SOURCE[0], 1)]
    assert (right.identity, right.verdict, right.excluded, right.target) == ("bob", "confirmed", False, True)
    assert set(claims.labelled_frames) == {N_FRAMES}
    assert set(claims.labels) == {SOURCE}


def test_people_and_photos_are_those_of_the_release(exported: Path, release: Path) -> None:
    people = view(exported, "identities").set_index("identity")
    for person in people_of_release(release):
        np.testing.assert_allclose(people.centroid[person.identity], person.centroid, rtol=1e-6)
    photos = pd.read_parquet(release / "tables" / "gallery" / "photos.parquet")
    pd.testing.assert_frame_equal(view(exported, "photos"), photos)


def test_a_title_may_end_in_dashes(release: Path, tmp_path: Path) -> None:
    text = (release / "README.md").read_text(encoding="utf-8")
    title = yaml.safe_load(text.split("---\n")[1])["pretty_name"]
    (tmp_path / "README.md").write_text(text.replace(title, f"{title} ---"), encoding="utf-8")
    write_hub(tmp_path / "out", dataclasses.replace(read_export_data(release), folder=tmp_path))
    header = yaml.safe_load((tmp_path / "out" / "README.md").read_text(encoding="utf-8").split("\n---\n")[0])
    assert header["pretty_name"] == f"{title} ---"
    assert len(header["tags"]) > 1
    # Here is nothing but a card: the rest of the release is not needed for any view but the claims.
    assert [it["config_name"] for it in header["configs"]] == ["claims"]


def test_a_version_folder_is_refused(release: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="whole release"):
        write_hub(tmp_path / "out", dataclasses.replace(read_export_data(release), release=""))


def test_a_release_without_a_card_is_refused(release: Path, tmp_path: Path) -> None:
    data = dataclasses.replace(read_export_data(release), folder=tmp_path)
    with pytest.raises(DataError, match=r"README\.md"):
        write_hub(tmp_path / "out", data)
