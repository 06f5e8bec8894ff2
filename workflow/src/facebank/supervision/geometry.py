"""Which patches of a model's input a box of a recorded frame touches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from facebank.errors import ConfigError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["PI05", "SMOLVLA", "Geometry", "resize_with_pad"]

_Padding = Literal["left-top", "centre"]


@dataclass(frozen=True, slots=True)
class Geometry:
    """How a frame becomes a model's input: made smaller, padded, and cut into square patches.

    Attributes
    ----------
    frame_width, frame_height : int
        The recorded frame in pixels.
    input_width, input_height : int
        The model's input in pixels, multiples of the patch.
    scale : float
        Pixels of the frame to one pixel of the input; 1.25 makes 640 to 512.
    pad_left, pad_top : int
        Pixels of padding before the frame; what is left stands behind it.
    patch : int
        Side of a patch in pixels of the input.

    Raises
    ------
    ConfigError
        If a number is not positive, or patches do not fill the input.
    """

    frame_width: int
    frame_height: int
    input_width: int
    input_height: int
    scale: float
    pad_left: int
    pad_top: int
    patch: int

    def __post_init__(self) -> None:
        sides = (self.frame_width, self.frame_height, self.input_width, self.input_height, self.patch)
        if (
            min(*sides, self.scale) <= 0
            or min(self.pad_left, self.pad_top) < 0
            or self.input_width % self.patch
            or self.input_height % self.patch
        ):
            raise ConfigError(
                "A model does not see frames in this way",
                expected="positive sizes, and an input that whole patches fill",
                found=str(self),
                remedy="Take the sizes of the model's own preprocessing.",
            )

    @property
    def columns(self) -> int:
        """Patches in a row."""
        return self.input_width // self.patch

    @property
    def rows(self) -> int:
        """Patches in a column."""
        return self.input_height // self.patch

    @property
    def patches(self) -> int:
        """Patches of the input, row by row from the top left."""
        return self.rows * self.columns

    def project(self, boxes: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """Give boxes of the frame in pixels of the model's input.

        Parameters
        ----------
        boxes : float (..., 4)
            x1, y1, x2, y2 in pixels of the frame.

        Returns
        -------
        float64 (..., 4)
            The same in pixels of the input; they may leave it.
        """
        pads = np.array([self.pad_left, self.pad_top] * 2, dtype=np.float64)
        return np.asarray(boxes, dtype=np.float64) / self.scale + pads

    def masks(self, boxes: NDArray[np.floating[Any]]) -> NDArray[np.bool_]:
        """Mark the patches that a box touches.

        Parameters
        ----------
        boxes : float (..., 4)
            x1, y1, x2, y2 in pixels of the frame, finite.

        Returns
        -------
        bool (..., patches)
            Any overlap counts. A box that ends exactly where a patch begins does not touch it, and a box
            without area touches nothing. What leaves the input is cut off.
        """
        projected = self.project(boxes)
        # Floor division first and a rounded quotient last: at a border the first consumers of these masks
        # decide so, and labels must not change with the reader.
        first = np.floor_divide(projected[..., :2], self.patch)
        end = np.ceil(projected[..., 2:] / self.patch)
        has_area = (boxes[..., 2] > boxes[..., 0]) & (boxes[..., 3] > boxes[..., 1])
        column, row = np.arange(self.columns), np.arange(self.rows)
        across = (column >= first[..., 0, None]) & (column < end[..., 0, None])
        down = (row >= first[..., 1, None]) & (row < end[..., 1, None]) & has_area[..., None]
        return (down[..., :, None] & across[..., None, :]).reshape(*boxes.shape[:-1], self.patches)


def resize_with_pad(
    frame: tuple[int, int],
    model_input: tuple[int, int],
    *,
    patch: int,
    padding: _Padding,
) -> Geometry:
    """Describe a resize that keeps the aspect and pads the rest.

    Parameters
    ----------
    frame : (int, int)
        Width and height of the recorded frame in pixels.
    model_input : (int, int)
        Width and height of the model's input in pixels.
    patch : int
        Side of a patch in pixels of the input.
    padding : {"left-top", "centre"}
        Where the padding goes: all of it before the frame, or half of it, rounded down.

    Raises
    ------
    ConfigError
        As `Geometry`, or if the padding goes nowhere that is known.
    """
    if padding not in get_args(_Padding):
        raise ConfigError(
            "No model pads in this way", expected=" or ".join(get_args(_Padding)), found=repr(padding)
        )
    scale = max(side / target for side, target in zip(frame, model_input, strict=True))
    left, top = (target - int(side / scale) for side, target in zip(frame, model_input, strict=True))
    if padding == "centre":
        left, top = left // 2, top // 2
    return Geometry(*frame, *model_input, scale=scale, pad_left=left, pad_top=top, patch=patch)


#: SmolVLA: 640x480 becomes 512x384 below 128 rows of padding; 8x8 patches, as its connector gives them.
SMOLVLA = resize_with_pad((640, 480), (512, 512), patch=64, padding="left-top")
#: Pi0.5: 640x480 becomes 224x168 between 28 rows of padding above and below; 16x16 patches.
PI05 = resize_with_pad((640, 480), (224, 224), patch=14, padding="centre")
