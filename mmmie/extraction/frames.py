"""What an engine says of one clip, frame by frame, and its means over steps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Frames:
    """Features of T frames.

    Attributes:
        values: (T, d).
        at: (T,) seconds from the start of the clip, rising.
        counted: (T, d) which values say something; all where None. Pitch says nothing of a frame
            without voice.
    """

    values: np.ndarray
    at: np.ndarray
    counted: np.ndarray | None = None

    def between(self, start: float, end: float | None) -> Frames:
        """The frames from `start` to `end` in seconds, counted from `start`."""
        inside = (self.at >= start) & (self.at < (np.inf if end is None else end))
        counted = None if self.counted is None else self.counted[inside]
        return Frames(self.values[inside], self.at[inside] - start, counted)

    def averaged(self, step: float) -> np.ndarray:
        """Means over steps of `step` seconds (L, d) float32; steps without a frame are left out.

        Where no value of a channel is counted in a step, it is 0.

        Example:
            >>> voice = Frames(np.array([[100.0], [0.0], [300.0]]), np.array([0.0, 0.1, 0.2]),
            ...                np.array([[True], [False], [True]]))
            >>> voice.averaged(1.0).tolist()
            [[200.0]]
        """
        kept, index = np.unique(np.floor(self.at / step), return_inverse=True)
        counted = np.isfinite(self.values)
        if self.counted is not None:
            counted &= self.counted
        sums = np.zeros((len(kept), self.values.shape[1]))
        counts = np.zeros_like(sums)
        np.add.at(sums, index, np.where(counted, self.values, 0))
        np.add.at(counts, index, counted)
        return (sums / np.maximum(counts, 1)).astype(np.float32)
