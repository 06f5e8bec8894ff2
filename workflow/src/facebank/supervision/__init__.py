"""What a training loop imports: the labels, centroids and claims of a release, joined by frame.

It needs numpy and nothing else, so that a training environment can hold it beside any other package::

    release = Release.open("results/release/latest")
    supervision = release.join_batch(batch["episode_index"], batch["frame_index"], geometry=SMOLVLA)
    loss = (loss_of(features, supervision) * supervision.valid).sum()
"""

from facebank.supervision.acceptance import Acceptance
from facebank.supervision.episodes import frame_weights, locate_frames
from facebank.supervision.geometry import PI05, SMOLVLA, Geometry, resize_with_pad
from facebank.supervision.layout import SlotStatus, Verdict
from facebank.supervision.records import Labels, Supervision
from facebank.supervision.release import Release

__all__ = [
    "PI05",
    "SMOLVLA",
    "Acceptance",
    "Geometry",
    "Labels",
    "Release",
    "SlotStatus",
    "Supervision",
    "Verdict",
    "frame_weights",
    "locate_frames",
    "resize_with_pad",
]
