"""Why an artifact is stale is said down to the file, or that no file is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from facebank.plan.plan import Plan
from facebank.stages.index_photos import index_photos
from facebank.versions.causes import causes
from facebank.versions.freshness import judge
from version_folders import build


def test_a_photo_that_is_used_with_the_same_bytes_is_not_said_to_have_changed(
    plan_of: Callable[..., Plan],
) -> None:
    person = Path("bank/heldout/a")
    for number in range(4):
        pixels = np.full((32, 32, 3), 20 * number, np.uint8)
        Image.fromarray(pixels).save(person / f"{number}.jpg")
    photo = person / "0.jpg"
    photo.rename("elsewhere.jpg")
    photo.symlink_to(Path("elsewhere.jpg").absolute())

    def said() -> list[str]:
        plan = plan_of()
        return causes(plan, judge(plan, plan.contents_of_artifacts()), "inventory/photos")

    plan = plan_of()
    contents = plan.contents_of_artifacts()["inventory/photos"]
    index_photos(
        root=Path("bank"),
        output_dir=Path(plan.folder("inventory/photos")),
        sets=("heldout",),
        contents=contents,
    )
    assert said() == ["inventory/photos is fresh."]
    photo.unlink()
    Path("elsewhere.jpg").rename(photo)
    assert said() == [
        "inventory/photos is stale: files under bank.root changed.",
        "No listed file has other bytes: a file beside them changed, or why one of them is not used.",
    ]


def test_what_was_never_built_is_said_where_it_begins(plan_of: Callable[..., Plan]) -> None:
    def said(name: str, **bank: Any) -> list[str]:
        plan = plan_of(bank={"root": "bank", **bank})
        return causes(plan, judge(plan, plan.contents_of_artifacts()), name)

    never = "is not built: it was never built for this config."
    photos = f"inventory/photos {never}"
    assert said("validation") == [f"validation {never}", photos]
    plan = plan_of()
    build(plan, "inventory/photos")
    assert said("inventory/photos") == ["inventory/photos is fresh."]
    assert said("validation") == [f"validation {never}", f"embeddings {never}"]
    build(plan, "embeddings")
    nearest = f"The folder most like it, {Path(plan.folder('inventory/photos')).name}, differs in:"
    other_photos = [photos, f"{nearest} bank.max_pixels was 89478485 and is 5."]
    assert said("inventory/photos", max_pixels=5) == other_photos
    for name in ("embeddings", "validation"):
        assert said(name, max_pixels=5) == [f"{name} {never}", *other_photos]


def test_each_key_that_is_another_is_said(plan_of: Callable[..., Plan]) -> None:
    plan = plan_of()
    for name in ("inventory/photos", "embeddings"):
        build(plan, name)
    other = plan_of(bank={"root": "bank", "max_bytes": 9}, embeddings={"det_sizes": [160]})
    said = " ".join(causes(other, judge(other, other.contents_of_artifacts()), "validation"))
    assert "bank.max_bytes was" in said
    assert "embeddings.det_sizes was" in said
