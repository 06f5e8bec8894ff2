"""What each rule's jobs cost: seconds by the photos, sources and variants that they read."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from facebank.artifacts.digests import shard_of
from facebank.simulation.inventory import photo_names, source_names
from facebank.simulation.schedule import Job

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from facebank.simulation.inventory import Size
    from facebank.simulation.planning import PlannedJob

__all__ = ["Costs", "cost_jobs"]

#: Rules whose jobs ask for a GPU.
GPU_RULES = frozenset({"embed_photos", "detect_keyframes", "audit_slots"})


@dataclass(frozen=True, slots=True)
class Costs:
    """Seconds of one worker.

    Attributes
    ----------
    gpu_photo, gpu_source, gpu_variant : float
        To embed a photo, to find the faces of a source's keyframes, to audit a variant.
    cpu_photo, cpu_source, cpu_variant : float
        To check a photo, to interpolate a source's labels, to check a variant's video.
    merge : float
        To read, sort and write one photo's or source's rows in each stage that holds all of them.
    start : float
        To start a job: scheduler, Python, models.
    """

    gpu_photo: float
    gpu_source: float
    gpu_variant: float
    cpu_photo: float
    cpu_source: float
    cpu_variant: float
    merge: float
    start: float


def cost_jobs(planned: Mapping[int, PlannedJob], size: Size, costs: Costs) -> dict[int, Job]:
    """Give each planned job its seconds; the shards hold what the workflow's own rule puts into them.

    Parameters
    ----------
    planned : mapping
        Number -> job, as Snakemake planned it.
    size : Size
        How much there is.
    costs : Costs
        Seconds by unit.

    Returns
    -------
    dict
        Number -> job.
    """
    whole = _whole(size, costs)
    shares = {
        "embed_photos": iter(_shares(planned, "embed_photos", photo_names(size), costs.gpu_photo)),
        "detect_keyframes": iter(_shares(planned, "detect_keyframes", source_names(size), costs.gpu_source)),
        "audit_slots": iter(
            _shares(planned, "audit_slots", source_names(size), costs.gpu_variant * size.variants)
        ),
    }
    jobs = {}
    for number, job in sorted(planned.items()):
        seconds = next(shares[job.rule]) if job.rule in shares else whole.get(job.rule, 0.0)
        jobs[number] = Job(job.rule, seconds + costs.start, job.rule in GPU_RULES, job.after)
    return jobs


def _whole(size: Size, costs: Costs) -> dict[str, float]:
    """Give the seconds of the rules that have one job."""
    variants = size.sources * size.variants
    photos, sources = costs.merge * size.photos, costs.merge * size.sources
    return {
        "index_photos": costs.cpu_photo * size.photos,
        "index_sources": costs.cpu_variant * variants,
        "collect_embeddings": photos,
        "build_gallery": photos,
        "validate_gallery": photos,
        "collect_detections": sources,
        "collect_verdicts": costs.merge * variants,
        "interpolate_labels": costs.cpu_source * size.sources,
        "render_report": photos + sources,
        "publish_release": photos + sources,
    }


def _shares(
    planned: Mapping[int, PlannedJob], rule: str, names: Iterable[str], seconds: float
) -> list[float]:
    """Give the seconds of each shard of a rule."""
    count = sum(job.rule == rule for job in planned.values())
    if not count:
        return []
    items = Counter(shard_of(name, count) for name in names)
    return [seconds * items[shard] for shard in range(count)]
