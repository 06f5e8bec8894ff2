"""The arrays of a release that training reads, ``supervision/``: names, kinds, shapes and the codes in them.

This is a contract between the release that was written and the reader that opens it years later, so it
depends on nothing else in the package.
"""

from __future__ import annotations

from enum import IntEnum

__all__ = ["ARRAYS", "FOLDER", "FORMAT", "INDEX", "NOBODY", "IdentityStatus", "SlotStatus", "Verdict"]

#: Folder in a release.
FOLDER = "supervision"
#: The file that names what the arrays number: identities, sources and variants.
INDEX = "index.json"
#: The number of the format; a reader refuses a newer one.
FORMAT = 1
#: Number of an identity, a source or a slot where there is none.
NOBODY = -1


class SlotStatus(IntEnum):
    """What a slot is in one frame."""

    DETECTED = 0
    """The face was found in this frame."""
    INTERPOLATED = 1
    """The box lies between two detections of the slot."""
    HELD = 2
    """The last box, kept for as long as the build allows."""
    HIDDEN = 3
    """No box: something stands before the slot."""
    MISSING = 4
    """No box, though nothing is seen to hide it."""
    UNLABELLED = 5
    """No label was made for this frame. Never in a file: see `facebank.supervision.Release.join`."""


class Verdict(IntEnum):
    """What the audit says of a variant's claim about a slot."""

    UNAUDITED = 0
    """The release was built without an audit."""
    CONFIRMED = 1
    """The claimed person is shown."""
    MISMATCH = 2
    """Another person is shown."""
    UNKNOWN = 3
    """The pixels prove neither."""
    NOT_VISIBLE = 4
    """No face was found in the sampled frames."""
    UNCLAIMED = 5
    """The variant names nobody."""


class IdentityStatus(IntEnum):
    """What a person's centroid is worth."""

    SOUND = 0
    """It has one."""
    BROKEN = 1
    """It has one, but the gallery says that its photos do not show one person, or one of another name too."""
    WITHOUT_CENTROID = 2
    """No photo of the person could be used."""
    NOT_IN_BANK = 3
    """A variant names the person, the bank does not have it."""


#: Array, the stem of its ``.npy`` file -> kind of its numbers, and its shape in the sizes of the index.
#: Boxes are x1, y1, x2, y2 in pixels of the recorded frame, all 0 without a box. A variant whose video was
#: rejected has `NOBODY` for its source and its number of frames.
ARRAYS: dict[str, tuple[str, tuple[str | int, ...]]] = {
    "identity_status": ("|u1", ("identities",)),
    "centroids": ("<f4", ("identities", "dimension")),
    "source_frames": ("<i8", ("sources",)),
    "source_offsets": ("<i8", ("sources",)),
    "source_sizes": ("<i4", ("sources", 2)),
    "boxes": ("<f4", ("frames", "slots", 4)),
    "confidence": ("<f4", ("frames", "slots")),
    "status": ("|u1", ("frames", "slots")),
    "variant_sources": ("<i4", ("variants",)),
    "variant_frames": ("<i8", ("variants",)),
    "claims": ("<i4", ("variants", "slots")),
    "target_slots": ("<i4", ("variants",)),
    "verdicts": ("|u1", ("variants", "slots")),
    "excluded": ("|b1", ("variants", "slots")),
    "episodes": ("<i8", ("episodes", 2)),
}
