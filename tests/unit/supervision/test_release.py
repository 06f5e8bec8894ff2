from __future__ import annotations

import json
import pickle
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from facebank.errors import ConfigError, DataError, NotFoundError
from facebank.release.manifest import MANIFEST
from facebank.supervision import PI05, SMOLVLA, Acceptance, Geometry, Release, SlotStatus, Verdict
from facebank.supervision.layout import ARRAYS, FOLDER, FORMAT, INDEX
from facebank.tracks.interpolation import Status
from label_scenes import label_document
from laws import examples
from seed_consumer import PI05_EYE, SMOLVLA_EYE, Eye, consume
from supervised import BROKEN, CENTROIDS, labelled, publish, source, track, variant, write_release

LEFT, MIDDLE, RIGHT = [100.0, 100, 160, 180], [300.0, 100, 360, 180], [500.0, 100, 560, 180]
SEEN = [Status.DETECTED, Status.INTERPOLATED, Status.DETECTED]
SOURCE = source(
    "ep01",
    track([Status.DETECTED, Status.HIDDEN, Status.HELD], [LEFT] * 3),
    track(SEEN, [MIDDLE] * 3),
    track(SEEN, [RIGHT] * 3),
)
NAMES = ("ep01__var00", "ep01__var01", "ep01__var02")
EYES: tuple[tuple[Geometry, Eye], ...] = ((SMOLVLA, SMOLVLA_EYE), (PI05, PI05_EYE))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_release(
        tmp_path_factory.mktemp("release"),
        labelled(SOURCE),
        variants=[
            variant(NAMES[0], ("ada", "bob", "ada"), 3, target="bob"),
            variant(NAMES[1], ("", "zoe", "dora"), 5),
            variant(NAMES[2], ("bob", BROKEN, "ada"), 3, target="bob"),
            variant("ep02__var00", ("ada", "bob", "ada"), 2),
            variant("ep01__var03", ("ada", "bob", "ada"), 3, width=320),
        ],
        verdicts=[
            (NAMES[0], 0, "confirmed", False),
            (NAMES[0], 1, "unknown", False),
            (NAMES[0], 2, "not_visible", False),
            (NAMES[2], 0, "mismatch", True),
            (NAMES[2], 2, "confirmed", True),
        ],
        episodes={4: NAMES[0], 9: NAMES[2], 11: NAMES[1]},
    )


@pytest.fixture(scope="module")
def release(folder: Path) -> Release:
    return Release.open(folder)


def test_a_release_of_a_bank_alone_has_its_centroids(tmp_path: Path) -> None:
    release = Release.open(write_release(tmp_path))
    assert (release.slugs, release.sources, release.variants) == (("ada", "bob", "carl"), (), ())
    assert (release.slots, release.dimension, len(release.episodes)) == (0, 2, 0)
    assert release.join_batch([], []).valid.shape == (0, 0)
    release.check_lengths([])


def test_a_release_of_sources_alone_has_its_labels(tmp_path: Path) -> None:
    rows = [variant(NAMES[0], ("ada", "bob", "ada"), 3)]
    release = Release.open(write_release(tmp_path, labelled(SOURCE), variants=rows, centroids={}))
    frame = release.join(NAMES[0], 0, geometry=SMOLVLA)
    assert (frame.targets.shape, frame.valid.any(), frame.boxes.any()) == ((3, 0), False, True)


def test_what_is_asked_by_name(release: Release) -> None:
    assert release.centroid("carl").tolist() == pytest.approx([0.6, 0.8])
    assert not release.centroid("ada").flags.writeable
    labels = release.labels("ep01")
    assert (labels.width, labels.height, labels.boxes.shape) == (640, 480, (3, 3, 4))
    assert labels.status[:, 0].tolist() == [SlotStatus.DETECTED, SlotStatus.HIDDEN, SlotStatus.HELD]
    frame = release.frame("ep01", 1)
    assert frame.boxes.tolist() == [[0, 0, 0, 0], MIDDLE, RIGHT]
    assert frame.confidence.tolist() == pytest.approx([0, 0.7, 0.7])
    assert release.claims(NAMES[1]) == ("", "zoe", "dora")
    assert (release.frames(NAMES[1]), release.frames(4), release.variant(9)) == (5, 3, NAMES[2])
    assert release.episode_lengths.tolist() == [3, 3, 5]


def test_a_hidden_left_slot_moves_nobody(release: Release) -> None:
    frame = release.join(NAMES[0], 1, geometry=SMOLVLA)
    assert frame.valid.tolist() == [False, True, True]
    assert frame.targets.tolist() == [[0, 0], [0, 1], [1, 0]]
    assert frame.boxes.tolist() == [[0, 0, 0, 0], MIDDLE, RIGHT]
    assert frame.status.tolist() == [SlotStatus.HIDDEN, SlotStatus.INTERPOLATED, SlotStatus.INTERPOLATED]
    assert frame.masks is not None
    assert frame.masks.sum(axis=1).tolist() == [0, 4, 2]
    assert frame.target_slot == 1


def test_by_name_and_by_episode_one_by_one_and_in_a_batch(release: Release) -> None:
    batch = release.join_batch([11, 4, 9, 4], [4, 0, 2, 1], geometry=PI05)
    names = release.join_batch([NAMES[1], NAMES[0], NAMES[2], NAMES[0]], [4, 0, 2, 1], geometry=PI05)
    for row, (episode, frame) in enumerate([(11, 4), (4, 0), (9, 2), (4, 1)]):
        one = release.join(episode, frame, geometry=PI05).arrays()
        assert one.keys() == batch.arrays().keys()
        for name, array in one.items():
            np.testing.assert_array_equal(batch.arrays()[name][row], array)
            np.testing.assert_array_equal(names.arrays()[name][row], array)


def test_excluded_slots_are_never_valid_and_no_target(release: Release, folder: Path) -> None:
    everything = Acceptance(broken_centroids=True)
    for opened in (release, Release.open(folder, acceptance=everything)):
        for frame in range(3):
            joined = opened.join(NAMES[2], frame)
            assert not joined.valid[[0, 2]].any()
            assert not joined.targets[[0, 2]].any()
            assert joined.target_slot == -1, "its own slot shows another person"


def test_nobody_strangers_and_persons_without_a_centroid_have_no_target(release: Release) -> None:
    frame = release.join(NAMES[1], 0)
    assert not frame.valid.any()
    assert not frame.targets.any()
    assert frame.boxes.any(axis=1).all(), "the faces are there all the same"


@pytest.mark.parametrize(
    ("acceptance", "frame", "valid"),
    [
        (Acceptance(), 0, [True, True, True]),
        (Acceptance(), 2, [True, True, True]),
        (Acceptance(statuses=frozenset({SlotStatus.DETECTED})), 1, [False, False, False]),
        (Acceptance(statuses=frozenset({SlotStatus.DETECTED})), 2, [False, True, True]),
        (Acceptance(min_confidence=0.6), 2, [False, True, True]),
        (Acceptance(min_confidence=float(np.float32(0.9))), 0, [True, True, True]),
        (Acceptance(verdicts=frozenset({Verdict.CONFIRMED})), 0, [True, False, False]),
    ],
)
def test_the_user_says_what_counts(
    folder: Path, acceptance: Acceptance, frame: int, valid: list[bool]
) -> None:
    release = Release.open(folder, acceptance=acceptance)
    assert release.join(NAMES[0], frame).valid.tolist() == valid


def test_a_broken_centroid_is_a_target_only_by_choice(folder: Path) -> None:
    assert not Release.open(folder).join(NAMES[2], 0).valid[1]
    chosen = Release.open(folder, acceptance=Acceptance(broken_centroids=True)).join(NAMES[2], 0)
    assert chosen.valid[1]
    assert chosen.targets[1].tolist() == pytest.approx([0.6, 0.8])


@pytest.mark.parametrize(
    "values", [{"statuses": frozenset(SlotStatus)}, {"verdicts": frozenset({Verdict.MISMATCH})}]
)
def test_what_is_known_to_be_wrong_cannot_be_accepted(values: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="cannot be accepted"):
        Acceptance(**values)


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({"statuses": {"detected"}}, "'detected'"),
        ({"verdicts": ["confirmed"]}, "'confirmed'"),
        ({"min_confidence": 70}, "70"),
        ({"min_confidence": float("nan")}, "nan"),
    ],
)
def test_what_would_accept_nothing_is_refused(values: dict[str, Any], found: str) -> None:
    with pytest.raises(ConfigError, match=f"a confidence from 0 to 1, found .*{found}"):
        Acceptance(**values)


@pytest.mark.parametrize(
    ("name", "frame"), [(NAMES[1], 3), (NAMES[1], 4), ("ep02__var00", 1), ("ep01__var03", 0)]
)
def test_frames_without_labels_of_their_own_are_unlabelled(release: Release, name: str, frame: int) -> None:
    joined = release.join(name, frame, geometry=SMOLVLA)
    assert set(joined.status.tolist()) == {SlotStatus.UNLABELLED}
    assert not any(
        array.any() for key, array in joined.arrays().items() if key not in ("status", "target_slot")
    )


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda it: it.centroid("adda"), "no person 'adda'.*ada"),
        (lambda it: it.centroid("dora"), "'dora' has no centroid.*without centroid"),
        (lambda it: it.centroid("zoe"), "'zoe' has no centroid.*not in bank"),
        (lambda it: it.labels("ep1"), "no source 'ep1'.*ep01"),
        (lambda it: it.frame("ep01", 3), "'ep01' has no frame 3.*frames 0 to 2"),
        (lambda it: it.frame("ep01", -1), "no frame -1"),
        (lambda it: it.claims("ep01__var0"), "no variant 'ep01__var0'.*5 others, such as ep01__var0"),
        (lambda it: it.variant(5), "no such episode.*one of 3, 4 to 11, found 5"),
        (lambda it: it.join(0, 0), "no such episode.*found 0"),
        (lambda it: it.join_batch([4, 5], [0, 0]), "no such episode.*found 5"),
        (lambda it: it.join(12, 0), "no such episode.*found 12"),
        (lambda it: it.join(NAMES[0], 3), "'ep01__var00' has no frame 3.*frames 0 to 2"),
        (lambda it: it.join_batch([4, 11], [0, 5]), "'ep01__var01' has no frame 5.*frames 0 to 4"),
        (lambda it: it.join(NAMES[0], -1), "no frame -1"),
    ],
)
def test_what_is_not_there_is_named_with_what_is(release: Release, ask: Any, says: str) -> None:
    with pytest.raises(NotFoundError, match=says):
        ask(release)


@pytest.mark.parametrize(
    ("variants", "frames"), [([4, 9], [0]), ([4], [0.0]), ([4.0], [0]), ([[4]], [[0]]), ([True], [0]), (4, 0)]
)
def test_a_batch_of_another_form_is_refused(release: Release, variants: Any, frames: Any) -> None:
    with pytest.raises(ConfigError, match="batch"):
        release.join_batch(variants, frames)


@pytest.mark.parametrize("frame", [1.5, np.float32(2), "1", True, None, [0, 1]])
def test_a_frame_that_is_no_whole_number_is_refused(release: Release, frame: Any) -> None:
    with pytest.raises(ConfigError, match="needs one frame"):
        release.join(NAMES[0], frame)


def test_a_geometry_for_other_frames_is_refused(tmp_path: Path) -> None:
    small = source("ep01", *SOURCE.tracks, size=(320, 240))
    rows = [variant(NAMES[0], ("ada", "bob", "ada"), 3, width=320, height=240)]
    release = Release.open(write_release(tmp_path, labelled(small), variants=rows))
    release.join(NAMES[0], 0)
    with pytest.raises(DataError, match="640x480, found 320x240"):
        release.join(NAMES[0], 0, geometry=SMOLVLA)


def test_a_face_that_left_the_picture_is_no_label(tmp_path: Path) -> None:
    outside = [[640.0, 100, 700, 180], [300.0, -80, 360, 0], [500.0, 100, 560, 180]]
    scene = source("ep01", *(track([Status.DETECTED], [box]) for box in outside))
    rows = [variant(NAMES[0], ("ada", "bob", "ada"), 1)]
    release = Release.open(write_release(tmp_path, labelled(scene), variants=rows))
    frame = release.join(NAMES[0], 0)
    assert frame.status.tolist() == [SlotStatus.DETECTED] * 3
    assert frame.valid.tolist() == [False, False, True]
    assert frame.targets.tolist() == [[0, 0], [0, 0], CENTROIDS["ada"]]
    # Nor is one that the model does not see.
    cut = Geometry(640, 480, 448, 448, scale=1.0, pad_left=0, pad_top=0, patch=14)
    seen = release.join(NAMES[0], 0, geometry=cut)
    assert not seen.valid.any()
    assert not seen.targets.any()


def test_an_excluded_variant_with_labels_of_other_frames_is_no_obstacle(tmp_path: Path) -> None:
    wide = source(NAMES[1], *SOURCE.tracks, size=(704, 480))
    usual = variant(NAMES[0], ("ada", "bob", "ada"), 3)
    apart = variant(NAMES[1], ("ada", "bob", "ada"), 3, width=704, source=NAMES[1], representative=True)
    for excluded in (0, 1, 3):
        folder = write_release(
            tmp_path / str(excluded),
            labelled(SOURCE, wide),
            variants=[usual, apart],
            verdicts=[(NAMES[1], slot, "confirmed", slot < excluded) for slot in range(3)],
        )
        release = Release.open(folder)
        assert release.join(NAMES[1], 1).valid.any() == (excluded < 3)
        if excluded < 3:
            with pytest.raises(DataError, match=f"{NAMES[1]}; expected 640x480, found 704x480"):
                release.join_batch(NAMES[:2], [1, 1], geometry=SMOLVLA)
            continue
        joined = release.join_batch(NAMES[:2], [1, 1], geometry=SMOLVLA)
        assert joined.valid.any(axis=1).tolist() == [True, False]
        assert joined.masks is not None
        assert not joined.masks[1].any()


def test_a_rejected_video_is_an_episode_without_labels(tmp_path: Path) -> None:
    rows = [variant(NAMES[1], ("ada",) * 3, 3, representative=True)]
    episodes = {0: NAMES[0], 1: NAMES[1]}
    parts: dict[str, Any] = {"variants": rows, "episodes": episodes, "rejected": [NAMES[0]]}
    release = Release.open(write_release(tmp_path, labelled(SOURCE), **parts))
    joined = release.join_batch([0, 1], [99, 2])
    assert joined.valid.any(axis=1).tolist() == [False, True]
    assert set(joined.status[0].tolist()) == {SlotStatus.UNLABELLED}
    assert release.episode_lengths.tolist() == [-1, 3]
    release.check_lengths([100, 3])
    with pytest.raises(NotFoundError, match=r"length of 0 is not known.*rejected\.tsv"):
        release.frames(0)
    with pytest.raises(NotFoundError, match="no frame -1"):
        release.join(0, -1)


def test_lengths_tell_another_order_of_episodes(tmp_path: Path) -> None:
    rows = [variant(NAMES[0], ("ada",) * 3, 3), variant(NAMES[1], ("bob",) * 3, 5)]
    release = Release.open(
        write_release(tmp_path, labelled(SOURCE), variants=rows, episodes={0: NAMES[0], 1: NAMES[1]})
    )
    release.check_lengths(np.array([3, 5]))
    with pytest.raises(DataError, match=r"Episode 0 is not the variant 'ep01__var00'.*3 frames, found 5; 2"):
        release.check_lengths([5, 3])
    with pytest.raises(DataError, match="episodes 0 to 2, found 2 episodes"):
        release.check_lengths([3, 5, 1])


def test_a_link_is_followed_once(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "latest").symlink_to(folder)
    release = Release.open(tmp_path / "latest")
    assert release.path == folder.resolve()


def test_a_worker_maps_the_files_itself(folder: Path) -> None:
    release = Release.open(folder, acceptance=Acceptance(min_confidence=0.6))
    sent = pickle.dumps(release)
    assert len(sent) < 1000
    opened = pickle.loads(sent)  # noqa: S301 (our own)
    assert opened.acceptance == release.acceptance
    np.testing.assert_array_equal(opened.join(4, 2).valid, release.join(4, 2).valid)


@pytest.mark.parametrize("name", ARRAYS)
def test_each_array_is_a_map_of_its_file(release: Release, name: str) -> None:
    assert isinstance(release._arrays[name].base, np.memmap)
    assert not release._arrays[name].flags.writeable


def test_no_release_an_old_one_and_a_new_one_are_refused_with_the_remedy(
    folder: Path, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=r"no release.*results/release"):
        Release.open(tmp_path)
    (tmp_path / "manifest.json").write_text("{}")
    with pytest.raises(DataError, match="publish it again"):
        Release.open(tmp_path)
    shutil.copytree(folder, tmp_path / "new")
    index = json.loads((folder / FOLDER / INDEX).read_text())
    (tmp_path / "new" / FOLDER / INDEX).write_text(json.dumps({**index, "format": FORMAT + 1}))
    with pytest.raises(
        DataError, match=f"format {FORMAT} or older, found format {FORMAT + 1}. Update facebank"
    ):
        Release.open(tmp_path / "new")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda folder: (folder / INDEX).write_text("{"),
        lambda folder: (folder / INDEX).write_text('{"format": 1}'),
        lambda folder: (folder / INDEX).write_text((folder / INDEX).read_text().replace('"ada",', "")),
        lambda folder: (folder / "boxes.npy").unlink(),
        lambda folder: (folder / "boxes.npy").write_bytes((folder / "boxes.npy").read_bytes()[:-4]),
        lambda folder: np.save(folder / "boxes.npy", np.zeros((3, 3, 4))),
        lambda folder: np.save(folder / "claims.npy", np.zeros((2, 3), np.int32)),
    ],
)
def test_a_damaged_file_is_told_from_a_whole_one(folder: Path, spoil: Any, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "r")
    spoil(tmp_path / "r" / FOLDER)
    with pytest.raises(DataError, match="facebank verify"):
        Release.open(tmp_path / "r")


hundredths = st.integers(-2_000, 70_000).map(lambda value: value / 100)
boxes = st.tuples(hundredths, hundredths, hundredths, hundredths).map(
    lambda it: [min(it[0], it[2]), min(it[1], it[3]), max(it[0], it[2]) + 0.01, max(it[1], it[3]) + 0.01]
)
statuses = st.sampled_from(list(Status))


@settings(max_examples=examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    slots=st.lists(st.lists(st.tuples(statuses, boxes), min_size=2, max_size=2), min_size=3, max_size=3),
    claims=st.tuples(*[st.sampled_from(["", "zoe", *CENTROIDS])] * 3),
    excluded=st.sets(st.integers(0, 2)),
)
def test_it_gives_what_the_first_readers_of_the_json_got(
    tmp_path: Path,
    slots: list[list[tuple[Status, list[float]]]],
    claims: tuple[str, str, str],
    excluded: set[int],
) -> None:
    made = source("ep01", *(track(*zip(*frames, strict=True)) for frames in slots))
    shutil.rmtree(tmp_path / FOLDER, ignore_errors=True)
    release = Release.open(
        write_release(
            tmp_path,
            labelled(made),
            variants=[variant(NAMES[0], claims, 2)],
            verdicts=[(NAMES[0], slot, "mismatch", True) for slot in excluded],
        )
    )
    celebs = {slug: {"centroid": vector} for slug, vector in CENTROIDS.items() if slug != BROKEN}
    for index, frame in enumerate(label_document(made, "placeholder")["frames"]):
        for geometry, eye in EYES:
            masks, valid, targets = consume(frame, claims, celebs, eye)
            valid[list(excluded)] = False
            joined = release.join(NAMES[0], index, geometry=geometry)
            np.testing.assert_array_equal(joined.valid, valid)
            np.testing.assert_array_equal(joined.masks, masks & valid[:, None])
            np.testing.assert_array_equal(joined.targets, np.where(valid[:, None], targets, 0))


@pytest.mark.parametrize(
    "spoil",
    [
        # The disk did not come to write the end: a file has its size, and nothing in it.
        pytest.param(lambda path: path.write_bytes(path.read_bytes()[:-12] + bytes(12)), id="zeros"),
        pytest.param(lambda path: np.save(path, np.load(path)[::-1]), id="another-release"),
        pytest.param(lambda path: path.write_bytes(path.read_bytes() + bytes(12)), id="longer"),
    ],
)
def test_a_copy_that_is_not_what_was_published_is_refused(folder: Path, spoil: Any, tmp_path: Path) -> None:
    copy = shutil.copytree(folder, tmp_path / "release")
    spoil(copy / FOLDER / "claims.npy")
    with pytest.raises(DataError, match=r"claims\.npy; expected SHA-256 .* as it was published, found SHA"):
        Release.open(copy)


def test_a_name_that_changed_in_a_copy_is_refused(folder: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(folder, tmp_path / "release")
    index = copy / FOLDER / INDEX
    index.write_text(index.read_text().replace("ep01__var03", "ep01__var01"))
    with pytest.raises(DataError, match=r"index\.json; expected SHA-256"):
        Release.open(copy)


def test_a_copy_that_ended_before_its_manifest_is_refused(folder: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(folder, tmp_path / "release")
    (copy / MANIFEST).unlink()
    with pytest.raises(DataError, match=r"manifest\.json beside supervision/, found none.*copy it again"):
        Release.open(copy)
    (copy / MANIFEST).write_text('{"files": {}}')
    with pytest.raises(DataError, match=r"manifest\.json; found KeyError: 'supervision/index\.json'"):
        Release.open(copy)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("identity_status", 99),
        ("source_offsets", -1),
        ("source_frames", 10**9),
        ("variant_sources", 5),
        ("claims", 1000),
        ("claims", -2),
        ("target_slots", 3),
        ("verdicts", 77),
    ],
)
def test_numbers_of_nobody_are_refused(folder: Path, name: str, value: int, tmp_path: Path) -> None:
    copy = tmp_path / "release"
    shutil.copytree(folder, copy)
    path = copy / FOLDER / f"{name}.npy"
    array = np.load(path, allow_pickle=False)
    array.flat[0] = value
    np.save(path, array)
    with pytest.raises(DataError, match=rf"expected numbers from -?[0-9]+ to [0-9]+, found .* in .*{name}"):
        Release.open(copy)


def test_a_status_without_meaning_is_valid_for_nobody(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "release"
    shutil.copytree(folder, copy)
    path = copy / FOLDER / "status.npy"
    np.save(path, np.full_like(np.load(path, allow_pickle=False), 200))
    assert not Release.open(publish(copy)).join(NAMES[0], 0).valid.any()
