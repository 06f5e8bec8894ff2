"""The demo's sources: what the videos show is what the truth says, and the inventory has nothing to find."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from facebank.artifacts.digests import sha256_file
from facebank.demo.portraits import PORTRAITS, picture
from facebank.demo.sources import _hands, make_sources
from facebank.faces.boxes import iou_matrix
from facebank.faces.detector import open_detector
from facebank.faces.embedder import open_embedder, unit
from facebank.media.videos import probe, read_frames
from facebank.runtime.packs import load_pack
from facebank.sources.discovery import discover
from facebank.sources.inspection import inspect_variant

PACKS = Path(__file__).parents[3] / "resources" / "models"
PEOPLE = PORTRAITS[:3]

Made = tuple[Path, dict[str, Any]]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Make the reduced sources: one of two variants, three persons."""
    folder = tmp_path_factory.mktemp("demo") / "sources"
    return folder, make_sources(folder, sources=1, variants=2, people=PEOPLE)


@pytest.fixture(scope="module")
def broad(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Make two sources of one variant: the second is described in the broad form."""
    folder = tmp_path_factory.mktemp("demo") / "sources"
    return folder, make_sources(folder, sources=2, variants=1, people=PORTRAITS)


@pytest.mark.parametrize(("sources", "variants", "people"), [(0, 1, 3), (1, 0, 3), (1, 1, 2)])
def test_nothing_can_be_made_of_too_little(tmp_path: Path, sources: int, variants: int, people: int) -> None:
    with pytest.raises(ValueError, match="cannot be made"):
        make_sources(tmp_path / "sources", sources=sources, variants=variants, people=PORTRAITS[:people])
    assert not (tmp_path / "sources").exists()


def test_the_same_bytes_every_time(made: Made, tmp_path: Path) -> None:
    folder, truth = made
    assert make_sources(tmp_path, sources=1, variants=2, people=PEOPLE) == truth
    files, again = (
        {path.relative_to(root).as_posix(): sha256_file(path) for path in root.rglob("*") if path.is_file()}
        for root in (folder, tmp_path)
    )
    assert files == again
    assert len(files) == 2 * 5


def test_the_truth_is_plain_values(made: Made) -> None:
    assert json.loads(json.dumps(made[1])) == made[1]


@pytest.mark.parametrize("fixture", ["made", "broad"])
def test_the_inventory_reads_the_claims_without_a_finding(
    fixture: str, request: pytest.FixtureRequest
) -> None:
    folder, truth = request.getfixturevalue(fixture)
    found = discover(folder)
    assert (found.rejected, found.ignored) == ((), ())
    assert {variant.variant: variant.source for variant in found.variants} == {
        name: facts["source"] for name, facts in truth["variants"].items()
    }
    for variant in found.variants:
        facts = truth["variants"][variant.variant]
        inspected = inspect_variant(folder, variant, letters=truth["letters"])
        assert inspected.claims == tuple(slot["claimed"] for slot in facts["slots"])
        assert inspected.findings == ()
        assert variant.video == facts["video"]


def test_both_forms_of_augmentation_appear(broad: Made) -> None:
    folder, truth = broad
    forms = {
        name.rpartition("__")[2][:2]: json.loads((folder / name / "augmentation.json").read_bytes())
        for name in truth["variants"]
    }
    assert forms["t3"]["new_layout_camera_lmr"]
    assert forms["t3"]["orig_layout_filename"] == forms["t3"]["orig_layout_camera_lmr"][::-1]
    assert forms["t3"]["orig_layout_filename"] in forms["t3"]["src_episode"]
    assert "new_layout_camera_lmr" not in forms["va"]
    assert len(forms["va"]["pid_to_celeb"]) == 3
    photos = [path for form in forms.values() for path in form["workspace_photos"].values()]
    assert not any(Path(path).is_absolute() for path in photos)


@pytest.mark.parametrize("fixture", ["made", "broad"])
def test_one_right_slot_shows_another_person_than_it_claims(
    fixture: str, request: pytest.FixtureRequest
) -> None:
    _, truth = request.getfixturevalue(fixture)
    wrong = [
        {"variant": name, "slot": index, "claimed": slot["claimed"], "shown": slot["shown"]}
        for name, facts in truth["variants"].items()
        for index, slot in enumerate(facts["slots"])
        if slot["claimed"] != slot["shown"]
    ]
    assert wrong == [truth["wrong_slot"]]
    assert truth["wrong_slot"]["slot"] == 2
    of_first_source = [name for name in truth["variants"] if "_ep01_" in name]
    assert truth["wrong_slot"]["variant"] == max(of_first_source)


def test_videos_have_the_declared_form_and_do_not_end_on_the_stride(broad: Made) -> None:
    folder, truth = broad
    for facts in truth["variants"].values():
        video = probe(folder / facts["video"])
        assert (video.width, video.height) == (truth["width"], truth["height"]) == (640, 480)
        assert (video.codec, video.frame_rate) == ("h264", truth["fps"])
        assert video.packets == video.frames_declared == facts["frames"]
        assert 131 <= facts["frames"] <= 167
        assert facts["frames"] % 5
        assert (facts["frames"] - 1) % 5


def test_each_slot_is_hidden_once_and_alone(made: Made) -> None:
    for facts in made[1]["variants"].values():
        occlusion = np.array([slot["occlusion"] for slot in facts["slots"]])
        visible = np.array([slot["visible"] for slot in facts["slots"]])
        assert occlusion.shape == visible.shape == (3, facts["frames"])
        assert np.array_equal(visible, occlusion <= 0.5)
        assert occlusion[:, [0, -1]].max() == 0
        assert (occlusion.max(axis=1) > 0.99).all()
        assert ((occlusion > 0).sum(axis=0) <= 1).all()
        for hidden in ~visible:
            assert np.ptp(np.flatnonzero(hidden)) + 1 == hidden.sum() >= 5


@pytest.mark.parametrize("pack_name", ["lite", "tiny"])
def test_models_see_the_faces_where_and_whose_the_truth_says(made: Made, pack_name: str) -> None:
    folder, truth = made
    pack = load_pack(PACKS / pack_name)
    detector, embedder = open_detector(pack), open_embedder(pack)

    def faces(image: np.ndarray, boxes: list[Any]) -> tuple[list[float], np.ndarray]:
        (found,) = detector.detect([image], det_size=640, score_threshold=0.5)
        overlap = iou_matrix(np.array(boxes, np.float32), found.boxes)
        best = overlap.argmax(axis=1)
        return overlap.max(axis=1).tolist(), unit(embedder.embed_faces(image, found.landmarks[best]))

    gallery = np.concatenate([faces(picture(person.picture), [person.box])[1] for person in PEOPLE])
    for facts in truth["variants"].values():
        for frame in read_frames(folder / facts["video"], [0, facts["frames"] - 1]):
            overlaps, embeddings = faces(frame.pixels, [slot["box"] for slot in facts["slots"]])
            assert min(overlaps) > 0.75
            shown = [PEOPLE[index].identity for index in (embeddings @ gallery.T).argmax(axis=1)]
            assert shown == [slot["shown"] for slot in facts["slots"]]


def test_people_are_shown_about_equally_often() -> None:
    shown = Counter(person.identity for hand in _hands(PORTRAITS, 12) for person in hand)
    assert shown == {person.identity: 4 for person in PORTRAITS}
    assert all(len(set(hand)) == 3 for hand in _hands(PEOPLE, 20))
