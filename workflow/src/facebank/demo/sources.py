"""Recorded episodes for the demo: variants in folders as a robot's recorder writes them, and their truth.

The variants of a source share the camera, the sheets' places and the gripper's way; whom the portraits show
differs. One variant shows another person than it claims in its right slot.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import av
import cv2
import numpy as np

from facebank.demo.gripper import gripper, photographed, trajectory
from facebank.demo.portraits import PORTRAITS, Portrait, picture
from facebank.demo.scene import FRAME_SIZE, Sheet, printed, projected_box, still, table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["FPS", "make_sources"]

#: Frames a second of every video.
FPS = 30

_SLOTS = 3
_RIGHT = 2
_SEED = 20260105
#: Frames of the sources in turn: neither the count nor the last index is a multiple of the usual stride of 5.
_FRAMES = (132, 143, 154)
#: Order in which the gripper visits the slots, by source in turn.
_VISITS = ((0, 1, 2), (2, 0, 1), (1, 2, 0))
#: How long it stays at the first, second and third of them: short enough to be interpolated over, or not.
_STAYS = (0.5, 1.2, 2.4)
_REST = (320.0, 452.0)
#: Where a source's sheets lie, before each is moved and turned a little: x and y in centimetres.
_PLACES = ((-29.0, -6.5), (0.0, -8.5), (29.0, -6.5))
#: Which source's variants are described in the broad form, if there are so many.
_BROAD_SOURCE = 1
#: Its portraits' ids and their slots: not in order, so that an id alone tells no place.
_BROAD_PORTRAITS = {"0": 1, "1": 2, "2": 0}
#: Variants of one scene in the co-train form.
_TAKES = 2
#: A face that is hidden for more than this share does not count as visible.
_HALF = 0.5
_NOISE_SIGMA = 1.6
_NOISE_MARGIN = 64
_REFERENCE_SIDE = 192
_CAMERA = "observation.images.camera1"
_REFERENCE = "observation.images.reference"
#: One thread and fixed settings: the same bytes on every run.
_ENCODING = {"preset": "veryfast", "crf": "19", "threads": "1"}


@dataclass(frozen=True, slots=True, eq=False)
class _Source:
    """One recorded episode: what its variants share."""

    number: int
    name: str
    people: tuple[Portrait, ...]
    #: The empty table, at the size that `still` works at.
    table: NDArray[np.uint8]
    sheets: tuple[Sheet, ...]
    #: Middle of the gripper's palm in every frame, x and y in pixels.
    way: NDArray[np.float64]
    #: Brightness of every frame.
    light: NDArray[np.float64]

    @property
    def frames(self) -> int:
        """Number of frames."""
        return len(self.way)

    @property
    def broad(self) -> bool:
        """Whether its variants are named and described in the broad form."""
        return self.number == _BROAD_SOURCE


@dataclass(frozen=True, slots=True)
class _Variant:
    """One augmentation of a source: whom it claims to show and whom it shows, from the camera's left."""

    source: _Source
    number: int
    claimed: tuple[Portrait, ...]
    shown: tuple[Portrait, ...]

    @property
    def name(self) -> str:
        """Its folder."""
        if self.source.broad:
            return f"{self.source.name}__var{self.number:02d}"
        scene, take = divmod(self.number, _TAKES)
        return f"{self.source.name}__t3_{scene:04d}_v{take:02d}"

    @property
    def target(self) -> Portrait:
        """The person that the task is about."""
        return self.claimed[self.number % _SLOTS]


def make_sources(
    folder: Path, *, sources: int = 3, variants: int = 4, people: Sequence[Portrait] = PORTRAITS
) -> dict[str, object]:
    """Write sources of three slots, each with some variants.

    Parameters
    ----------
    folder : Path
        Gets one folder for each variant.
    sources : int
        Number of recorded episodes.
    variants : int
        Number of variants of each.
    people : sequence of Portrait
        Whom the variants show, at least three.

    Returns
    -------
    dict
        The truth, in plain values. ``letters``: letter of a layout -> slug. ``fps``, ``width``, ``height``.
        ``variants``: for each its ``source``, ``frames``, ``video`` (relative to `folder`) and ``slots``,
        left to right, each with ``claimed`` and ``shown`` (slugs), ``box`` (the face, ``x1, y1, x2, y2`` in
        pixels; the camera stands still), ``occlusion`` (share of the box that the gripper hides, for each
        frame) and ``visible`` (not more than half of it is hidden). ``wrong_slot``: the one slot that shows
        another person than it claims.

    Raises
    ------
    ValueError
        If there are fewer than three people, or nothing is to be made.
    """
    if sources < 1 or variants < 1 or len(people) < _SLOTS:
        raise ValueError(f"{sources} sources of {variants} variants cannot be made of {len(people)} people")
    hands = _hands(people, sources * (variants + 1))
    truth: dict[str, dict[str, Any]] = {}
    for number, originals in enumerate(hands[sources * variants :]):
        source = _source(number, originals)
        for index, claimed in enumerate(hands[number * variants : (number + 1) * variants]):
            planted = (number, index) == (0, variants - 1)
            shown = _with_wrong_right(claimed, people) if planted else claimed
            variant = _Variant(source, index, claimed, shown)
            truth[variant.name] = _write_variant(folder / variant.name, variant)
            if planted:
                wrong = {"variant": variant.name, "slot": _RIGHT, **_names(variant, _RIGHT)}
    width, height = FRAME_SIZE
    return {
        "letters": {person.letter: person.identity for person in people},
        "fps": FPS,
        "width": width,
        "height": height,
        "variants": dict(sorted(truth.items())),
        "wrong_slot": wrong,
    }


def _hands(people: Sequence[Portrait], count: int) -> list[tuple[Portrait, ...]]:
    """Deal the people three at a time from shuffled decks, so that all are shown about equally often."""
    generator = np.random.Generator(np.random.PCG64(_SEED))
    hands: list[tuple[Portrait, ...]] = []
    while len(hands) < count:
        deck = [people[index] for index in generator.permutation(len(people))]
        hands += [tuple(deck[start : start + _SLOTS]) for start in range(0, len(deck) - _SLOTS + 1, _SLOTS)]
    return hands[:count]


def _with_wrong_right(claimed: tuple[Portrait, ...], people: Sequence[Portrait]) -> tuple[Portrait, ...]:
    """Put another person into the right slot: one who is not in the scene, where there is one."""
    absent = [person for person in people if person not in claimed]
    return (*claimed[:_RIGHT], (absent or claimed)[0])


def _source(number: int, people: tuple[Portrait, ...]) -> _Source:
    """Plan an episode."""
    generator = _generator(number)
    frames = _FRAMES[number % len(_FRAMES)]
    sheets = tuple(
        Sheet(x + generator.uniform(-0.7, 0.7), y + generator.uniform(-1, 1), generator.uniform(-4, 4))
        for x, y in _PLACES
    )
    visits = [
        (*sheets[slot].corners.mean(axis=0).tolist(), stay)
        for slot, stay in zip(_VISITS[number % len(_VISITS)], _STAYS, strict=True)
    ]
    flicker = 0.012 * np.sin(2 * np.pi * 1.7 * np.arange(frames) / FPS + generator.uniform(0, 6))
    layout = _layout(people)[::-1]  # the operator faces the camera
    return _Source(
        number=number,
        name=f"quick_{_short(people[0])}_{layout}_ep{number + 1:02d}_20260105_10{number:02d}00",
        people=people,
        table=table(generator),
        sheets=sheets,
        way=trajectory(frames, visits, rest=_REST),
        light=1 + flicker + generator.normal(0, 0.003, frames),
    )


def _generator(*numbers: int) -> np.random.Generator:
    """Give the random numbers of one item of the demo."""
    return np.random.Generator(np.random.PCG64([_SEED, *numbers]))


def _names(variant: _Variant, slot: int) -> dict[str, str]:
    """Give whom a slot is claimed to show and whom it shows."""
    return {"claimed": variant.claimed[slot].identity, "shown": variant.shown[slot].identity}


def _write_variant(folder: Path, variant: _Variant) -> dict[str, Any]:
    """Write a variant's folder and give its truth."""
    source = variant.source
    placed = [
        (printed(person, picture(person.picture)), sheet)
        for person, sheet in zip(variant.shown, source.sheets, strict=True)
    ]
    boxes = [projected_box(sheet.homography, sheet_print.box) for sheet_print, sheet in placed]
    scene = still(source.table, placed)
    noise = _sensor_noise(_generator(source.number, variant.number + 1))
    occlusion = []
    video = f"videos/{_CAMERA}/chunk-000/file-000.mp4"
    with _recording(folder / video, FRAME_SIZE) as record:
        for (x, y), light in zip(source.way.tolist(), source.light.tolist(), strict=True):
            overlay = gripper(x, y)
            occlusion.append([round(overlay.hidden_share(box), 3) for box in boxes])
            record(photographed(scene, overlay, light=light, noise=next(noise)))
    _write_reference(folder / f"videos/{_REFERENCE}/chunk-000/file-000.mp4", variant)
    for name, document in _documents(variant).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    slots = [
        {
            **_names(variant, slot),
            "box": [round(value, 2) for value in boxes[slot]],
            "occlusion": list(hidden),
            "visible": [share <= _HALF for share in hidden],
        }
        for slot, hidden in enumerate(zip(*occlusion, strict=True))
    ]
    return {
        "source": source.name,
        "video": f"{variant.name}/{video}",
        "frames": source.frames,
        "slots": slots,
    }


def _write_reference(path: Path, variant: _Variant) -> None:
    """Write the still that shows whom the task is about, as long as the episode."""
    sheet_print = printed(variant.target, picture(variant.target.picture))
    size = (_REFERENCE_SIDE, _REFERENCE_SIDE)
    reference = cv2.resize(sheet_print.pixels, size, interpolation=cv2.INTER_AREA)
    with _recording(path, size) as record:
        for _ in range(variant.source.frames):
            record(np.asarray(reference, dtype=np.uint8))


@contextmanager
def _recording(path: Path, size: tuple[int, int]) -> Iterator[Callable[[NDArray[np.uint8]], None]]:
    """Write a video; the block gets the function that appends a frame."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(path, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=FPS, options=_ENCODING)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"

        def record(pixels: NDArray[np.uint8]) -> None:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))

        yield record
        container.mux(stream.encode())


def _sensor_noise(generator: np.random.Generator) -> Iterator[NDArray[np.int16]]:
    """Give the noise of one frame after the other: windows of one larger field, which is much cheaper."""
    width, height = FRAME_SIZE
    shape = (height + _NOISE_MARGIN, width + _NOISE_MARGIN, 3)
    field = np.rint(_NOISE_SIGMA * generator.standard_normal(shape, np.float32)).astype(np.int16)
    while True:
        top, left = generator.integers(0, _NOISE_MARGIN, 2)
        yield field[top : top + height, left : left + width]


def _documents(variant: _Variant) -> dict[str, dict[str, Any]]:
    """Give a variant's JSON files by their names."""
    target = variant.target
    documents = {
        "meta/info.json": _info(variant.source.frames),
        "reference.json": {"celeb": target.identity, "photo": _photo(target)},
    }
    if variant.source.broad:
        people = {pid: variant.claimed[slot] for pid, slot in _BROAD_PORTRAITS.items()}
        documents["augmentation.json"] = _broad_form(variant, people)
        documents["portrait_corners.json"] = {
            pid: variant.source.sheets[slot].corners.round(2).tolist()
            for pid, slot in _BROAD_PORTRAITS.items()
        }
    else:
        documents["augmentation.json"] = _co_train_form(variant)
    return documents


def _co_train_form(variant: _Variant) -> dict[str, Any]:
    """Describe a variant by its layout."""
    source, people = variant.source, dict(enumerate(variant.claimed))
    layout = _layout(source.people)
    scene, take = divmod(variant.number, _TAKES)
    return {
        "src_episode": source.name,
        "tuple_idx": scene,
        "variant_idx": take,
        "strategy_version": "track3",
        "pid_to_celeb_full": {str(pid): person.identity for pid, person in people.items()},
        "orig_target_short": _short(source.people[0]),
        "orig_layout_filename": layout[::-1],
        "orig_layout_camera_lmr": layout,
        "new_target_short": _short(variant.target),
        "new_layout_camera_lmr": _layout(variant.claimed),
        **_task(variant, people),
    }


def _broad_form(variant: _Variant, people: Mapping[str, Portrait]) -> dict[str, Any]:
    """Describe a variant by its portraits, whose places stand in portrait_corners.json."""
    return {
        "src_episode": variant.source.name,
        "variant_idx": variant.number,
        "strategy_version": "v3",
        "pid_to_celeb": {pid: person.identity for pid, person in people.items()},
        "orig_target_celeb": variant.source.people[0].identity,
        "new_target_celeb": variant.target.identity,
        **_task(variant, people),
    }


def _task(variant: _Variant, people: Mapping[Any, Portrait]) -> dict[str, Any]:
    """Give what both forms say of a variant's photos and task."""
    return {
        "workspace_photos": {str(pid): _photo(person) for pid, person in people.items()},
        "reference_photo": _photo(variant.target),
        "prompt": f"Put the cube on the photo of {variant.target.identity.replace('_', ' ')}.",
        "prompt_bucket": "plain",
        "n_frames": variant.source.frames,
    }


def _layout(people: Iterable[Portrait]) -> str:
    """Give the layout code of people."""
    return "".join(person.letter for person in people)


def _short(person: Portrait) -> str:
    """Give a person's name as it stands within the name of an episode."""
    return person.identity.replace("_", "-")


def _photo(person: Portrait) -> str:
    """Give the path of a printed photo, as the recorder notes it."""
    return f"workspace_photos/{person.identity}.png"


def _info(frames: int) -> dict[str, Any]:
    """Describe an episode as LeRobot's format 3 does."""
    width, height = FRAME_SIZE
    sizes = {_CAMERA: (height, width), _REFERENCE: (_REFERENCE_SIDE, _REFERENCE_SIDE)}
    features = {
        name: {"dtype": "video", "shape": [*size, 3], "names": ["height", "width", "channels"]}
        for name, size in sizes.items()
    }
    return {
        "codebase_version": "v3.0",
        "robot_type": "demo_arm",
        "total_episodes": 1,
        "total_frames": frames,
        "total_tasks": 1,
        "fps": FPS,
        "chunks_size": 1000,
        "data_files_size_in_mb": 100,
        "video_files_size_in_mb": 200,
        "video_path": "videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4",
        "features": features,
    }
