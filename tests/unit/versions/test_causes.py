"""Why an artifact is stale is said down to the file, or that no file is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from facebank.plan.plan import Plan
from facebank.stages.index_photos import index_photos
from facebank.versions.causes import causes
from facebank.versions.freshness import judge


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
