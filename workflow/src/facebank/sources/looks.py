"""Looks of the detector at windows of frames, some of them made before they are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

    from facebank.faces.detections import Detections
    from facebank.media.frames import Window
    from facebank.sources.keyframes import Look, Picture

__all__ = ["Looks"]

#: Frame, window, share of the usual scale, and the smallest face.
_Wanted = tuple[int, "Window", float, float]


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
        self._coming: dict[_Wanted, Future[Detections]] = {}
        self._made: dict[_Wanted, Detections] = {}

    @property
    def ahead(self) -> bool:
        """Whether looks that are expected are made before they are asked for."""
        return self._pool is not None

    def expect(
        self, picture: Picture, window: Window, *, share: float = 1.0, least_side: float = 0.0
    ) -> None:
        """Begin with a look that will most likely be asked for."""
        wanted = picture.index, window, share, least_side
        if self._pool is not None and wanted not in self._coming and wanted not in self._made:
            self._coming[wanted] = self._pool.submit(
                self._look, picture, window, share=share, least_side=least_side
            )

    def __call__(
        self, picture: Picture, window: Window, /, *, share: float = 1.0, least_side: float = 0.0
    ) -> Detections:
        """Find the faces in a window, see `facebank.sources.keyframes.Look`."""
        wanted = picture.index, window, share, least_side
        if wanted not in self._made:
            coming = self._coming.pop(wanted, None)
            # What nobody has begun with is made here, before what waits in front of it.
            begun = coming is not None and not coming.cancel()
            self._made[wanted] = (
                coming.result()
                if coming is not None and begun
                else self._look(picture, window, share=share, least_side=least_side)
            )
        return self._made[wanted]

    def forget(self) -> None:
        """Keep no look, and make none that was expected in vain."""
        for coming in self._coming.values():
            coming.cancel()
        self._coming.clear()
        self._made.clear()
