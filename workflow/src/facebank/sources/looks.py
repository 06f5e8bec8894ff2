"""Looks of the detector at windows of frames, some of them made before they are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

    from facebank.faces.detections import Detections
    from facebank.media.frames import Window
    from facebank.sources.keyframes import Look, Picture

__all__ = ["Looks"]


class Looks:
    """Makes each look once, and side by side with others those that are expected.

    What is expected and never asked for costs time, and changes nothing.

    Parameters
    ----------
    look : Look
        Runs the detector on a window of a frame.
    pool : Executor, optional
        Makes the looks that are expected; without one all are made when they are asked for.
    """

    def __init__(self, look: Look, pool: Executor | None = None) -> None:
        self._look = look
        self._pool = pool
        self._coming: dict[tuple[int, Window, float], Future[Detections]] = {}
        self._made: dict[tuple[int, Window, float], Detections] = {}

    @property
    def ahead(self) -> bool:
        """Whether looks that are expected are made before they are asked for."""
        return self._pool is not None

    def expect(self, picture: Picture, window: Window, *, share: float = 1.0) -> None:
        """Begin with a look that will most likely be asked for."""
        look = picture.index, window, share
        if self._pool is not None and look not in self._coming and look not in self._made:
            self._coming[look] = self._pool.submit(self._look, picture, window, share=share)

    def __call__(self, picture: Picture, window: Window, /, *, share: float = 1.0) -> Detections:
        """Find the faces in a window, see `facebank.sources.keyframes.Look`."""
        look = picture.index, window, share
        if look not in self._made:
            coming = self._coming.pop(look, None)
            # What nobody has begun with is made here, before what waits in front of it.
            begun = coming is not None and not coming.cancel()
            self._made[look] = (
                coming.result() if coming is not None and begun else self._look(picture, window, share=share)
            )
        return self._made[look]

    def forget(self) -> None:
        """Keep no look, and make none that was expected in vain."""
        for coming in self._coming.values():
            coming.cancel()
        self._coming.clear()
        self._made.clear()
