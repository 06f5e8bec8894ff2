"""The values of the demo, laid over the neutral defaults to make ``config/config.yaml``."""

from __future__ import annotations

from typing import Any

__all__ = ["DEMO"]

DEMO: dict[str, Any] = {
    "bank": {"root": "resources/demo/bank", "slug_map": {"hopper": "grace_hopper"}},
    "sources": {
        "root": "resources/demo/sources",
        "letters": {
            "E": "eileen_collins",
            "G": "grace_hopper",
            "P": "player_1",
            "Q": "player_2",
            "R": "player_3",
            "S": "player_5",
            "T": "tom_hanks",
            "U": "player_4",
            "V": "player_6",
        },
    },
    "gold": {
        "labels": "resources/demo/gold/label_studio_export.json",
        "predictions": "resources/demo/gold/pred.jsonl",
        "agreement": "resources/demo/gold/label_studio_export_twice.json",
    },
    "report": {
        "title": "facebank demo",
        "note": "All captures of a person come from one portrait, so the demo's recall flatters.",
    },
    "release": {"date": "2026-01-01"},
}
