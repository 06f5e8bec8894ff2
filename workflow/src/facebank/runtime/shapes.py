"""Which shapes of input a model is given on a device.

On CUDA cuDNN plans every convolution anew when an input has another shape than the one before: on an H100 a
call of the embedded detector took 130 ms then, and 2 ms where the shape stayed. So there the shapes are few:
pictures are padded to squares, and batches to powers of two. On the CPU a shape costs nothing, so nothing is
padded.
"""

from __future__ import annotations

from dataclasses import dataclass

from facebank.runtime.sessions import provider_class

__all__ = ["InputShapes"]

#: The usual detection sizes are multiples of it: a square photo is not padded.
_SIDE_STEP = 64
_ROWS = (1, 2, 4, 8, 16)


@dataclass(frozen=True, slots=True)
class InputShapes:
    """The shapes of input on a device.

    Attributes
    ----------
    fixed : bool
        Whether inputs are padded to few shapes.
    """

    fixed: bool

    @classmethod
    def on(cls, device: str) -> InputShapes:
        """Give the shapes on a device: ``cpu``, ``cuda`` or ``cuda:N``."""
        return cls(provider_class(device) == "cuda")

    def sides(self, height: int, width: int) -> tuple[int, int]:
        """Give height and width in pixels of the input that a picture of some size is padded to."""
        if not self.fixed:
            return height, width
        side = -(-max(height, width) // _SIDE_STEP) * _SIDE_STEP
        return side, side

    def rows(self, count: int) -> int:
        """Give the rows of the batch that `count` pictures are padded to, never fewer than `count`."""
        if not self.fixed:
            return count
        return next((rows for rows in _ROWS if rows >= count), count)
