"""Stage limits: a build is held against the limits of the config.

The check is a stage of its own, since the artifacts must stand when a limit is broken: what broke it is found
by looking at them.
"""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 (the command line reads the annotations)

from facebank.artifacts.atomic import write_json
from facebank.artifacts.provenance import building
from facebank.errors import CheckError
from facebank.report.folders import Folders
from facebank.report.limits import Limits, measure

__all__ = ["check_limits"]


def check_limits(
    *,
    output_dir: Path,
    max_rejected: float | None = None,
    max_broken: int | None = None,
    min_top1: float | None = None,
    max_mismatches: int | None = None,
    max_out_of_step: int | None = None,
    max_rejected_gold: float | None = None,
    inventory_photos: Path | None = None,
    embeddings: Path | None = None,
    gallery: Path | None = None,
    validation: Path | None = None,
    audit: Path | None = None,
    gold_labels: Path | None = None,
    gold_predictions: Path | None = None,
    gold_evaluation: Path | None = None,
) -> None:
    """Check the build against the limits of the config.

    Parameters
    ----------
    output_dir
        The version folder to make; it is made only when all limits hold.
    max_rejected
        The largest share of photos, found in the bank and not left out by config, that may be rejected.
    max_broken
        How many identities may be broken, the same person as another, or empty (without a usable photo).
    min_top1
        The smallest leave-one-out top-1 recall.
    max_mismatches
        How many slots of variants may show another person than claimed.
    max_out_of_step
        How many variants may show other moments than the video of their labels.
    max_rejected_gold
        The largest share of the labels, or of the predictions, that may be rejected, at whatever stage.
    inventory_photos
        Folder of the inventory of photos.
    embeddings
        Folder of the stage embeddings.
    gallery
        Folder of the stage gallery.
    validation
        Folder of the stage validation.
    audit
        Folder of the stage audit.
    gold_labels
        Folder of the imported gold labels.
    gold_predictions
        Folder of the regions that were predicted here.
    gold_evaluation
        Folder of the gold evaluation.

    Raises
    ------
    CheckError
        If a limit is broken, with every culprit; nothing is written.
    ConfigError
        If there is a limit on a stage that the config does not build.
    """
    limits = Limits(
        max_rejected=max_rejected,
        max_broken=max_broken,
        min_top1=min_top1,
        max_mismatches=max_mismatches,
        max_out_of_step=max_out_of_step,
        max_rejected_gold=max_rejected_gold,
    )
    folders = Folders(
        inventory_photos=inventory_photos,
        embeddings=embeddings,
        gallery=gallery,
        validation=validation,
        audit=audit,
        gold_labels=gold_labels,
        gold_predictions=gold_predictions,
        gold_evaluation=gold_evaluation,
    )
    measures = measure(limits, folders)
    broken = [it for it in measures if not it.holds]
    if broken:
        head = f"{len(broken)} of {len(measures)} limits are broken"
        tail = "The artifacts stand, but no release is published"
        raise CheckError(
            "\n".join([head, *(it.complaint() for it in broken), tail]),
            remedy="Mend what is listed, or change the limit.",
        )
    with building(
        output_dir, rule="check_limits", parameters=limits.document(), inputs=folders.present()
    ) as folder:
        write_json(folder / "limits.json", {"limits": {it.key: it.document() for it in measures}})
    print(f"{len(measures)} limits set, all hold")  # noqa: T201 (the stage's one line)
