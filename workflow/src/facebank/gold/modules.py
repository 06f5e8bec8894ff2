"""The regions that are labelled, in the order in which every report names them, and their fallbacks."""

from __future__ import annotations

from typing import Final

import numpy as np

__all__ = ["CORE", "DEFAULT_BOXES", "LABELS", "MODULES", "STATIC_OVAL", "STRONG_MODULES", "UNDER_EYE_MODULES"]

#: Modules whose outline a labeller can draw sharply: scored by their intersection over union.
STRONG_MODULES: Final = ("nose", "forehead", "left_cheek", "right_cheek", "chin")

#: Bands without a sharp outline: scored by coverage and leakage only.
UNDER_EYE_MODULES: Final = ("under_eye_left", "under_eye_right")

MODULES: Final = STRONG_MODULES + UNDER_EYE_MODULES

#: The regions that modules are compared with.
CORE: Final = ("face_oval", "skin", "hair", "background")

#: Every label, in the order of the `labels` object of a gold row.
LABELS: Final = CORE + MODULES

#: Where a module lies when a prediction lacks it: x, y, width, height in shares of the image.
DEFAULT_BOXES: Final = {
    "forehead": (0.2, 0.03, 0.6, 0.22),
    "left_cheek": (0.08, 0.34, 0.34, 0.3),
    "right_cheek": (0.58, 0.34, 0.34, 0.3),
    "nose": (0.42, 0.32, 0.16, 0.32),
    "chin": (0.33, 0.67, 0.34, 0.26),
    "under_eye_left": (0.16, 0.31, 0.26, 0.11),
    "under_eye_right": (0.58, 0.31, 0.26, 0.11),
}

#: The face oval of a prediction that has none: (16, 2) float64, x and y in shares of the image.
STATIC_OVAL: Final = np.array(
    [
        *(
            (0.5, 0.06),
            (0.64, 0.1),
            (0.75, 0.2),
            (0.82, 0.35),
            (0.84, 0.5),
            (0.8, 0.66),
            (0.72, 0.8),
            (0.62, 0.9),
        ),
        *(
            (0.5, 0.95),
            (0.38, 0.9),
            (0.28, 0.8),
            (0.2, 0.66),
            (0.16, 0.5),
            (0.18, 0.35),
            (0.25, 0.2),
            (0.36, 0.1),
        ),
    ]
)
