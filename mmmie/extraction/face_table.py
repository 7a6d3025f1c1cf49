"""Action units and head pose from the tables that OpenFace and py-feat write."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from mmmie.corpus.text_tables import read_text_table
from mmmie.errors import InputError
from mmmie.extraction.frames import Frames

_UNIT = re.compile(r"AU\d\d(_r)?")
_OPENFACE = {
    "pose_Rx": "head_pitch_rad",
    "pose_Ry": "head_yaw_rad",
    "pose_Rz": "head_roll_rad",
    "gaze_angle_x": "gaze_x_rad",
    "gaze_angle_y": "gaze_y_rad",
}
_PYFEAT = {"Pitch": "head_pitch", "Yaw": "head_yaw", "Roll": "head_roll"}
_CONFIDENCE = ("confidence", "FaceScore")
_TOLD = ("frame", "timestamp", "success", *_CONFIDENCE)


@dataclass(frozen=True)
class FaceTable:
    """A face over time.

    Attributes:
        frames: those in which it was tracked.
        channels: names (d); action units keep theirs, such as ``AU12_r``.
        source: which program wrote it.
        lost: how many frames without a tracked face were left out.
    """

    frames: Frames
    channels: tuple[str, ...]
    source: str
    lost: int


def read_face_table(file: Path, fps: float | None, confidence: float) -> FaceTable:
    """Read the CSV of one clip or recording.

    Frames in which tracking failed (``success`` 0, no number, or less than the confidence) are
    left out; of several faces in a frame the one with the highest confidence stays.

    Args:
        file: of OpenFace (``timestamp``, ``AU01_r``, ``pose_Rx``, …) or py-feat (``frame``,
            ``AU01``, ``Pitch``, …); blanks around the names do not matter.
        fps: frames per second, where there is no ``timestamp``.
        confidence: the least one of a frame that is kept, 0 to 1.

    Raises:
        InputError: it is missing or no such table, or `fps` is needed.
    """
    table = _numbers(file)
    names = list(table)
    openface = any(_UNIT.fullmatch(name) and name.endswith("_r") for name in names)
    further = _OPENFACE if openface else _PYFEAT
    pattern = re.compile(r"AU\d\d_r" if openface else r"AU\d\d")
    wanted = [name for name in names if pattern.fullmatch(name) or name in further]
    if not any(pattern.fullmatch(name) for name in wanted):
        raise InputError(
            f"{file}: has no columns of action units such as AU12_r or AU12; give the CSV of "
            f"OpenFace or py-feat"
        )
    if not len(table):
        raise InputError(f"{file}: has no frames; run the tracker again or leave its cell empty")
    at = _times(file, table, fps)
    sure = next((table[name] for name in _CONFIDENCE if name in table), None)
    tracked = np.isfinite(table[wanted].to_numpy()).all(1) & np.isfinite(at)
    if "success" in table:
        tracked &= (table["success"] > 0).to_numpy()
    if sure is not None:
        tracked &= (sure >= confidence).to_numpy()
    order = np.lexsort((np.zeros(len(at)) if sure is None else -sure.to_numpy(), at))
    order = order[tracked[order]]
    _, first = np.unique(at[order], return_index=True)
    rows = order[first]
    return FaceTable(
        Frames(table[wanted].to_numpy()[rows], at[rows]),
        tuple(further.get(name, name) for name in wanted),
        "OpenFace" if openface else "py-feat",
        len(np.unique(at)) - len(rows),
    )


def _numbers(file: Path) -> pd.DataFrame:
    """The columns that may be used, NaN where a cell holds no number."""
    try:
        table = read_text_table(file, _is_wanted).rows
    except FileNotFoundError:
        raise InputError(
            f"{file}: there is no such file; fix the table or leave its cell empty"
        ) from None
    except OSError as error:
        raise InputError(
            f"{file}: cannot be read as a table ({error.strerror}); fix the file"
        ) from None
    return table.apply(pd.to_numeric, errors="coerce").astype(float)


def _is_wanted(name: str) -> bool:
    return bool(_UNIT.fullmatch(name)) or name in (*_OPENFACE, *_PYFEAT, *_TOLD)


def _times(file: Path, table: pd.DataFrame, fps: float | None) -> np.ndarray:
    """Seconds of every row (n,)."""
    if "timestamp" in table:
        return table["timestamp"].to_numpy()
    if fps is None:
        raise InputError(f"{file}: has no column `timestamp`; say --fps, frames per second")
    frames = table["frame"].to_numpy() if "frame" in table else np.arange(len(table), dtype=float)
    return frames / fps
