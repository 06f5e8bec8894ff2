"""Figures of the published data set that this project's layout comes from, to read one's own beside.

They were made with another bank, other videos and another model pack (buffalo_l), so they are a scale and
no target.
"""

from __future__ import annotations

from types import MappingProxyType

__all__ = ["BUCKETS", "REFERENCE"]

#: Number -> what it was there.
REFERENCE = MappingProxyType(
    {
        "identities": "192",
        "photos": "1,445",
        "photos_rejected": "0",
        "photos_per_identity": "median 8, 2 to 29",
        "dimension": "512",
        "top1": "1,438 / 1,445 = 99.5 % (99.0 to 99.8)",
        "broken": "1",
        "sources": "151",
        "variants": "9,216",
        "frames": "80,936 of 81,238",
        "all_slots": "at least 65.7 %",
        "boxed_slots": "88.6 %",
        "stability": "0.10 to 0.16 px",
        "mismatches": "4 of 151 sources, first frame only",
        "gold_skin_iou": "1 (20 samples)",
        "gold_strong_miou": "1 (20 samples)",
    }
)

#: Photos of the identity -> leave-one-out top-1 and mean margin between the best two identities.
BUCKETS = MappingProxyType(
    {
        "2": ("100 %", "+0.36"),
        "3-4": ("100 %", "+0.59"),
        "5-7": ("100 %", "+0.60"),
        "8-12": ("99.2 %", "+0.60"),
        "13+": ("100 %", "+0.68"),
    }
)
