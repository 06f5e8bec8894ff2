"""MOTChallenge, read back by pandas and configparser."""

from __future__ import annotations

from configparser import ConfigParser
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facebank.artifacts.tables import read_tsv
from facebank.exports.mot import write_mot
from facebank.exports.records import Claim
from facebank.tracks.interpolation import Status
from label_scenes import labels_of, looks, video_of, visible_boxes
from laws import examples

ADA, WRONG = Claim("ada", "confirmed"), Claim("", "mismatch", excluded=True)
COLUMNS = ["frame", "track", "left", "top", "width", "height", "considered", "class", "visibility"]


@given(scene=st.tuples(looks, looks))
@settings(max_examples=examples(30))
def test_every_real_box_comes_back_from_frames_and_pixels_that_count_from_one(
    scene: tuple[list[object], list[object]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("export")
    video = video_of(labels_of(list(scene)), ADA, WRONG)  # type: ignore[arg-type]
    write_mot(folder, [video])
    rows = pd.read_csv(folder / video.name / "gt" / "gt.txt", names=COLUMNS)
    found = {
        (row.frame - 1, row.track - 1): pytest.approx(
            (row.left - 1, row.top - 1, row.left - 1 + row.width, row.top - 1 + row.height), abs=0.021
        )
        for row in rows.itertuples()
    }
    assert visible_boxes(video) == found
    assert video.labels is not None
    for row in rows.itertuples():
        held = video.labels.status[row.frame - 1, row.track - 1] == Status.HELD
        assert (row.considered, row._8, row.visibility) == (1, 1, int(not held))


def test_tracks_are_named_and_an_excluded_one_is_not(tmp_path: Path) -> None:
    scene = labels_of([[("seen", 3, (0, 0))], [("seen", 3, (100, 0))]])
    write_mot(tmp_path, [video_of(scene, ADA, WRONG, name="set/ep01")])
    folder = tmp_path / "set%2Fep01"
    assert read_tsv(folder / "gt" / "tracks.tsv") == [
        {"track": "1", "slot": "0", "identity": "ada", "verdict": "confirmed", "excluded": "no"},
        {"track": "2", "slot": "1", "identity": "", "verdict": "mismatch", "excluded": "yes"},
    ]
    assert (folder / "gt" / "labels.txt").read_text(encoding="utf-8") == "face\n"
    assert (folder / "gt" / "gt.txt").read_text(encoding="utf-8").splitlines()[0] == (
        "1,1,1.0,1.0,40.5,50.25,1,1,1"
    )


@pytest.mark.parametrize(("fps", "rate"), [(None, None), (30.0, "30"), (29.97, "29.97")])
def test_the_sequence_is_described(fps: float | None, rate: str | None, tmp_path: Path) -> None:
    write_mot(tmp_path, [video_of(labels_of([[("seen", 3, (0, 0))]]), ADA, fps=fps)])
    parser = ConfigParser()
    parser.read(tmp_path / "ep01__v00" / "seqinfo.ini")
    sequence = parser["Sequence"]
    assert (sequence["seqLength"], sequence["imWidth"], sequence["imHeight"]) == ("3", "640", "480")
    assert sequence.get("frameRate") == rate
