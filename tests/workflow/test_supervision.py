"""What a training loop is given from a built release, against the release's own JSON and the demo's truth."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from demo_builds import FEWER, SHORT
from facebank.artifacts.tables import read_tsv
from facebank.supervision import PI05, SMOLVLA, Geometry, Release, SlotStatus
from running import PROJECT
from seed_consumer import PI05_EYE, SMOLVLA_EYE, Eye, consume

pytestmark = pytest.mark.workflow


@pytest.fixture(scope="module")
def folder(built: Path) -> Path:
    """Give the release of the built demo."""
    return built / "results" / "release" / "latest"


@pytest.fixture(scope="module")
def shown(inputs: Path) -> dict[str, Any]:
    """Give what each variant of the demo claims and shows."""
    truth: dict[str, Any] = json.loads((inputs / "truth.json").read_text(encoding="utf-8"))["sources"][
        "variants"
    ]
    return truth


def labels(folder: Path, source: str) -> list[dict[str, Any]]:
    """Read a source's frames as JSON."""
    text = (folder / "face_labels" / f"{source}.face_labels.json").read_text(encoding="utf-8")
    frames: list[dict[str, Any]] = json.loads(text)["frames"]
    return frames


@pytest.mark.parametrize(
    ("geometry", "eye"),
    [pytest.param(SMOLVLA, SMOLVLA_EYE, id="smolvla"), pytest.param(PI05, PI05_EYE, id="pi05")],
)
def test_every_frame_is_what_readers_of_the_json_get(
    folder: Path, shown: dict[str, Any], geometry: Geometry, eye: Eye
) -> None:
    release = Release.open(folder)
    celebs = json.loads((folder / "celeb_embeddings.json").read_text(encoding="utf-8"))["celebs"]
    excluded = {(row["variant"], int(row["slot"])) for row in read_tsv(folder / "audit" / "exclusions.tsv")}
    assert excluded
    assert set(release.variants) == set(shown)
    seen = 0
    for variant, truth in shown.items():
        people = [slot["claimed"] for slot in truth["slots"]]
        assert release.claims(variant) == tuple(people)
        frames = labels(folder, truth["source"])
        batch = release.join_batch([variant] * len(frames), np.arange(len(frames)), geometry=geometry)
        for index, frame in enumerate(frames):
            masks, valid, targets = consume(frame, people, celebs, eye)
            valid[[slot for slot in range(len(people)) if (variant, slot) in excluded]] = False
            joined = batch[index]
            np.testing.assert_array_equal(joined.valid, valid)
            np.testing.assert_array_equal(joined.masks, masks & valid[:, None])
            np.testing.assert_array_equal(joined.targets, np.where(valid[:, None], targets, 0))
            seen += int(valid.sum())
    assert seen > 100


def test_a_hidden_left_slot_is_invalid_and_the_others_keep_their_persons(
    folder: Path, shown: dict[str, Any]
) -> None:
    release = Release.open(folder)
    for variant, truth in shown.items():
        status = release.labels(truth["source"]).status
        hidden = np.flatnonzero(
            (status[:, 0] == SlotStatus.HIDDEN) & (status[:, 1:] <= SlotStatus.INTERPOLATED).all(axis=1)
        )
        assert len(hidden)
        for frame in hidden.tolist():
            joined = release.join(variant, frame, geometry=SMOLVLA)
            assert not joined.valid[0]
            for slot, person in enumerate(truth["slots"][1:], start=1):
                right = person["claimed"] == person["shown"]
                assert joined.valid[slot] == right
                expected = release.centroid(person["claimed"]) if right else 0
                np.testing.assert_array_equal(
                    joined.targets[slot], np.broadcast_to(expected, release.dimension)
                )


def test_the_target_slot_is_the_person_of_the_task(folder: Path, shown: dict[str, Any], inputs: Path) -> None:
    release = Release.open(folder)
    for variant, truth in shown.items():
        augmentation = json.loads(
            (inputs / "sources" / variant / "augmentation.json").read_text(encoding="utf-8")
        )
        named = (augmentation.get("new_target_short") or augmentation["new_target_celeb"]).replace("-", "_")
        slot = int(release.join(variant, 0).target_slot)
        assert truth["slots"][slot]["claimed"] == named


def test_episodes_are_those_of_the_mapping_and_as_long_as_they_were(
    folder: Path, shown: dict[str, Any]
) -> None:
    release = Release.open(folder)
    mapping = json.loads((folder / "audit" / "episode_mapping.json").read_text(encoding="utf-8"))["episodes"]
    assert {row["episode_index"]: row["variant_name"] for row in mapping} == {
        int(episode): release.variant(int(episode)) for episode in release.episodes
    }
    release.check_lengths([shown[release.variant(int(episode))]["frames"] for episode in release.episodes])


def test_a_shorter_variant_has_labels_of_its_own_and_no_other_has_them(complete: Path) -> None:
    folder = complete / "results" / "release" / "latest"
    served = {row["variant"]: row for row in read_tsv(folder / "face_labels" / "variants.tsv")}
    (short,) = (name for name in served if name.endswith(SHORT))
    others = served.keys() - {short}
    assert (served[short]["labels"], served[short]["reason"]) == (short, "LENGTH_DIFFERS")
    (source,) = {served[name]["labels"] for name in others}
    mapping = json.loads((folder / "audit" / "episode_mapping.json").read_text(encoding="utf-8"))["episodes"]
    named = {row["variant_name"]: row["source_episode"] for row in mapping}
    assert named == dict.fromkeys(others, source) | {short: short}
    release = Release.open(folder)
    for variant, name in named.items():
        frames = labels(folder, name)
        assert len(frames) == release.frames(variant)
        joined = release.join_batch([variant] * len(frames), np.arange(len(frames)))
        seen = np.array([[slot["box"] or [0.0] * 4 for slot in frame["slots"]] for frame in frames])
        assert joined.boxes == pytest.approx(seen, abs=1e-3)
        assert joined.valid.any(axis=0).sum() >= 2
    assert release.frames(short) == release.frames(min(others)) - FEWER
    assert read_tsv(folder / "tables" / "detections" / "rejected.tsv") == []
    told = next((complete / "results" / ".logs").rglob("interpolate_labels.log"))
    assert "labelled by themselves: 1 (1 LENGTH_DIFFERS)" in told.read_text(encoding="utf-8")


def test_the_readmes_snippet_runs_on_it(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    section = (PROJECT / "README.md").read_text(encoding="utf-8").partition("## At training time")[2]
    monkeypatch.chdir(built)
    names: dict[str, Any] = {}
    exec(section.partition("```python\n")[2].partition("```")[0], names)  # noqa: S102 (what readers paste)
    assert names["supervision"].masks.any()
